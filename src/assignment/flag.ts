import type { Condition, Context } from './condition.js';
import { assign, type Assignment, type CompiledExperiment } from './experiment.js';
import { slotOf } from './hash.js';

export type FlagReason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'DEFAULT' | 'STALE';

/** What a flag can serve: the value, and its text as JSON, made once. */
export interface Outcome {
  variant: string;
  value: unknown;
  json: string;
}

/** Outcomes by slot: the first whose limit is above the unit's slot. */
export interface Split {
  outcomes: readonly { limit: number; outcome: Outcome }[];
}

export interface CompiledRule {
  matches: Condition;
  serve: Outcome | Split;
}

/** A flag ready to be evaluated. `live` are experiments that drive it (several exclude one another by their layer), `shipped` one that has just ended on it. */
export interface CompiledFlag {
  flag_id: string;
  salt: string;
  enabled: boolean;
  environmentMatches: boolean;
  rules: readonly CompiledRule[];
  live: readonly { experiment: CompiledExperiment; outcomes: ReadonlyMap<string, Outcome> }[];
  shipped: { isTargeted: Condition; outcome: Outcome } | null;
  isTargeted: Condition | null;
  segments: readonly { matches: Condition; outcome: Outcome }[];
  split: Split | null;
  off: Outcome;
}

export interface Evaluation {
  outcome: Outcome;
  reason: FlagReason;
  /** Where an experiment drives the flag. */
  experiment?: { experiment: CompiledExperiment; assignment: Assignment };
}

/** A flag for a context: `unit_id` null where the context has none. Answers null where a hash is needed then. */
export function evaluate(
  flag: CompiledFlag,
  unit_id: string | null,
  context: Context,
  stale: boolean,
): Evaluation | null {
  if (!flag.enabled) return { outcome: flag.off, reason: 'DISABLED' };
  if (!flag.environmentMatches) return { outcome: flag.off, reason: 'DEFAULT' };
  for (const { matches, serve } of flag.rules) {
    if (!matches(context)) continue;
    if (!('outcomes' in serve)) return { outcome: serve, reason: 'TARGETING_MATCH' };
    if (unit_id === null) return null;
    return { outcome: pick(serve, flag.salt, unit_id)!, reason: 'TARGETING_MATCH' };
  }
  if (flag.live.length === 0) return withoutExperiment(flag, unit_id, context);
  if (unit_id === null) return null;
  const { experiment, outcomes, assignment } = driving(flag.live, unit_id, context, stale);
  const own = assignment.in_experiment ? outcomes.get(assignment.variant) : undefined;
  if (own) return { outcome: own, reason: 'SPLIT', experiment: { experiment, assignment } };
  const base = withoutExperiment(flag, unit_id, context);
  if (!base) return null;
  const reason = assignment.in_experiment ? 'SPLIT' : assignment.reason === 'STALE' ? 'STALE' : base.reason;
  return { outcome: base.outcome, reason, experiment: { experiment, assignment } };
}

/** The experiment whose slots of the layer the unit is in, else the last one. */
function driving(live: CompiledFlag['live'], unit_id: string, context: Context, stale: boolean) {
  for (const one of live.slice(0, -1)) {
    const assignment = assign(one.experiment, unit_id, context, stale);
    if (assignment.reason !== 'LAYER') return { ...one, assignment };
  }
  const last = live.at(-1)!;
  return { ...last, assignment: assign(last.experiment, unit_id, context, stale) };
}

function withoutExperiment(flag: CompiledFlag, unit_id: string | null, context: Context): Evaluation | null {
  if (flag.shipped?.isTargeted(context)) return { outcome: flag.shipped.outcome, reason: 'TARGETING_MATCH' };
  if (flag.isTargeted && !flag.isTargeted(context)) return { outcome: flag.off, reason: 'DEFAULT' };
  for (const { matches, outcome } of flag.segments) {
    if (matches(context)) return { outcome, reason: 'TARGETING_MATCH' };
  }
  if (!flag.split) return { outcome: flag.off, reason: flag.segments.length > 0 ? 'DEFAULT' : 'STATIC' };
  const [first, ...more] = flag.split.outcomes;
  if (more.length === 0) return { outcome: first!.outcome, reason: 'STATIC' };
  if (unit_id === null) return null;
  return { outcome: pick(flag.split, flag.salt, unit_id)!, reason: 'SPLIT' };
}

function pick({ outcomes }: Split, salt: string, unit_id: string): Outcome | undefined {
  const slot = slotOf(salt, unit_id);
  return outcomes.find(({ limit }) => slot < limit)?.outcome;
}
