/** What one experiment measured: a lift and its standard error. */
export interface MeasuredLift {
  lift: number;
  standard_error: number;
}

/**
 * The standard deviation τ of the true lifts behind measured ones: τ² = (Q − (k − 1))/(Σw − Σw²/Σw), at least 0, with
 * w = 1/SE², Q = Σw(lift − Σw·lift/Σw)². Null with fewer than two lifts. Source: DerSimonian, Laird (1986), Controlled
 * Clinical Trials 7, 177–188.
 */
export function spreadOfTrueLifts(measured: readonly MeasuredLift[]): number | null {
  if (measured.length < 2) return null;
  const weights = measured.map(({ standard_error }) => 1 / standard_error ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = (of: (lift: number, weight: number) => number): number =>
    measured.reduce((sum, { lift }, index) => sum + of(lift, weights[index]!), 0);
  const average = weighted((lift, weight) => weight * lift) / total;
  const q = weighted((lift, weight) => weight * (lift - average) ** 2);
  const scale = total - weighted((_, weight) => weight * weight) / total;
  return Math.sqrt(Math.max(0, (q - (measured.length - 1)) / scale));
}
