import type { Json } from '../../model/json.js';
import { allOf, anyOf, type Conditions } from '../build-conditions.js';
import { asText } from '../fields.js';
import { Unsupported } from '../migration-errors.js';

/** Times in UTC with seconds, and any number of digits after them: `2030-01-31T12:00:00Z`. */
const IN_UTC = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?Z$';

/** To be noted with every comparison of times. */
export const TIMES_ARE_IN_UTC =
  'times that are texts are compared if they are in UTC, such as 2030-01-31T12:00:00Z: others meet nothing here';

/**
 * The attribute is a time before or after another: in ms since the epoch, or a text in UTC.
 *
 * @throws {Unsupported} where the value is not a time
 */
export function timeTest(attribute: string, op: 'before' | 'after', value: Json): Conditions {
  const time = typeof value === 'number' ? value : Date.parse(asText(value));
  const year = new Date(time).getUTCFullYear();
  if (!(year >= 0 && year <= 9999))
    throw new Unsupported(
      `${op} has the value ${JSON.stringify(value)}, which is not a time before the year 10000`,
    );
  const is = (operator: string, operand: Json): Conditions => ({ [attribute]: { [operator]: operand } });
  const inUtc = is('$regex', IN_UTC);
  // Texts of one form are ordered as their times are: up to the seconds, for `Z` and the digits after a `.` are not.
  const [second, fraction] = [textOf(Math.floor(time / 1000)), fractionOf(time)];
  const sameSecond = is('$regex', `^${second}${op === 'before' ? before(fraction) : after(fraction)}Z$`);
  const otherSecond = op === 'before' ? is('$lt', second) : is('$gte', textOf(Math.floor(time / 1000) + 1));
  const isNumber = is(op === 'before' ? '$lt' : '$gt', time);
  const isText = allOf([inUtc, otherSecond]);
  return anyOf([isNumber, isText, ...(op === 'before' && fraction === '' ? [] : [sameSecond])]);
}

/** `2030-01-31T12:00:00` */
function textOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** The digits after the seconds, without zeros at the end. */
function fractionOf(time: number): string {
  return String(Math.floor(time) - Math.floor(time / 1000) * 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
}

/** A pattern for larger fractions: one digit is larger, or more digits follow that are not all 0. */
function after(fraction: string): string {
  const larger = [...fraction].flatMap((digit, index) =>
    digit === '9' ? [] : [`${fraction.slice(0, index)}[${Number(digit) + 1}-9]\\d*`],
  );
  return `\\.(?:${[...larger, `${fraction}0*[1-9]\\d*`].join('|')})`;
}

/** A pattern for smaller fractions: one digit is smaller, or digits are left out. */
function before(fraction: string): string {
  const smaller = [...fraction].flatMap((digit, index) => [
    ...(digit === '0' ? [] : [`${fraction.slice(0, index)}[0-${Number(digit) - 1}]\\d*`]),
    ...(index === 0 ? [] : [`${fraction.slice(0, index)}0*`]),
  ]);
  return `(?:\\.(?:${smaller.join('|')}))?`;
}
