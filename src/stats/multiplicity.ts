/**
 * Holm's step-down procedure: which hypotheses are rejected with a family-wise error of at most `alpha`.
 * Source: Holm (1979), Scand. J. Statist. 6, 65–70.
 */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const rejected = pValues.map(() => false);
  for (const [rank, { p, index }] of order.entries()) {
    if (p > alpha / (pValues.length - rank)) break;
    rejected[index] = true;
  }
  return rejected;
}

/**
 * Benjamini and Hochberg's step-up procedure: which hypotheses are discoveries at false discovery rate `rate`.
 * Source: Benjamini, Hochberg (1995), J. R. Statist. Soc. B 57, 289–300.
 */
export function benjaminiHochberg(pValues: readonly number[], rate: number): boolean[] {
  const sorted = [...pValues].sort((a, b) => a - b);
  let threshold = -1;
  for (const [rank, p] of sorted.entries()) {
    if (p <= (rate * (rank + 1)) / sorted.length) threshold = p;
  }
  return pValues.map((p) => p <= threshold);
}
