import type { MetricKind } from './evidence.js';
import { fraction, type Rational } from './rational.js';

/** The exact sums of one arm, by kind; integers in the metric's scale. */
export type ArmSums =
  | { kind: 'proportion'; n: bigint; sum: bigint }
  | { kind: 'error_rate'; n: bigint; errors: bigint }
  | { kind: 'mean'; n: bigint; sum: bigint; sum_sq: bigint; covariate?: CovariateSums }
  | {
      kind: 'ratio' | 'quantile';
      n: bigint;
      sum_y: bigint;
      sum_d: bigint;
      sum_yy: bigint;
      sum_dd: bigint;
      sum_yd: bigint;
    };

/** Of a unit's own number from before the experiment, x, in any scale. */
export interface CovariateSums {
  sum_x: bigint;
  sum_xx: bigint;
  sum_xy: bigint;
}

/** What a mean's arms may have besides; all of them or none. */
export const COVARIATE_FIELDS = ['sum_x', 'sum_xx', 'sum_xy'] as const;

/** The names of the integers that each kind keeps. */
export const SUM_FIELDS: Record<MetricKind, readonly string[]> = {
  proportion: ['n', 'sum'],
  error_rate: ['n', 'errors'],
  mean: ['n', 'sum', 'sum_sq'],
  ratio: ['n', 'sum_y', 'sum_d', 'sum_yy', 'sum_dd', 'sum_yd'],
  quantile: ['n', 'sum_y', 'sum_d', 'sum_yy', 'sum_dd', 'sum_yd'],
};

/**
 * Value of an arm and the variance of that value, both exact. `value` is null without units (or, for ratios,
 * without a denominator), `variance` where there are fewer than two units.
 */
export interface Moments {
  n: bigint;
  value: Rational | null;
  variance: Rational | null;
}

/** The arm's value (in the metric's own unit, after `scale`) and the variance of it. */
export function momentsOf(arm: ArmSums, scale: bigint): Moments {
  switch (arm.kind) {
    case 'proportion':
      return proportion(arm.n, arm.sum);
    case 'error_rate':
      return proportion(arm.n, arm.errors);
    case 'mean':
      return mean(arm, scale);
    case 'ratio':
      return ratio(arm, scale);
    case 'quantile':
      return ratio(arm, 1n);
  }
}

/** p and p(1−p)/n. */
function proportion(n: bigint, sum: bigint): Moments {
  if (n === 0n) return { n, value: null, variance: null };
  return {
    n,
    value: fraction(sum, n),
    variance: n < 2n ? null : fraction(sum * (n - sum), n ** 3n),
  };
}

/** ȳ and s²/n, s² with n − 1. */
function mean({ n, sum, sum_sq }: { n: bigint; sum: bigint; sum_sq: bigint }, scale: bigint): Moments {
  if (n === 0n) return { n, value: null, variance: null };
  return {
    n,
    value: fraction(sum, n * scale),
    variance: n < 2n ? null : fraction(n * sum_sq - sum ** 2n, n ** 2n * (n - 1n) * scale ** 2n),
  };
}

/** R = ΣY/ΣD and (s²_Y − 2R·s_YD + R²·s²_D)/(n·D̄²), the delta method over units. */
function ratio(arm: Extract<ArmSums, { sum_y: bigint }>, scale: bigint): Moments {
  const { n, sum_y: y, sum_d: d } = arm;
  if (n === 0n || d === 0n) return { n, value: null, variance: null };
  const yy = n * arm.sum_yy - y * y;
  const yd = n * arm.sum_yd - y * d;
  const dd = n * arm.sum_dd - d * d;
  const residual = yy * d * d - 2n * y * d * yd + y * y * dd;
  return {
    n,
    value: fraction(y, d * scale),
    variance: n < 2n ? null : fraction(residual, (n - 1n) * d ** 4n * scale ** 2n),
  };
}

/** The sums of one metric while the allocation stayed as it was. */
export interface StratumSums {
  allocation: Record<string, number>;
  arms: Record<string, ArmSums>;
}
