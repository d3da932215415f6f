import type { FrozenSegments } from './frozen-segments.js';
import type { Metric, MetricRole } from './metric.js';
import type { Policy, PolicyDocument } from './policy.js';

/** How many units come, as measured lately on an experiment that ran on the same flag for the same audience. */
export interface Traffic {
  /** Eligible units of this plan that come each day: its share of the layer, without the holdouts. */
  units_per_day: number;
  /** Units that will be counted by the planned end, with the policy's ramp and the longest window of a primary. */
  expected_units: number;
  source: TrafficSource;
}

export interface TrafficSource {
  experiment_id: string;
  /** Units first exposed in the last 14 days, and for how many days that is. */
  units: number;
  days: number;
}

/** A cap that a metric asks for by percentile, as the start made a number of it. */
export interface FrozenCap {
  metric_id: string;
  percentile: number;
  /** In the metric's own unit; null where no ended experiment measured enough units: then nothing is capped. */
  cap: number | null;
  /** The experiment whose control it was read from, and how many units that had. */
  source: { experiment_id: string; units: number } | null;
}

/** How far the true lifts of a metric lay apart in earlier experiments. */
export interface PriorLifts {
  metric_id: string;
  /** Relative to the control; greater than 0. */
  standard_deviation: number;
  experiments: number;
}

/** What a start freezes. From then on, no change of a definition affects the running experiment. */
export interface Launch {
  /** The version of the engine that decides it, see `ENGINE_VERSION`. */
  engine_version: number;
  /** Time of the start command, ms since the epoch. */
  requested_at: number;
  /** Time from which units may be enrolled, ms since the epoch. */
  start_at: number;
  /** The planned end, ms since the epoch. */
  end_at: number;
  /** The policy as people wrote it. */
  policy_document: PolicyDocument;
  /** The policy as it is run. */
  policy: Policy;
  metrics: { role: MetricRole; metric: Metric }[];
  /** Metrics whose events are watched minute by minute, like all that comes in. Absent of launches that are not watched at all. */
  watched?: string[];
  control: string;
  /** Variants in the order of the definition; traffic in per cent. */
  arms: { variant: string; traffic: number }[];
  /** The number of units for which the sequential tests are tightest (their N*), at most `traffic.expected_units`. */
  planned_units: number;
  /** Absent where nothing that is stored says how many units come: then N* is that of the plan alone. */
  traffic?: Traffic;
  /** One for each metric that asks for its cap by percentile. */
  caps?: FrozenCap[];
  /** Of those metrics that enough ended experiments measured. */
  prior_lifts?: PriorLifts[];
  /** The number of units of the planned sample, if the audience has one. */
  sample_size?: number;
  owner?: string;
  /** Keys of the people who made it what it is: who created, changed and started it. */
  authors?: string[];
  /** The layer whose slots it leases, and how many. No other experiment of the layer has those slots meanwhile. */
  layer?: { layer_id: string; slots: number };
  /** Shares of units that are in no experiment, per cent, as they were at the start. */
  holdouts?: { holdout_id: string; share: number }[];
  /** Absent where the definition names none. */
  segments?: FrozenSegments;
  flag_id: string;
  salt: string;
}
