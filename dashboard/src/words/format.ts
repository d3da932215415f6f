const MINUS = '−';
const NARROW_SPACE = '\u202f';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 1,612 */
export function count(number: number): string {
  return whole.format(number).replace('-', MINUS);
}

/** A share of 0 to 1 as `12.3 %`. */
export function rate(share: number | null | undefined, digits = 1): string {
  return isNumber(share) ? `${number(share * 100, digits)}${NARROW_SPACE}%` : '–';
}

/** Per cent as the API has it: `10 %`. */
export function percent(value: number): string {
  return `${number(value, Number.isInteger(value) ? 0 : 2)}${NARROW_SPACE}%`;
}

/** A relative change as `+3.2 %`. */
export function lift(value: number | null | undefined, digits = 1): string {
  if (!isNumber(value)) return '–';
  const text = number(Math.abs(value) * 100, digits);
  return `${signOf(value, text)}${text}${NARROW_SPACE}%`;
}

interface Limits {
  lower: number | null;
  upper: number | null;
  relative_lower: number | null;
  relative_upper: number | null;
}

/** Limits of a lift; of the difference, where that has limits and the lift has none. */
export function limitsText({ lower, upper, relative_lower, relative_upper }: Limits): string {
  if (isNumber(relative_lower) && isNumber(relative_upper))
    return `${lift(relative_lower)} to ${lift(relative_upper)}`;
  return isNumber(lower) && isNumber(upper)
    ? `${change(lower)} to ${change(upper)}, not relative`
    : 'no limit yet';
}

/** A number in its own unit, with up to four significant digits. */
export function quantity(value: number | null | undefined): string {
  if (!isNumber(value)) return '–';
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 4 }).format(value).replace('-', MINUS);
}

/** As `quantity`, always with its sign. */
export function change(value: number | null | undefined): string {
  if (!isNumber(value)) return '–';
  const text = quantity(Math.abs(value));
  return `${signOf(value, text)}${text}`;
}

/** `< 0.001`, `0.012` */
export function pValue(value: number | null | undefined): string {
  if (!isNumber(value)) return '–';
  return value < 0.001 ? `<${NARROW_SPACE}0.001` : value.toPrecision(2);
}

/** Evidence as a factor, whole: `38`, `< 1`. */
export function evidence(log_e: number | null | undefined): string {
  if (!isNumber(log_e)) return '–';
  const e = Math.exp(log_e);
  if (e < 1) return `<${NARROW_SPACE}1`;
  return e >= 1e6 ? '> 1 million' : count(Math.floor(e));
}

/** `45 s`, `3 min`, `20 h 22 min`, `4 d 1 h` */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** How often an age is said anew: by the second while it is young. */
export function ago(ms: number): string {
  return ms < 1_500 ? 'now' : `${duration(ms)} ago`;
}

function number(value: number, digits: number): string {
  return value
    .toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replace('-', MINUS);
}

/** No sign where nothing but zeros is shown. */
function signOf(value: number, text: string): string {
  if (!/[1-9]/.test(text)) return '';
  return value < 0 ? MINUS : '+';
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Words of the API, which begin small and have no full stop, as a sentence. */
export function asSentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
