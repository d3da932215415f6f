import type { Json } from '../model/json.js';
import { asText } from './fields.js';

// Comparisons are typed here. Each comparison that converts in the other system, and would take a value that ours does
// not take, is noted.

/** A comparison by size: the other system reads texts as numbers. */
export function comparesNumbers(attribute: string, system: string): string {
  return `${attribute} is compared as a number: ${system} also takes a text such as "21", which meets nothing here`;
}

/** A test of a text: the other system reads numbers and booleans as texts. */
export function comparesTexts(attribute: string, system: string): string {
  return `${attribute} is compared as a text: ${system} also takes a number or a boolean, which meets nothing here`;
}

/** Null where no value of another type equals the operand in a system that converts. */
export function equalsOneType(attribute: string, operand: Json, system: string): string | null {
  if (
    typeof operand === 'number' ||
    typeof operand === 'boolean' ||
    (typeof operand === 'string' && isOfNumber(operand))
  )
    return `${attribute} equals only the ${typeof operand} ${JSON.stringify(operand)}: ${system} converts, so that ${example(operand)} equals it there`;
  return null;
}

function example(operand: string | number | boolean): string {
  if (typeof operand === 'boolean') return `${operand ? 1 : 0} or a text`;
  return typeof operand === 'number' ? `the text "${operand}"` : `the value ${operand}`;
}

/** Whether a text is how a number, true or false is written. */
function isOfNumber(text: string): boolean {
  return text === 'true' || text === 'false' || (text.trim() !== '' && Number.isFinite(Number(text)));
}

const NUMBERS_AND_BOOLEANS = [
  ...Array.from({ length: 12 }, (_, index) => '102938475610'.slice(0, index + 1)),
  ...['0', '-1', '0.5', '-12.25', '1e+21', '1e-7', 'true', 'false'],
];

/** Whether a pattern may match how a number or a boolean is written: by some that are common. */
export function couldMatchNumber(pattern: Json, flags = ''): boolean {
  try {
    const tested = new RegExp(asText(pattern), flags);
    return NUMBERS_AND_BOOLEANS.some((text) => tested.test(text));
  } catch {
    return false;
  }
}

/** Whether a text may be a part of how a number is written. */
export function couldBeInNumber(text: string): boolean {
  return /^[\d.+-]+$/.test(text);
}
