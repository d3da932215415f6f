import type { KindField, Metric } from '../model/metric.js';
import type { CovariateSums } from '../stats/arm-sums.js';
import type { StatisticalKind } from '../stats/kind.js';
import type { PowerDesign } from '../stats/power.js';
import type { StoredAmount, StoredSums } from './stored-sums.js';

/**
 * Everything that a kind of metric is: one object, in a file of its own in ./kinds. `Value` is a unit's own number,
 * `Name` the names of an arm's sums.
 */
export interface Kind<
  Value extends UnitValue = UnitValue,
  Name extends string = string,
> extends StatisticalKind<Name> {
  /** Which of the fields that only some kinds have a definition may have, or must have. */
  readonly fields: Readonly<Partial<Record<KindField, 'optional' | 'required'>>>;
  /** Whether silence means that data are missing: without clicks the value is 0, without measurements there is none. */
  readonly canBeMissing: boolean;

  // From events to sums.

  /** A unit's own number after one more event; integers in the metric's scale. */
  fold(before: Value | undefined, event: { type: string; value: number }, metric: Metric): Value;
  /**
   * What one unit adds to the totals.
   *
   * @param value undefined where the unit had no event
   * @param covariate the unit's own number from before the experiment
   */
  contribution(value: Value | undefined, metric: Metric, covariate: number): StoredAmount[];
  /** The sums of an arm, but for `n`, of its totals. Those that are not known yet are left out. */
  armSums(totals: StoredSums, arm: ArmContext): Readonly<Partial<Record<Name, bigint>>> & CovariateSums;
  /** For kinds that count what lies beyond a threshold. */
  readonly threshold: ThresholdRule | null;

  // Planning and rehearsing.

  /** What a recorded arm says of its units; null where it says nothing. `scale` as in the recorded input. */
  baseline(arm: Readonly<Record<Name | 'n', number>>, scale: number): Baseline | null;
  /** Assumed where neither the caller nor history says anything. */
  assumedBaseline(metric: Metric): Required<Baseline>;
  /** The metric of a power calculation; null where there is no formula for the kind, or for this baseline. */
  powerMetric(baseline: Baseline): PowerDesign['metric'] | null;
  /** The sums of `n` units drawn at random: drawn as sums, not unit by unit. In doubles, which stay below 2^53. */
  simulate(n: number, metric: Metric, units: SimulatedUnits, draws: Draws): Readonly<Record<Name, number>>;
}

/** A unit's own number under a metric as its document keeps it: one number, or several by name. */
export type UnitValue = number | Readonly<Record<string, number>>;

export interface ArmContext {
  metric: Metric;
  /** Relative; 0 in the control, and for a metric that is no guardrail. */
  margin: number;
  /** The frozen threshold, where the kind has one and it is known. */
  threshold: number | undefined;
}

export interface ThresholdRule {
  /** The threshold that the totals of the control give, frozen once; null as long as they are too few. */
  freeze(control: StoredSums, metric: Metric): number | null;
  /** The value of an arm to be shown, in the metric's own unit; null without any. */
  display(totals: StoredSums, metric: Metric): number | null;
}

/** What units do without the treatment: the value per unit, and for means its standard deviation. */
export interface Baseline {
  value: number;
  standard_deviation?: number;
}

/** What simulated units do. */
export interface SimulatedUnits extends Required<Baseline> {
  /** Relative change of the value. */
  lift: number;
  /** As in `ArmContext`. */
  margin: number;
}

/** Random numbers for a simulation. */
export interface Draws {
  normal(): number;
  binomial(n: number, p: number): number;
  chiSquare(df: number): number;
}
