/** A number as people write it on a command line, such as `0.1` or `10%`; NaN for anything else. */
export function numberIn(text: string): number {
  const [, digits, percent] = /^\s*([^\s%]+)\s*(%?)\s*$/.exec(text) ?? [];
  if (digits === undefined) return NaN;
  // Divided as a decimal: 7 % is 0.07, and 7 / 100 is 0.07, where 7 * 0.01 is not.
  return percent === '%' ? Number(digits) / 100 : Number(digits);
}

export const NOT_A_NUMBER = 'must be a number, such as 0.1 or 10%';
