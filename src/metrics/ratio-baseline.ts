import type { RatioSum } from '../stats/estimators.js';
import type { Baseline } from './kind.js';

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
