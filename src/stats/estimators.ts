import type { ArmSums, CovariateSums } from './arm-sums.js';
import { fraction, type Rational } from './rational.js';

/**
 * The value of an arm and the variance of that value, both exact. `value` is null without units (or, for ratios,
 * without a denominator), `variance` with fewer than two units.
 */
export interface Moments {
  n: bigint;
  value: Rational | null;
  variance: Rational | null;
}

/** How to get the value of an arm, and the variance of that value, from the arm's sums. */
export interface Estimator<Name extends string = string> {
  /** Rates are compared by the pooled z test, means by Welch's t test, ratios by the z test. */
  readonly method: 'rate' | 'mean' | 'ratio';
  /** The sums of an arm besides `n`. A count is never negative, an integer may be. */
  readonly sums: Readonly<Record<Name, 'count' | 'integer'>>;
  /** Whether an arm may have the sums of a covariate, too. */
  readonly covariate: boolean;
  /** Value and variance in the metric's own unit, of which `scale` is the number of integers. */
  moments(arm: ArmSums<Name>, scale: bigint): Moments;
  /** The sums that no set of units can have, and what is wrong with each. */
  impossible(arm: ArmSums<Name>): { name: string; message: string }[];
}

/** The share of units that did something, p, with the variance p(1−p)/n. `successes` names the sum that counts them. */
export function rate<Name extends string>(successes: Name): Estimator<Name> {
  return {
    method: 'rate',
    sums: { [successes]: 'count' } as Record<Name, 'count'>,
    covariate: false,
    moments(arm) {
      const { n } = arm;
      const y: bigint = arm[successes];
      if (n === 0n) return { n, value: null, variance: null };
      return { n, value: fraction(y, n), variance: n < 2n ? null : fraction(y * (n - y), n ** 3n) };
    },
    impossible: (arm) =>
      arm[successes] > arm.n ? [{ name: successes, message: 'must lie between 0 and n' }] : [],
  };
}

/** The mean over units, ȳ, with the variance s²/n, s² with n − 1. */
export const mean: Estimator<'sum' | 'sum_sq'> = {
  method: 'mean',
  sums: { sum: 'integer', sum_sq: 'count' },
  covariate: true,
  moments({ n, sum, sum_sq }, scale) {
    if (n === 0n) return { n, value: null, variance: null };
    return {
      n,
      value: fraction(sum, n * scale),
      variance: n < 2n ? null : fraction(n * sum_sq - sum ** 2n, n ** 2n * (n - 1n) * scale ** 2n),
    };
  },
  impossible: ({
    n,
    sum,
    sum_sq,
    sum_x = 0n,
    sum_xx = 0n,
    sum_xy = 0n,
  }: ArmSums<'sum' | 'sum_sq'> & CovariateSums) =>
    impossibleMoments(n, ['sum_sq', sum, sum_sq], ['sum_xx', sum_x, sum_xx], ['sum_xy', sum_xy]),
};

export type RatioSum = 'sum_y' | 'sum_d' | 'sum_yy' | 'sum_dd' | 'sum_yd';

/** R = ΣY/ΣD, with the variance (s²_Y − 2R·s_YD + R²·s²_D)/(n·D̄²): the delta method over units. */
export const ratio: Estimator<RatioSum> = {
  method: 'ratio',
  sums: { sum_y: 'integer', sum_d: 'integer', sum_yy: 'count', sum_dd: 'count', sum_yd: 'integer' },
  covariate: false,
  moments({ n, sum_y: y, sum_d: d, sum_yy, sum_dd, sum_yd }, scale) {
    if (n === 0n || d === 0n) return { n, value: null, variance: null };
    const yy = n * sum_yy - y * y;
    const yd = n * sum_yd - y * d;
    const dd = n * sum_dd - d * d;
    const residual = yy * d * d - 2n * y * d * yd + y * y * dd;
    return {
      n,
      value: fraction(y, d * scale),
      variance: n < 2n ? null : fraction(residual, (n - 1n) * d ** 4n * scale ** 2n),
    };
  },
  impossible: ({ n, sum_y, sum_d, sum_yy, sum_dd, sum_yd }) =>
    impossibleMoments(n, ['sum_yy', sum_y, sum_yy], ['sum_dd', sum_d, sum_dd], ['sum_yd', sum_yd]),
};

type Impossible = { name: string; message: string }[];

/**
 * What is wrong with the second moments of two values. By Cauchy and Schwarz n·Σa² is at least (Σa)², and the square of
 * the centred Σab at most the product of both centred squares.
 */
function impossibleMoments(
  n: bigint,
  [aaName, a, aa]: [string, bigint, bigint],
  [bbName, b, bb]: [string, bigint, bigint],
  [abName, ab]: [string, bigint],
): Impossible {
  const [inA, inB] = [n * aa - a * a, n * bb - b * b];
  const wrong: Impossible = [];
  if (inA < 0n) wrong.push({ name: aaName, message: 'is too small for its sum' });
  if (inB < 0n) wrong.push({ name: bbName, message: 'is too small for its sum' });
  if (wrong.length > 0) return wrong;
  const both = n * ab - a * b;
  return both * both > inA * inB
    ? [{ name: abName, message: 'is larger than the squares allow: no units have such sums' }]
    : [];
}
