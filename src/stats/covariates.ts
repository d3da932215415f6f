import type { ArmSums } from './arm-sums.js';
import { fraction, type Rational } from './rational.js';

/** The sums of an arm that no set of units can have, and what is wrong with each. */
export type Impossible = { name: string; message: string }[];

/**
 * A covariate: x, a number that each unit had before the experiment. All arms have its sums, or none.
 *
 * `u` is what one unit contributes to the value: its own number, or of a ratio y − R·d.
 */
export interface Covariate {
  /** As in `Estimator`. */
  readonly sums: Readonly<Record<string, 'count' | 'integer'>>;
  /** How to read x and u from the sums of an arm; null without any x. */
  over(arms: readonly ArmSums[], scale: bigint): CovariateReader | null;
  impossible(arm: ArmSums): Impossible;
}

export interface CovariateReader {
  /** Null if the arm has no value. */
  read(arm: ArmSums): CovariateMoments | null;
  /** To display θ: the number of x in one covariate. */
  perCovariate: Rational;
}

/** Exact moments over n units. Centred ones are n·Σab − Σa·Σb. */
export interface CovariateMoments {
  sum_x: bigint;
  xx: bigint;
  ux: bigint;
  uu: bigint;
  /** The value per u, in the metric's own unit. */
  perU: Rational;
  /** The variance of the value is perU²·uu over this. */
  divisor: bigint;
}

/** x is 1 for units that did the same in the days before, else 0: its square is itself. */
export function ofRate(successes: string): Covariate {
  return {
    sums: { sum_x: 'count', sum_xy: 'count' },
    over: () => ({
      perCovariate: ONE,
      read({ n, sum_x, sum_xy, [successes]: y }: Record<string, bigint>) {
        return {
          sum_x: sum_x!,
          xx: centred(n!, sum_x!, sum_x!, sum_x!),
          ux: centred(n!, sum_xy!, sum_x!, y!),
          uu: centred(n!, y!, y!, y!),
          perU: ONE,
          divisor: n! ** 3n,
        };
      },
    }),
    impossible({ n, sum_x, sum_xy, [successes]: y }: Record<string, bigint>) {
      if (sum_x! > n!) return [{ name: 'sum_x', message: 'must lie between 0 and n' }];
      const isPossible = sum_xy! <= y! && sum_xy! <= sum_x! && sum_xy! >= y! + sum_x! - n!;
      return isPossible
        ? []
        : [{ name: 'sum_xy', message: `no units have it with this sum_x and ${successes}` }];
    },
  };
}

/** x is the same sum or count over the days before. */
export const ofMean: Covariate = {
  sums: { sum_x: 'integer', sum_xx: 'count', sum_xy: 'integer' },
  over: (_, scale) => ({
    perCovariate: ONE,
    read: ({ n, sum, sum_sq, sum_x, sum_xx, sum_xy }: MeanSums) => ({
      sum_x,
      xx: centred(n, sum_xx, sum_x, sum_x),
      ux: centred(n, sum_xy, sum_x, sum),
      uu: centred(n, sum_sq, sum, sum),
      perU: fraction(1n, scale),
      divisor: n * n * (n - 1n),
    }),
  }),
  impossible: ({ n, sum, sum_sq, sum_x, sum_xx, sum_xy }: MeanSums) =>
    impossibleMoments(n, [sum, sum_x], {
      sum_sq: [0, 0, sum_sq],
      sum_xx: [1, 1, sum_xx],
      sum_xy: [0, 1, sum_xy],
    }),
};

type MeanSums = ArmSums<'sum' | 'sum_sq' | 'sum_x' | 'sum_xx' | 'sum_xy'>;

const EARLIER = [
  'sum_a',
  'sum_b',
  'sum_aa',
  'sum_bb',
  'sum_ab',
  'sum_ya',
  'sum_yb',
  'sum_da',
  'sum_db',
] as const;
type RatioSums = ArmSums<'sum_y' | 'sum_d' | 'sum_yy' | 'sum_dd' | 'sum_yd' | (typeof EARLIER)[number]>;

/**
 * a and b are the numerator and the denominator over the days before. As the ratio is linear in y − R·d to first order,
 * its covariate is a − Q·b, Q = Σa/Σb over all arms. Source: Deng, Xu, Kohavi, Walker (2013), appendix B, with one Q for
 * all arms, so that an arm without any b has an answer. In integers u = D·y − Y·d and x = B·a − A·b, by the sums of the
 * arm and of all arms.
 */
export const ofRatio: Covariate = {
  sums: Object.fromEntries(
    EARLIER.map((name) => [name, name === 'sum_aa' || name === 'sum_bb' ? 'count' : 'integer']),
  ),
  over(arms, scale) {
    const [n, a, b] = (['n', 'sum_a', 'sum_b'] as const).map((name) =>
      (arms as readonly RatioSums[]).reduce((sum, arm) => sum + arm[name], 0n),
    ) as [bigint, bigint, bigint];
    if (b === 0n) return null;
    return {
      perCovariate: fraction(b * b, n),
      read: (arm) => (arm['sum_d'] === 0n ? null : ratioMoments(arm as RatioSums, a, b, scale)),
    };
  },
  impossible: (arm) => impossibleRatio(arm as RatioSums),
};

function ratioMoments(arm: RatioSums, a: bigint, b: bigint, scale: bigint): CovariateMoments {
  const { n, sum_y: y, sum_d: d } = arm;
  const sum_x = b * arm.sum_a - a * arm.sum_b;
  // Σu is 0: nothing is to be subtracted from the sums of its products.
  const ux = b * (d * arm.sum_ya - y * arm.sum_da) - a * (d * arm.sum_yb - y * arm.sum_db);
  return {
    sum_x,
    xx: n * (b * b * arm.sum_aa - 2n * a * b * arm.sum_ab + a * a * arm.sum_bb) - sum_x * sum_x,
    ux: n * ux,
    uu: n * (d * d * arm.sum_yy - 2n * y * d * arm.sum_yd + y * y * arm.sum_dd),
    perU: fraction(n, d * d * scale),
    divisor: n * n * (n - 1n),
  };
}

function impossibleRatio(arm: RatioSums): Impossible {
  return impossibleMoments(arm.n, [arm.sum_y, arm.sum_d, arm.sum_a, arm.sum_b], {
    sum_yy: [0, 0, arm.sum_yy],
    sum_dd: [1, 1, arm.sum_dd],
    sum_aa: [2, 2, arm.sum_aa],
    sum_bb: [3, 3, arm.sum_bb],
    sum_yd: [0, 1, arm.sum_yd],
    sum_ya: [0, 2, arm.sum_ya],
    sum_yb: [0, 3, arm.sum_yb],
    sum_da: [1, 2, arm.sum_da],
    sum_db: [1, 3, arm.sum_db],
    sum_ab: [2, 3, arm.sum_ab],
  });
}

const ONE = fraction(1n, 1n);

/** Sums of centred products, times n: n·Σab − Σa·Σb. */
function centred(n: bigint, ab: bigint, a: bigint, b: bigint): bigint {
  return n * ab - a * b;
}

/**
 * What is wrong with the second moments of several numbers of each unit. By Cauchy and Schwarz no centred square is
 * negative, and the square of a centred product is at most the product of both squares. Of more than two numbers the
 * matrix of all of them has no negative direction either.
 *
 * @param sums of each number
 * @param products by name: which two numbers (a square comes before the products with it), and the sum of their products
 */
export function impossibleMoments(
  n: bigint,
  sums: readonly bigint[],
  products: Readonly<Record<string, [i: number, j: number, sum: bigint]>>,
): Impossible {
  const matrix = sums.map(() => sums.map(() => 0n));
  const named = Object.entries(products);
  for (const [, [i, j, sum]] of named) {
    matrix[i]![j] = matrix[j]![i] = centred(n, sum, sums[i]!, sums[j]!);
  }
  const tooSmall = named.filter(([, [i, j]]) => i === j && matrix[i]![i]! < 0n);
  if (tooSmall.length > 0) return tooSmall.map(([name]) => ({ name, message: 'is too small for its sum' }));
  const tooLarge = named.filter(([, [i, j]]) => matrix[i]![j]! ** 2n > matrix[i]![i]! * matrix[j]![j]!);
  if (tooLarge.length > 0) {
    const message = 'is larger than the squares allow: no units have such sums';
    return tooLarge.map(([name]) => ({ name, message }));
  }
  return sums.length < 3 || isPositive(matrix)
    ? []
    : [{ name: named.at(-1)![0], message: 'no units have all of these sums of products together' }];
}

/** Whether a symmetric matrix is positive semidefinite, by elimination in integers. */
function isPositive(matrix: readonly (readonly bigint[])[]): boolean {
  const [first, ...others] = matrix;
  if (!first) return true;
  const [pivot, ...row] = first;
  if (pivot! < 0n) return false;
  if (pivot === 0n) return row.every((one) => one === 0n) && isPositive(others.map((one) => one.slice(1)));
  return isPositive(others.map(([head, ...rest]) => rest.map((one, j) => pivot! * one - head! * row[j]!)));
}
