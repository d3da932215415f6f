import type { MetricKind, MetricRole } from '../model/metric.js';
import type { ArmSums, StratumSums } from './arm-sums.js';
import type { StatisticalKind } from './kind.js';

/** An integer in JSON: a number up to 2^53 − 1, or a decimal string. */
export type JsonInteger = number | string;

/** The sums of each arm, by variant and name. */
export type ArmsInput = Record<string, Record<string, JsonInteger>>;

export interface MetricInput {
  metric_id: string;
  role: MetricRole;
  kind: MetricKind;
  direction: 'increase' | 'decrease';
  scale?: number;
  /** Relative; every guardrail has one. */
  margin?: number;
  /** Standard deviation of past true differences of this metric, in its own unit; it shrinks the estimate. */
  prior_sd?: number;
  arms: ArmsInput;
  /** The same sums by the day of first exposure, for the slope of novelty. */
  days?: { day: number; arms: ArmsInput }[];
  /** The same sums by the stages between which the proportions changed. They must add up to `arms`. */
  strata?: { allocation: Record<string, number>; arms: ArmsInput }[];
}

/** All that an analysis needs besides the sums. */
interface Design {
  control: string;
  allocation: Record<string, number>;
  /** Whether this is the one look at which the fixed test is valid. */
  at_horizon?: boolean;
  alpha: { interim: number; final: number; guardrail: number };
  /** Relative. */
  mde?: number;
  /** K, if these sums are of an epoch after the first: the number of later epochs, which share a fifth of α. */
  later_epochs?: number;
}

/**
 * What was measured of the units of one segment. All metrics of the input are in it; what they are is said there. Segments
 * may overlap.
 */
export interface SegmentInput {
  segment: string;
  units: Record<string, JsonInteger>;
  metrics: { metric_id: string; arms: ArmsInput }[];
}

/** The input of `analyze` as JSON: sums per metric and arm, and the design. docs/statistics.md has the contract. */
export interface AnalyzeInput extends Design {
  planned_units: JsonInteger;
  units?: Record<string, JsonInteger>;
  metrics: MetricInput[];
  segments?: SegmentInput[];
}

/** A metric with exact, possible sums, and what its kind means to the analysis. */
export interface ExactMetric extends Pick<
  MetricInput,
  'metric_id' | 'role' | 'kind' | 'direction' | 'margin' | 'prior_sd'
> {
  statistics: StatisticalKind;
  /** Integers per unit of the value. */
  scale: bigint;
  arms: Record<string, ArmSums>;
  days?: { day: number; arms: Record<string, ArmSums> }[];
  strata: StratumSums[];
  /** The arms lack those sums of their kind that need a threshold, which is not frozen yet: nothing can be compared. */
  awaits_threshold?: true;
}

/** The input of an analysis in exact integers: a parsed `AnalyzeInput`, or built directly. */
export interface ExactInput extends Design {
  planned_units: number;
  units: Record<string, bigint> | null;
  metrics: ExactMetric[];
  segments?: ExactSegment[];
}

/** The units of one segment, with the metrics of the whole input. */
export interface ExactSegment {
  segment: string;
  units: Record<string, bigint>;
  metrics: ExactMetric[];
}
