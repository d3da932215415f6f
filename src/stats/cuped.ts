import type { ArmSums } from './arm-sums.js';
import type { CovariateReader } from './covariates.js';
import type { Estimator, Moments } from './estimators.js';
import { add, divide, fraction, multiply, type Rational } from './rational.js';

/** What a covariate from before the experiment explains: the slope, pooled over arms, and the covariate's own mean. */
export interface Cuped {
  /** Cov(u, x)/Var(x), in the metric's own unit per x. */
  theta: Rational;
  mean_x: Rational;
  reader: CovariateReader;
}

/**
 * θ over all arms of a metric; null if an arm has no covariate, or if it does not vary. Source: Deng, Xu, Kohavi,
 * Walker (2013), WSDM, 123–132.
 */
export function cupedOf(
  { covariate }: Estimator,
  scale: bigint,
  byVariant: Readonly<Record<string, ArmSums>>,
): Cuped | null {
  const arms = Object.values(byVariant);
  if (!covariate || arms.some((arm) => arm['sum_x'] === undefined && arm['sum_a'] === undefined)) return null;
  const reader = covariate.over(arms, scale);
  if (!reader) return null;
  let ux: Rational = { n: 0n, d: 1n };
  let xx: Rational = { n: 0n, d: 1n };
  let [units, sum_x] = [0n, 0n];
  for (const arm of arms) {
    const moments = arm.n === 0n ? null : reader.read(arm);
    if (!moments) continue;
    ux = add(ux, multiply(moments.perU, fraction(moments.ux, arm.n)));
    xx = add(xx, fraction(moments.xx, arm.n));
    units += arm.n;
    sum_x += moments.sum_x;
  }
  if (units === 0n || xx.n === 0n) return null;
  return { theta: divide(ux, xx), mean_x: fraction(sum_x, units), reader };
}

/** The arm's value, adjusted as if its covariate had the mean of all arms, and the variance that remains. */
export function adjusted(arm: ArmSums, raw: Moments, { theta, mean_x, reader }: Cuped): Moments {
  const { n } = arm;
  const moments = raw.value && reader.read(arm);
  if (!moments) return raw;
  const { sum_x, xx, ux, uu, perU, divisor } = moments;
  const excess = fraction(sum_x * mean_x.d - n * mean_x.n, n * mean_x.d);
  const shift = multiply(theta, excess);
  const value = add(raw.value!, { n: -shift.n, d: shift.d });
  if (n < 2n) return { n, value, variance: null };
  const [p, q] = [theta.n * perU.d, theta.d * perU.n];
  const rest = q * q * uu - 2n * p * q * ux + p * p * xx;
  const { n: k, d: per } = perU;
  // perU²·(uu − 2(θ/perU)·ux + (θ/perU)²·xx)/divisor.
  return { n, value, variance: fraction(k * k * rest, q * q * per * per * divisor) };
}
