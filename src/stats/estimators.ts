import type { ArmSums } from './arm-sums.js';
import { impossibleMoments, ofMean, ofRate, ofRatio, type Covariate, type Impossible } from './covariates.js';
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
  /** The covariate whose sums an arm may have, too; null if there is none. */
  readonly covariate: Covariate | null;
  /** Value and variance in the metric's own unit, of which `scale` is the number of integers. */
  moments(arm: ArmSums<Name>, scale: bigint): Moments;
  /** The sums that no set of units can have, and what is wrong with each. */
  impossible(arm: ArmSums<Name>): Impossible;
}

/** The share of units that did something, p, with the variance p(1−p)/n. `successes` names the sum that counts them. */
export function rate<Name extends string>(
  successes: Name,
  covariate: Covariate | null = ofRate(successes),
): Estimator<Name> {
  return {
    method: 'rate',
    sums: { [successes]: 'count' } as Record<Name, 'count'>,
    covariate,
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
  covariate: ofMean,
  moments({ n, sum, sum_sq }, scale) {
    if (n === 0n) return { n, value: null, variance: null };
    return {
      n,
      value: fraction(sum, n * scale),
      variance: n < 2n ? null : fraction(n * sum_sq - sum ** 2n, n ** 2n * (n - 1n) * scale ** 2n),
    };
  },
  impossible: ({ n, sum, sum_sq }) => impossibleMoments(n, [sum], { sum_sq: [0, 0, sum_sq] }),
};

export type RatioSum = 'sum_y' | 'sum_d' | 'sum_yy' | 'sum_dd' | 'sum_yd';

/** R = ΣY/ΣD, with the variance (s²_Y − 2R·s_YD + R²·s²_D)/(n·D̄²): the delta method over units. */
export const ratio: Estimator<RatioSum> = {
  method: 'ratio',
  sums: { sum_y: 'integer', sum_d: 'integer', sum_yy: 'count', sum_dd: 'count', sum_yd: 'integer' },
  covariate: ofRatio,
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
    impossibleMoments(n, [sum_y, sum_d], {
      sum_yy: [0, 0, sum_yy],
      sum_dd: [1, 1, sum_dd],
      sum_yd: [0, 1, sum_yd],
    }),
};
