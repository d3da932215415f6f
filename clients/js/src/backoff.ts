/** Milliseconds to wait after so many failures in a row: twice as long each time, half of it by chance, so that clients do not come back all at once. */
export function backoff(failures: number, { first, most }: { first: number; most: number }): number {
  const longest = Math.min(most, first * 2 ** Math.min(failures - 1, 30));
  return longest * (0.5 + Math.random() / 2);
}
