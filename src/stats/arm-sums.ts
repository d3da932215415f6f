/**
 * The exact sums of one arm over its units, in integers of the metric's scale. `n` is the number of units. Which other
 * sums there are depends on the estimator of the metric's kind.
 */
export type ArmSums<Name extends string = string> = { readonly n: bigint } & Readonly<Record<Name, bigint>>;

/** The sums of one metric while the allocation stayed as it was. */
export interface StratumSums {
  allocation: Record<string, number>;
  arms: Record<string, ArmSums>;
}
