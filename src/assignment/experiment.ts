import { slotTable } from './allocation.js';
import { compileCondition, type Condition, type Context, type Segments } from './condition.js';
import type { Conditions, ExperimentRules, Value } from './document.js';
import { seedOf, slotFrom } from './hash.js';

export type AssignmentReason =
  | 'SPLIT'
  | 'FENCED'
  | 'STALE'
  | 'OPTED_OUT'
  | 'EXCLUDED'
  | 'OVERRIDE'
  | 'NOT_TARGETED'
  | 'HOLDOUT'
  | 'LAYER'
  | 'NOT_ENROLLED'
  | 'NOT_RUNNING';

/** One unit in one experiment. Outside of it the variant is the control or an override, and nothing is measured. */
export interface Assignment {
  readonly variant: string;
  readonly in_experiment: boolean;
  readonly reason: AssignmentReason;
}

/** Marks stand for units that a person has treated separately, so that the document does not name those units. */
export interface UnitMarks {
  /** Marks of the units that are in no experiment at all. */
  optedOut: ReadonlySet<string>;
  /** The mark under which a unit is opted out, excluded or overridden. */
  markOf: (unit_id: string) => string;
}

/** When an evaluation is made, and whether the document is too old for experiments. */
export interface Moment {
  /** ms since the epoch. */
  now: number;
  stale: boolean;
}

/** An experiment ready to be evaluated. */
export interface CompiledExperiment {
  readonly experiment_id: string;
  readonly flag: string;
  readonly control: string;
  readonly revision: number;
  readonly live: boolean;
  readonly configs: Readonly<Record<string, Value>>;
  readonly fenced: boolean;
  readonly inactive: boolean;
  /** As they were written, for who explains. */
  readonly conditions: Conditions;
  readonly isTargeted: Condition;
  readonly excluded: ReadonlySet<string>;
  readonly overrides: ReadonlyMap<string, Assignment>;
  /** Units whose slot under a seed is below the limit are in no experiment. */
  readonly holdouts: readonly { seed: number; limit: number }[];
  readonly layer: { seed: number; table: Uint16Array } | null;
  readonly seed: number;
  /** By slot: index + 1 of `arms`, or 0 if the slot is not enrolled. */
  readonly table: Uint16Array;
  readonly arms: readonly Assignment[];
  readonly outside: Readonly<Record<AssignmentReason, Assignment>>;
}

const OUTSIDE: readonly AssignmentReason[] = [
  ...(['FENCED', 'STALE', 'OPTED_OUT', 'EXCLUDED', 'OVERRIDE', 'NOT_TARGETED', 'HOLDOUT', 'LAYER'] as const),
  ...(['NOT_ENROLLED', 'NOT_RUNNING', 'SPLIT'] as const),
];

/** @throws {TypeError} if its conditions are malformed */
export function compileExperiment(rules: ExperimentRules, segments: Segments): CompiledExperiment {
  const { control } = rules;
  const outside = (reason: AssignmentReason, variant = control): Assignment => ({
    variant,
    in_experiment: false,
    reason,
  });
  return {
    experiment_id: rules.experiment_id,
    flag: rules.flag,
    control,
    revision: rules.revision,
    live: rules.live,
    configs: rules.configs ?? {},
    fenced: rules.fenced ?? false,
    inactive: rules.inactive ?? false,
    conditions: rules.conditions,
    isTargeted: compileCondition(rules.conditions, segments),
    excluded: new Set(rules.excluded),
    overrides: new Map(
      Object.entries(rules.overrides ?? {}).map(([mark, variant]) => [mark, outside('OVERRIDE', variant)]),
    ),
    holdouts: (rules.holdouts ?? []).map(([salt, limit]) => ({ seed: seedOf(salt), limit })),
    layer: rules.layer ? { seed: seedOf(rules.layer.salt), table: slotTable(rules.layer.slots) } : null,
    seed: seedOf(rules.salt),
    table: slotTable(rules.ranges),
    arms: rules.ranges.map(([, , variant]) => ({ variant, in_experiment: true, reason: 'SPLIT' })),
    outside: Object.fromEntries(OUTSIDE.map((reason) => [reason, outside(reason)])) as Record<
      AssignmentReason,
      Assignment
    >,
  };
}

/**
 * The assignment of a unit, in the order fence, opt-out, exclusion, override, environment, audience, holdout, layer,
 * slot. The same unit gets the same answer from the same allocation, in every process.
 */
export function assign(
  experiment: CompiledExperiment,
  unit: string,
  context: Context,
  { stale }: Moment,
  marks: UnitMarks,
): Assignment {
  const { outside } = experiment;
  if (!experiment.live) return outside.NOT_RUNNING;
  if (experiment.fenced) return outside.FENCED;
  if (stale) return outside.STALE;
  const marked = assignmentByMark(experiment, unit, marks);
  if (marked) return marked;
  if (experiment.inactive || !experiment.isTargeted(context, unit)) return outside.NOT_TARGETED;
  if (isHeldOut(experiment, unit)) return outside.HOLDOUT;
  if (!isInLayerSlots(experiment, unit)) return outside.LAYER;
  return experiment.arms[armOf(experiment, unit)] ?? outside.NOT_ENROLLED;
}

/** What a person decided for this unit; null for nearly all units. */
function assignmentByMark(
  { excluded, overrides, outside }: CompiledExperiment,
  unit: string,
  { optedOut, markOf }: UnitMarks,
): Assignment | null {
  if (optedOut.size + excluded.size + overrides.size === 0) return null;
  const mark = markOf(unit);
  if (optedOut.has(mark)) return outside.OPTED_OUT;
  if (excluded.has(mark)) return outside.EXCLUDED;
  return overrides.get(mark) ?? null;
}

/** The index of the range that holds a unit of the audience; null if the unit is not enrolled. */
export function enrolledRange(experiment: CompiledExperiment, unit: string, marks: UnitMarks): number | null {
  if (assignmentByMark(experiment, unit, marks)) return null;
  if (isHeldOut(experiment, unit) || !isInLayerSlots(experiment, unit)) return null;
  const arm = armOf(experiment, unit);
  return arm === -1 ? null : arm;
}

export function isHeldOut({ holdouts }: CompiledExperiment, unit: string): boolean {
  return holdouts.some(({ seed, limit }) => slotFrom(seed, unit) < limit);
}

export function isInLayerSlots({ layer }: CompiledExperiment, unit: string): boolean {
  return !layer || layer.table[slotFrom(layer.seed, unit)] !== 0;
}

export function armOf({ seed, table }: CompiledExperiment, unit: string): number {
  return table[slotFrom(seed, unit)]! - 1;
}
