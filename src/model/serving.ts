import type { ExperimentDefinition } from './experiment.js';
import type { Json } from './json.js';

/** Slots `from` (inclusive) to `to` (exclusive) of 10,000. */
export interface SlotInterval {
  from: number;
  to: number;
}

/**
 * Slots of the experiment's 10,000 that are served one variant.
 * `band` is the revision that enrolled them; it travels with every exposure into the totals.
 */
export interface SlotRange extends SlotInterval {
  variant: string;
  band: number;
}

/**
 * Who gets what of one experiment, at one revision. Slots in no range are not enrolled and get the control.
 * `epoch` changes only when the proportions of the arms change: the stratum of the statistics.
 */
export interface Allocation {
  revision: number;
  epoch: number;
  ranges: SlotRange[];
}

/** All that serving needs to know of one started experiment. */
export interface ServedExperiment {
  experiment_id: string;
  flag_id: string;
  /** Hash salt of the experiment's slots, fixed when it was created. */
  salt: string;
  /** Moment the experiment started, ms since the epoch: exposures before it count as at the start. */
  started_at: number;
  /** Types of the events that its metrics count; no others are kept. */
  event_types: string[];
  control: string;
  /** In the order of the definition; null where the variant has no config (its name is then the value). */
  variants: { name: string; config: Json | null }[];
  environment?: string;
  audience: Pick<ExperimentDefinition['target_audience'], 'include' | 'exclude'>;
  /** Live from its start to the end of rollback or watch; then the flag serves `outcome_variant` to the audience. */
  live: boolean;
  outcome_variant?: string;
  /** Its outcome is written down in the flag: it drives none any more. */
  settled: boolean;
  /** The layer it is in, with the slots that it has there; none before it has its lease. */
  layer?: { layer_id: string; slots: SlotInterval[] };
  holdouts: { holdout_id: string; share: number }[];
  /** Marks of units that a person took out; docs/snapshot.md says what a mark is. */
  excluded: string[];
  /** By the mark of a unit, the variant that a person gave it. */
  overrides: Record<string, string>;
  allocation: Allocation;
}

/** An emergency stop that serving obeys: control for every experiment in scope. */
export interface Fence {
  emergency_stop_id: string;
  scope: 'all' | string[];
}

/** Whether an experiment stands under a fence. */
export function isUnder({ scope }: Fence, experiment_id: string): boolean {
  return scope === 'all' || scope.includes(experiment_id);
}
