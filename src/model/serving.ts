import type { ExperimentDefinition } from './experiment.js';
import type { FrozenSegments } from './frozen-segments.js';
import type { Json } from './json.js';
import type { KeptProperty } from './property.js';

/**
 * How long a process that cannot read what is served goes on with what it has, ms. From then on every experiment serves its
 * control there. Serving obeys it, and reports count on it, so it is one number.
 */
export const SERVE_STALE_MAX_MS = 10 * 60_000;

/** Slots `from` (inclusive) to `to` (exclusive) of 10,000. */
export interface SlotInterval {
  from: number;
  to: number;
}

/** Slots of an experiment that are served one variant. */
export interface SlotRange extends SlotInterval {
  variant: string;
  /** The revision that enrolled these slots. Every exposure carries it into the totals. */
  band: number;
}

/** Which slots of an experiment get which variant, at one revision. Slots in no range are not enrolled. */
export interface Allocation {
  revision: number;
  /** The stratum of the statistics. It changes only when the proportions of the arms change. */
  epoch: number;
  ranges: SlotRange[];
}

/** Everything that serving needs to know about a started experiment. */
export interface ServedExperiment {
  experiment_id: string;
  flag_id: string;
  /** Salt of the experiment's slots, fixed when the experiment was created. */
  salt: string;
  /** Time of the start, ms since the epoch. Earlier exposures count as if they happened then. */
  started_at: number;
  /** Types of the events that its metrics count. */
  event_types: string[];
  /** The greatest absolute value that its metrics can count, by type of event, where that is less than for every event. */
  value_limits: Record<string, number>;
  /** The properties that its metrics name. */
  properties: KeptProperty[];
  control: string;
  /** In the order of the definition. `config` is null if a variant has none; then its name is its value. */
  variants: { name: string; config: Json | null }[];
  environment?: string;
  audience: Pick<ExperimentDefinition['target_audience'], 'include' | 'exclude'>;
  /** From its start to the end of its rollback or watch. After that the flag serves `outcome_variant` to the audience. */
  live: boolean;
  outcome_variant?: string;
  /** Whether its outcome is written into the flag. Then it no longer drives the flag. */
  settled: boolean;
  /** Its layer, with the slots that it leases there; no slots before it has its lease. */
  layer?: { layer_id: string; slots: SlotInterval[] };
  holdouts: { holdout_id: string; share: number }[];
  /** The segments that its units are told to be in; absent for none. */
  segments?: FrozenSegments;
  /** Marks of units that a person excluded. docs/snapshot.md says what a mark is. */
  excluded: string[];
  /** Variants that a person gave to units, by the mark of the unit. */
  overrides: Record<string, string>;
  allocation: Allocation;
}

/** Serving obeys a fence: every experiment in its scope serves the control. */
export interface Fence {
  emergency_stop_id: string;
  /** `all`: also those that start while it stands. */
  scope: 'all' | string[];
  /**
   * The environments that it keeps to: of `all`, only the experiments that run in one of these; of a list, where its
   * experiments run. Left out where it reaches every one.
   */
  environments?: string[];
}

/** What decides whether a fence is over an experiment. */
export interface Fenceable {
  experiment_id: string;
  /** Undefined: it runs in every environment. */
  environment?: string | undefined;
}

/**
 * Whether an experiment is in the scope of a fence. One that runs in every environment is not under a fence that keeps to
 * some: whoever set that may not decide for the others.
 */
export function isUnder({ scope, environments }: Fence, { experiment_id, environment }: Fenceable): boolean {
  if (scope !== 'all') return scope.includes(experiment_id);
  return environments === undefined || (environment !== undefined && environments.includes(environment));
}
