/**
 * The exact sums of one arm over its units, in the integers of the metric's scale. `n` is the number of units; which
 * other sums there are is up to the estimator of the metric's kind.
 */
export type ArmSums<Name extends string = string> = { readonly n: bigint } & Readonly<Record<Name, bigint>>;

/** What an arm may have besides, all three or none: sums over x, a unit's own number from before the experiment. */
export const COVARIATE_SUMS = { sum_x: 'integer', sum_xx: 'count', sum_xy: 'integer' } as const;
export type CovariateSums = Partial<Readonly<Record<keyof typeof COVARIATE_SUMS, bigint>>>;

/** The sums of one metric while the allocation stayed as it was. */
export interface StratumSums {
  allocation: Record<string, number>;
  arms: Record<string, ArmSums>;
}
