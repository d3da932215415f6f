import { add, divide, fraction, type Rational } from './rational.js';
import type { ArmSums, Moments } from './arm-sums.js';

/** What a covariate from before the experiment tells: the slope, pooled over arms, and the covariate's own mean. */
export interface Cuped {
  /** Cov(y, x)/Var(x), in the integers of the sums. */
  theta: Rational;
  mean_x: Rational;
}

type MeanSums = Extract<ArmSums, { kind: 'mean' }>;

/** Sums of centred products, times n: n·Σab − Σa·Σb. */
const centred = (n: bigint, ab: bigint, a: bigint, b: bigint): bigint => n * ab - a * b;

/**
 * θ over all arms of a metric; null where an arm has no covariate, or it never varies. Source: Deng, Xu, Kohavi,
 * Walker (2013), WSDM, 123–132.
 */
export function cupedOf(arms: Readonly<Record<string, ArmSums>>): Cuped | null {
  let xy: Rational = { n: 0n, d: 1n };
  let xx: Rational = { n: 0n, d: 1n };
  let [units, sum_x] = [0n, 0n];
  for (const arm of Object.values(arms)) {
    if (arm.kind !== 'mean' || !arm.covariate) return null;
    const { n, sum, covariate } = arm;
    if (n === 0n) continue;
    xy = add(xy, fraction(centred(n, covariate.sum_xy, covariate.sum_x, sum), n));
    xx = add(xx, fraction(centred(n, covariate.sum_xx, covariate.sum_x, covariate.sum_x), n));
    units += n;
    sum_x += covariate.sum_x;
  }
  if (units === 0n || xx.n === 0n) return null;
  return { theta: divide(xy, xx), mean_x: fraction(sum_x, units) };
}

/** The arm's mean as if its covariate had the mean of all arms, and the variance that is left of it. */
export function adjusted({ n, sum, sum_sq, covariate }: MeanSums, scale: bigint, cuped: Cuped): Moments {
  if (n === 0n) return { n, value: null, variance: null };
  const { sum_x, sum_xx, sum_xy } = covariate!;
  const { theta, mean_x } = cuped;
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
