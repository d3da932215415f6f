import { slotTable } from './allocation.js';
import { compileCondition, type Condition, type Context, type Segments } from './condition.js';
import type { Conditions, ExperimentRules, Value } from './document.js';
import { seedOf, slotFrom } from './hash.js';
import { SegmentTable } from './segment-table.js';

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
  /** The experiment's segments that the unit is in. Only within an experiment that has segments. */
  readonly segments?: readonly string[];
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
  /** In the order of the experiment's definition. */
  readonly segments: readonly { name: string; has: Condition }[];
  /** By arm, and by the segments that a unit is in (bit 0 is the first one). Filled as units are assigned. */
  readonly inSegments: readonly Map<number, Assignment>[];
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
    segments: compileSegments(rules.segments),
    inSegments: rules.ranges.map(() => new Map<number, Assignment>()),
    outside: Object.fromEntries(OUTSIDE.map((reason) => [reason, outside(reason)])) as Record<
      AssignmentReason,
      Assignment
    >,
  };
}

function compileSegments(segments: ExperimentRules['segments']): CompiledExperiment['segments'] {
  if (!segments) return [];
  const table = new SegmentTable(segments.conditions, null);
  return segments.names.map((name) => ({ name, has: table.use(name, new Set()) }));
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
  return enrolled(experiment, armOf(experiment, unit), context, unit) ?? outside.NOT_ENROLLED;
}

/**
 * The assignment of a unit in an arm, with the segments that it is in; undefined where there is no such arm. Units of
 * one arm that are in the same segments share one object.
 *
 * @param arm index of the unit's range; -1 where it is not enrolled
 */
export function enrolled(
  { arms, segments, inSegments }: CompiledExperiment,
  arm: number,
  context: Context,
  unit: string,
): Assignment | undefined {
  const assignment = arms[arm];
  if (assignment === undefined || segments.length === 0) return assignment;
  let mask = 0;
  for (let i = 0; i < segments.length; i += 1) if (segments[i]!.has(context, unit)) mask |= 1 << i;
  const known = inSegments[arm]!.get(mask);
  if (known) return known;
  const names = segments.filter((_, i) => mask & (1 << i)).map(({ name }) => name);
  const told = { ...assignment, segments: names };
  inSegments[arm]!.set(mask, told);
  return told;
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
