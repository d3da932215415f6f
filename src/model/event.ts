import { MOST_SEGMENTS } from './frozen-segments.js';
import { isId, isPlainText, plainTextRule, UNIT_ID_BYTES } from './id.js';

/** One event as a service sends it. */
export interface Event {
  event_id: string;
  type: string;
  unit_id: string;
  /** ms since the epoch. */
  timestamp: number;
  value?: number;
  /** As the sender has them; which of them are kept is another matter. Exposures have none. */
  properties?: Readonly<Record<string, unknown>>;
  /** Exposures only. */
  experiment_id?: string;
  variant?: string;
  /** Exposures only: the experiment's segments that the unit is in. Absent where its sender does not tell. */
  segments?: string[];
}

export type EventErrorCode =
  | 'malformed_json'
  | 'missing_field'
  | 'invalid_field'
  | 'not_finite'
  | 'future_timestamp'
  | 'too_old'
  | 'value_out_of_range';

export interface EventError {
  code: EventErrorCode;
  message: string;
}

export const EXPOSURE = 'exposure';
const FUTURE_MS = 5 * 60_000;
const OLD_MS = 48 * 3_600_000;
/** Larger values could not be squared and summed in 64-bit integers. */
export const LARGEST_VALUE = 2 ** 40;

/** The fields that every event has, with their greatest length in bytes. */
const TEXTS = [
  ['event_id', 128],
  ['type', 128],
  ['unit_id', UNIT_ID_BYTES],
  ['timestamp', 128],
] as const;

/** The event, or why it is rejected. Checked by hand rather than by a schema: a thousand arrive at a time. */
export function parseEvent(raw: unknown, now: number): Event | EventError {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return invalid('the event must be an object');
  const fields = raw as Record<string, unknown>;
  const { event_id, type, unit_id, timestamp, value } = fields;
  for (const [name, bytes] of TEXTS) {
    const text = fields[name];
    if (text === undefined || text === null) return missing(name);
    if (typeof text !== 'string' || !isPlainText(text, bytes)) {
      return invalid(`${name} ${plainTextRule(bytes)}`);
    }
  }
  const at = parseTime(timestamp as string);
  if (at === null)
    return invalid('timestamp must be ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z');
  if (at > now + FUTURE_MS)
    return { code: 'future_timestamp', message: 'timestamp is more than 5 minutes in the future' };
  if (at < now - OLD_MS) return { code: 'too_old', message: 'timestamp is more than 48 hours old' };
  const event: Event = {
    event_id: event_id as string,
    type: type as string,
    unit_id: unit_id as string,
    timestamp: at,
  };
  if (value !== undefined) {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return { code: 'not_finite', message: 'value must be a finite number' };
    }
    if (Math.abs(value) > LARGEST_VALUE)
      return { code: 'value_out_of_range', message: 'value must lie between -2^40 and 2^40' };
    event.value = value;
  }
  return type === EXPOSURE ? parseExposure(event, fields) : withProperties(event, fields);
}

function withProperties(event: Event, { properties }: Record<string, unknown>): Event | EventError {
  if (properties === undefined || properties === null) return event;
  if (typeof properties !== 'object' || Array.isArray(properties))
    return invalid('properties must be an object of names and values');
  return { ...event, properties: properties as Record<string, unknown> };
}

function parseExposure(
  event: Event,
  { experiment_id, variant, segments }: Record<string, unknown>,
): Event | EventError {
  for (const [name, id] of [
    ['experiment_id', experiment_id],
    ['variant', variant],
  ] as const) {
    if (id === undefined || id === null) return missing(name);
    if (typeof id !== 'string' || !isPlainText(id, 128)) return invalid(`${name} must be an id`);
  }
  const exposure = { ...event, experiment_id: experiment_id as string, variant: variant as string };
  if (segments === undefined || segments === null) return exposure;
  if (!isListOfIds(segments)) return invalid(`segments must be a list of at most ${MOST_SEGMENTS} ids`);
  return { ...exposure, segments };
}

function isListOfIds(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length > MOST_SEGMENTS) return false;
  return value.every((name) => typeof name === 'string' && isId(name));
}

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

function parseTime(text: string): number | null {
  const at = ISO.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? null : at;
}

function missing(name: string): EventError {
  return { code: 'missing_field', message: `${name} is missing` };
}

function invalid(message: string): EventError {
  return { code: 'invalid_field', message };
}
