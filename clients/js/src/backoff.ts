/**
 * Milliseconds to wait after a number of failures in a row: twice as long each time, up to `max`. Half of the delay is
 * random, so that clients do not all come back at the same moment.
 */
export function backoff(failures: number, { first, max }: { first: number; max: number }): number {
  const longest = Math.min(max, first * 2 ** Math.min(failures - 1, 30));
  return longest * (0.5 + Math.random() / 2);
}
