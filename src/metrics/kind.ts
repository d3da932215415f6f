import type { Aggregate, KindField, Metric, NotCounted } from '../model/metric.js';
import type { StatisticalKind } from '../stats/kind.js';
import type { PowerDesign } from '../stats/power.js';
import type { Draws, SimulatedArm, SimulatedUnits } from './simulated/arm.js';
import type { StoredAmount, StoredSums } from './stored-sums.js';

/**
 * Everything about one kind of metric. Each kind is one object, in a file of its own in ./kinds. `Value` is the type of
 * a unit's own number, `Name` the names of an arm's sums, `Covariate` the type of its number from before the experiment.
 */
export interface Kind<
  Value extends UnitValue = UnitValue,
  Name extends string = string,
  Covariate extends UnitValue = UnitValue,
> extends StatisticalKind<Name> {
  /** Of the fields that only some kinds have, those that a definition of this kind may have or must have. */
  readonly fields: Readonly<Partial<Record<KindField, 'optional' | 'required'>>>;

  /**
   * Whether silence means that data are missing. No clicks and no errors are a count of 0; no measurements are no value.
   */
  canBeMissing(metric: Metric): boolean;
  /**
   * For kinds whose units have a number in the metric's scale, which counts up to 2^40: what it is made of where the
   * metric does not say, and where it stands in the unit's value.
   */
  readonly ownNumber: {
    readonly aggregate: Aggregate;
    of(value: Value): number;
  } | null;

  // From events to sums.

  /** A unit's own number after one more event that counts; integers in the metric's scale. */
  fold(before: Value | undefined, event: CountedEvent, metric: Metric): Value;
  /**
   * What one unit adds to the totals, under the names of the documents.
   *
   * @param value undefined if the unit had no event
   * @param covariate undefined if the unit had no event before the experiment
   */
  contribution(value: Value | undefined, metric: Metric, covariate: Covariate | undefined): StoredAmount[];
  /**
   * A unit's own number from before the experiment, which explains part of what it does later (CUPED); undefined without
   * events. Null if the kind has none.
   */
  readonly covariate: ((earlier: EarlierSums, metric: Metric) => Covariate | undefined) | null;
  /** The sums of an arm without `n`, read from its totals. Leaves out those that are not known yet. */
  armSums(
    totals: StoredSums,
    arm: ArmContext,
  ): Readonly<Partial<Record<Name, bigint>> & Record<string, bigint>>;
  /** Only for kinds that count what lies beyond a threshold. */
  readonly threshold: ThresholdRule | null;

  // Planning and rehearsing.

  /** What the units of a recorded arm are like; null if its sums do not say. `scale` is that of the recorded input. */
  baseline(arm: Readonly<Record<Name | 'n', number>>, scale: number): Baseline | null;
  /** The baseline to assume if neither the caller nor history has one. */
  assumedBaseline(metric: Metric): Required<Baseline>;
  /** The metric as power calculations take it; null if there is no formula for the kind or for this baseline. */
  powerMetric(baseline: Baseline): PowerDesign['metric'] | null;
  /** The units of one arm, as sums and not unit by unit. */
  simulate(metric: Metric, units: SimulatedUnits, draws: Draws): SimulatedArm;
}

/** An event as one metric counts it. */
export interface CountedEvent {
  /** In the metric's own unit: the event's value, or the property that the metric takes. */
  value: number;
  /** Timestamp, ms since the epoch. */
  at: number;
  /** Whether it is one of those that a ratio divides by. */
  divides: boolean;
  /** Why it adds nothing to the unit's own number, where it counts only because it divides; null where it adds to it. */
  lack: NotCounted | null;
}

/** A unit's own number under a metric, as unit documents keep it: one number, or several by name. */
export type UnitValue = number | Readonly<Record<string, number>>;

/** What a unit did in the days before it was exposed, by type of event: how often, and the sum in thousandths. */
export type EarlierSums = (type: string) => { count: number; sum: number };

export interface ArmContext {
  metric: Metric;
  /** Relative. 0 for the control, and if the metric is not a guardrail. */
  margin: number;
  /** The frozen threshold, if the kind has one and it is known. */
  threshold: number | undefined;
}

export interface ThresholdRule {
  /** So many values of the control it takes to freeze one. */
  needs: number;
  /** The threshold from the totals of the control, to be frozen; null while there is too little data. */
  freeze(control: StoredSums, metric: Metric): number | null;
  /** The value of an arm to display, in the metric's own unit; null if it has none. */
  display(totals: StoredSums, metric: Metric): number | null;
  /**
   * In a simulation: the share of values that lies beyond the threshold which `freeze` would find now; null while there
   * is too little data.
   *
   * @param control the sums of the simulated control
   */
  simulate(control: Readonly<Record<string, number>>, metric: Metric, draws: Draws): number | null;
}

/**
 * What units do without the treatment, at the end of an experiment: the value per unit, and its standard deviation where
 * it does not follow from the value.
 */
export interface Baseline {
  /** Per unit. */
  value: number;
  /** Of a mean that of the value of a unit; of a ratio or quantile R = ΣY/ΣD that of (y − R·d)/D̄. */
  standard_deviation?: number;
  /** Of a unit's value with its value in the two weeks before: what CUPED has to work with. */
  correlation?: number;
}
