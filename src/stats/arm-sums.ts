/**
 * The exact sums of one arm over its units, in integers of the metric's scale. `n` is the number of units. Which other
 * sums there are depends on the estimator of the metric's kind.
 */
export type ArmSums<Name extends string = string> = { readonly n: bigint } & Readonly<Record<Name, bigint>>;

/** Three more sums that an arm may have, over x, the unit's own number from before the experiment. All or none. */
export const COVARIATE_SUMS = { sum_x: 'integer', sum_xx: 'count', sum_xy: 'integer' } as const;
export type CovariateSums = Partial<Readonly<Record<keyof typeof COVARIATE_SUMS, bigint>>>;

/** The sums of one metric while the allocation stayed as it was. */
export interface StratumSums {
  allocation: Record<string, number>;
  arms: Record<string, ArmSums>;
}
