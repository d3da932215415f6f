import type { RatioSum } from '../stats/estimators.js';
import type { Baseline, Draws } from './kind.js';

/**
 * The ratio R = ΣY/ΣD of a recorded arm, and the standard deviation of (y − R·d)/D̄ between its units, from which the
 * variance of R follows: √(ΣY² − 2R·ΣYD + R²·ΣD²)/(√n·D̄), as the residuals add up to 0. Null without denominators.
 *
 * @param scale of the numerator
 */
export function ratioBaseline(
  { n, sum_y, sum_d, sum_yy, sum_yd, sum_dd }: Readonly<Record<RatioSum | 'n', number>>,
  scale: number,
): Baseline | null {
  if (!(sum_d > 0)) return null;
  const ratio = sum_y / sum_d;
  const squares = Math.max(0, sum_yy - 2 * ratio * sum_yd + ratio * ratio * sum_dd);
  return { value: ratio / scale, standard_deviation: Math.sqrt(squares / n) / (sum_d / n) / scale };
}

/** Requests (or other denominators) of a simulated unit: a mean of 5, with twice the variance of a Poisson. */
const DENOMINATORS = { mean: 5, variance: 10 };

/**
 * The sums of `n` units that have D requests each, with the moments above, of which `share` counts towards Y. Only the
 * first moments are random; the second moments have their expected values.
 */
export function clusteredSums(n: number, share: number, scale: number, draws: Draws) {
  const { mean, variance } = DENOMINATORS;
  const d = Math.max(0, Math.round(n * mean + Math.sqrt(n * variance) * draws.normal()));
  const noise = Math.sqrt(d * share * Math.max(0, 1 - share)) * draws.normal();
  const dd = Math.round(n * (variance + mean * mean));
  return {
    sum_y: Math.max(0, Math.round((share * d + noise) * scale)),
    sum_d: d,
    sum_yy: Math.ceil((share * share * dd + n * mean * share * Math.max(0, 1 - share)) * scale * scale),
    sum_dd: dd,
    sum_yd: Math.round(share * dd * scale),
  };
}
