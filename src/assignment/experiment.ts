import type { Range } from './allocation.js';
import type { Context } from './condition.js';
import { slotOf } from './hash.js';

export type AssignmentReason = 'SPLIT' | 'FENCED' | 'STALE' | 'NOT_TARGETED' | 'NOT_ENROLLED' | 'NOT_RUNNING';

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
  environmentMatches: boolean;
  isTargeted: (context: Context) => boolean;
  ranges: readonly Range[];
  table: Uint16Array;
  outcome_variant: string;
}

/**
 * The assignment of a unit, in the order fence, environment, audience, slot. The same unit gets the same answer
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
  if (!experiment.environmentMatches || !experiment.isTargeted(context))
    return outside(experiment, 'NOT_TARGETED');
  const range = rangeOf(experiment, unit_id);
  if (!range) return outside(experiment, 'NOT_ENROLLED');
  return { variant: range.variant, in_experiment: true, reason: 'SPLIT', range };
}

/** The range of the unit's slot, whoever the unit is. */
export function rangeOf({ salt, table, ranges }: CompiledExperiment, unit_id: string): Range | null {
  return ranges[table[slotOf(salt, unit_id)]! - 1] ?? null;
}

function outside({ control }: CompiledExperiment, reason: AssignmentReason): Assignment {
  return { variant: control, in_experiment: false, reason, range: null };
}
