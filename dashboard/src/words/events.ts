import type { EventErrorCode } from '../../../src/model/event.js';
import type { NotCounted } from '../../../src/model/metric.js';
import type { Dropped } from '../../../src/model/property.js';

/** Why an event was refused at the door. */
export const REJECTED: Record<EventErrorCode, string> = {
  malformed_json: 'A line is no JSON',
  missing_field: 'A field is missing',
  invalid_field: 'A field is not as it must be',
  not_finite: 'The value is no number',
  future_timestamp: 'It is from the future: a clock is wrong',
  too_old: 'It is more than 48 hours old',
  value_out_of_range: 'The value is too large to be counted exactly',
};

/** Why a property was not kept although a metric names it. */
export const DROPPED: Record<Dropped, string> = {
  property_nested: 'It is nested: send what is inside as a property of its own',
  property_too_large: 'It is too large',
  property_personal: 'It looks like an address or a number of somebody',
};

/** Why an event does not count for a metric. */
export const NOT_COUNTED: Record<NotCounted, string> = {
  other_type: 'of another type',
  condition: 'the conditions do not hold',
  no_value: 'no number where it is wanted',
  out_of_range: 'the number is too large',
};

export function codeText<Code extends string>(words: Record<Code, string>, code: string): string {
  return code in words ? words[code as Code] : code;
}
