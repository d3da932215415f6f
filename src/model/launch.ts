import type { Metric, MetricRole } from './metric.js';
import type { Policy, PolicyDocument } from './policy.js';

/** What a start freezes. From then on, no change of a definition affects the running experiment. */
export interface Launch {
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
  control: string;
  /** Variants in the order of the definition; traffic in per cent. */
  arms: { variant: string; traffic: number }[];
  /** The number of units for which the sequential tests are tightest (their N*). */
  planned_units: number;
  /** The number of units of the planned sample, if the audience has one. */
  sample_size?: number;
  owner?: string;
  /** Keys of the people who made it what it is: who created, changed and started it. */
  authors?: string[];
  /** The layer whose slots it leases, and how many. No other experiment of the layer has those slots meanwhile. */
  layer?: { layer_id: string; slots: number };
  /** Shares of units that are in no experiment, per cent, as they were at the start. */
  holdouts?: { holdout_id: string; share: number }[];
  flag_id: string;
  salt: string;
}
