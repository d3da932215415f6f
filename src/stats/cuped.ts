import { add, divide, fraction, type Rational } from './rational.js';
import type { ArmSums, CovariateSums } from './arm-sums.js';
import type { Moments } from './estimators.js';

/** What a covariate from before the experiment explains: the slope, pooled over arms, and the covariate's own mean. */
export interface Cuped {
  /** Cov(y, x)/Var(x), in the integers of the sums. */
  theta: Rational;
  mean_x: Rational;
}

type AdjustableSums = ArmSums<'sum' | 'sum_sq'> & Required<CovariateSums>;

function isAdjustable(arm: ArmSums): arm is AdjustableSums {
  return arm['sum_x'] !== undefined;
}

/** Sums of centred products, times n: n·Σab − Σa·Σb. */
const centred = (n: bigint, ab: bigint, a: bigint, b: bigint): bigint => n * ab - a * b;

/**
 * θ over all arms of a metric; null if an arm has no covariate, or if it does not vary. Source: Deng, Xu, Kohavi,
 * Walker (2013), WSDM, 123–132.
 */
export function cupedOf(arms: Readonly<Record<string, ArmSums>>): Cuped | null {
  let xy: Rational = { n: 0n, d: 1n };
  let xx: Rational = { n: 0n, d: 1n };
  let [units, sum_x] = [0n, 0n];
  for (const arm of Object.values(arms)) {
    if (!isAdjustable(arm)) return null;
    const { n, sum } = arm;
    if (n === 0n) continue;
    xy = add(xy, fraction(centred(n, arm.sum_xy, arm.sum_x, sum), n));
    xx = add(xx, fraction(centred(n, arm.sum_xx, arm.sum_x, arm.sum_x), n));
    units += n;
    sum_x += arm.sum_x;
  }
  if (units === 0n || xx.n === 0n) return null;
  return { theta: divide(xy, xx), mean_x: fraction(sum_x, units) };
}

/** The arm's mean, adjusted as if its covariate had the mean of all arms, and the variance that remains. */
export function adjusted(arm: ArmSums, scale: bigint, { theta, mean_x }: Cuped): Moments {
  const { n, sum, sum_sq, sum_x, sum_xx, sum_xy } = arm as AdjustableSums;
  if (n === 0n) return { n, value: null, variance: null };
  const excess = sum_x * mean_x.d - n * mean_x.n;
  const value = fraction(sum * theta.d * mean_x.d - theta.n * excess, n * theta.d * mean_x.d * scale);
  if (n < 2n) return { n, value, variance: null };
  const { n: p, d: q } = theta;
  const rest =
    q * q * centred(n, sum_sq, sum, sum) -
    2n * p * q * centred(n, sum_xy, sum_x, sum) +
    p * p * centred(n, sum_xx, sum_x, sum_x);
  return { n, value, variance: fraction(rest, q * q * n * n * (n - 1n) * scale * scale) };
}
