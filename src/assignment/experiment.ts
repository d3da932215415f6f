import type { Range } from './allocation.js';
import type { Context } from './condition.js';
import { slotOf } from './hash.js';

export type AssignmentReason =
  | 'SPLIT'
  | 'FENCED'
  | 'STALE'
  | 'EXCLUDED'
  | 'NOT_TARGETED'
  | 'HOLDOUT'
  | 'LAYER'
  | 'NOT_ENROLLED'
  | 'NOT_RUNNING';

/** One unit in one experiment; outside of it the variant is the control and nothing is measured. */
export interface Assignment {
  variant: string;
  in_experiment: boolean;
  reason: AssignmentReason;
  /** The range that the slot is in, for the exposure. */
  range: Range | null;
}

/** An experiment ready to be evaluated. */
export interface CompiledExperiment {
  experiment_id: string;
  salt: string;
  control: string;
  live: boolean;
  fenced: boolean;
  /** Units that a person took out; null where there are none. */
  isExcluded: ((unit_id: string) => boolean) | null;
  environmentMatches: boolean;
  isTargeted: (context: Context) => boolean;
  /** Units whose slot under a salt is below the limit are in no experiment. */
  holdouts: readonly { salt: string; limit: number }[];
  /** The slots of its layer that it has; null where it is in no layer. */
  layer: { salt: string; slots: readonly { from: number; to: number }[] } | null;
  ranges: readonly Range[];
  table: Uint16Array;
  outcome_variant: string;
}

/**
 * The assignment of a unit, in the order fence, exclusion, environment, audience, holdout, layer, slot. The same unit gets the same answer
 * from the same allocation, in every process.
 */
export function assign(
  experiment: CompiledExperiment,
  unit_id: string,
  context: Context,
  stale: boolean,
): Assignment {
  if (!experiment.live) return outside(experiment, 'NOT_RUNNING');
  if (experiment.fenced) return outside(experiment, 'FENCED');
  if (stale) return outside(experiment, 'STALE');
  if (experiment.isExcluded?.(unit_id)) return outside(experiment, 'EXCLUDED');
  if (!experiment.environmentMatches || !experiment.isTargeted(context))
    return outside(experiment, 'NOT_TARGETED');
  if (isHeldOut(experiment, unit_id)) return outside(experiment, 'HOLDOUT');
  if (!isInLease(experiment, unit_id)) return outside(experiment, 'LAYER');
  const range = slotRange(experiment, unit_id);
  if (!range) return outside(experiment, 'NOT_ENROLLED');
  return { variant: range.variant, in_experiment: true, reason: 'SPLIT', range };
}

/** The range that a unit of the audience is served, or null where it is not enrolled. */
export function rangeOf(experiment: CompiledExperiment, unit_id: string): Range | null {
  const isOut =
    experiment.isExcluded?.(unit_id) || isHeldOut(experiment, unit_id) || !isInLease(experiment, unit_id);
  return isOut ? null : slotRange(experiment, unit_id);
}

function isHeldOut({ holdouts }: CompiledExperiment, unit_id: string): boolean {
  return holdouts.some(({ salt, limit }) => slotOf(salt, unit_id) < limit);
}

function isInLease({ layer }: CompiledExperiment, unit_id: string): boolean {
  if (!layer) return true;
  const slot = slotOf(layer.salt, unit_id);
  return layer.slots.some(({ from, to }) => from <= slot && slot < to);
}

function slotRange({ salt, table, ranges }: CompiledExperiment, unit_id: string): Range | null {
  return ranges[table[slotOf(salt, unit_id)]! - 1] ?? null;
}

function outside({ control }: CompiledExperiment, reason: AssignmentReason): Assignment {
  return { variant: control, in_experiment: false, reason, range: null };
}
