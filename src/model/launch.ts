import type { Metric, MetricRole } from './metric.js';
import type { Policy, PolicyDocument } from './policy.js';

/** What a start freezes: from here on no change of a definition touches the running experiment. */
export interface Launch {
  /** Moment of the start command, and the moment from which traffic may flow; ms since the epoch. */
  requested_at: number;
  start_at: number;
  /** The planned horizon, ms since the epoch. */
  end_at: number;
  /** As written, and as the engine runs it. */
  policy_document: PolicyDocument;
  policy: Policy;
  metrics: { role: MetricRole; metric: Metric }[];
  control: string;
  /** Variants in the order of the definition, with their traffic in per cent. */
  arms: { variant: string; traffic: number }[];
  /** N* of the sequential tests. */
  planned_units: number;
  /** Units at which the planned sample is reached, where the audience names one. */
  sample_size?: number;
  owner?: string;
  /** The layer whose units it takes a part of: no other experiment of the layer gets those meanwhile. */
  layer?: { layer_id: string; slots: number };
  /** Shares of units that are in no experiment, as they stood at the start; per cent. */
  holdouts?: { holdout_id: string; share: number }[];
  flag_id: string;
  salt: string;
}
