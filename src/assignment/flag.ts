import { compileCondition, type Condition, type Context, type Segments } from './condition.js';
import type { FlagRules, Outcome, Reason, Rule, Schedule, Serve } from './document.js';
import { Evaluation, type EvaluationError } from './evaluation.js';
import {
  assign,
  type Assignment,
  type CompiledExperiment,
  type Moment,
  type UnitMarks,
} from './experiment.js';
import { seedOf, slotFrom } from './hash.js';

/** Evaluations by slot: the first whose limit is greater than the unit's slot. */
interface Split {
  readonly limits: readonly number[];
  readonly evaluations: readonly Evaluation[];
}

export type Served = Evaluation | Split;

export interface CompiledRule {
  readonly matches: Condition;
  readonly schedule: Schedule | null;
  readonly serve: Served;
}

/** An experiment that drives a flag, with the evaluations that it leads to. */
export interface Driver {
  readonly experiment: CompiledExperiment;
  /** By assignment, and by what the flag gives without the experiment. Filled as units are evaluated. */
  readonly known: Map<Assignment, Map<Evaluation, Evaluation>>;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** A flag ready to be evaluated. */
export interface CompiledFlag {
  readonly key: string;
  readonly rules: FlagRules;
  readonly seed: number;
  /** What it gives to every unit at any time; null if that depends on something. */
  readonly always: Evaluation | null;
  readonly schedule: Schedule | null;
  readonly disabled: Evaluation;
  readonly prerequisites: readonly { flag: string; variants: ReadonlySet<string> }[];
  readonly unmet: Evaluation;
  readonly before: readonly CompiledRule[];
  readonly drivers: readonly Driver[];
  readonly after: readonly CompiledRule[];
  readonly otherwise: Served;
}

/** What an evaluation may look up besides its own flag. */
export interface EvaluationScope extends UnitMarks {
  flags: ReadonlyMap<string, CompiledFlag>;
}

/** @throws {TypeError} if conditions are malformed, or an experiment is missing */
export function compileFlag(
  rules: FlagRules,
  segments: Segments,
  experiments: ReadonlyMap<string, CompiledExperiment>,
): CompiledFlag {
  const metadata = { ...rules.metadata, revision: rules.revision };
  const evaluation = (outcome: Outcome, reason: Reason): Evaluation =>
    new Evaluation(rules.key, outcome, reason, metadata);
  const served = (serve: Serve, reason: Reason): Served => {
    if (!('split' in serve)) return evaluation(serve, reason);
    return {
      limits: serve.split.map(([limit]) => limit),
      evaluations: serve.split.map(([, outcome]) => evaluation(outcome, reason)),
    };
  };
  const compiled = (rule: Rule, reason: Reason): CompiledRule => ({
    matches: compileCondition(rule.conditions, segments),
    schedule: rule.schedule ?? null,
    serve: served(rule.serve, reason),
  });
  const { schedule = null, prerequisites = [], before = [], after = [] } = rules;
  const otherwise = served(rules.else, rules.else_reason);
  const drivers = (rules.experiments ?? []).map(({ experiment_id, outcomes }): Driver => {
    const experiment = experiments.get(experiment_id);
    if (!experiment) throw new TypeError(`no experiment ${experiment_id}`);
    return { experiment, outcomes, known: new Map() };
  });
  const inactive = rules.inactive ? evaluation(rules.off, rules.inactive) : null;
  const hasConditions =
    schedule !== null || prerequisites.length + before.length + drivers.length + after.length > 0;
  const constant = !hasConditions && otherwise instanceof Evaluation ? otherwise : null;
  return {
    key: rules.key,
    rules,
    seed: seedOf(rules.key),
    always: inactive ?? constant,
    schedule,
    disabled: evaluation(rules.off, 'DISABLED'),
    prerequisites: prerequisites.map(({ flag, variants }) => ({ flag, variants: new Set(variants) })),
    unmet: evaluation(rules.off, 'DEFAULT'),
    before: before.map((rule) => compiled(rule, 'TARGETING_MATCH')),
    drivers,
    after: after.map((rule) => compiled(rule, rule.reason)),
    otherwise,
  };
}

/** What a flag gives to a unit (null if the caller names none) with its context. */
export function evaluate(
  flag: CompiledFlag,
  unit: string | null,
  context: Context,
  moment: Moment,
  scope: EvaluationScope,
): Evaluation | EvaluationError {
  if (flag.always) return flag.always;
  const decided = beforeExperiments(flag, unit, context, moment, scope);
  if (decided) return decided;
  return flag.drivers.length === 0
    ? afterExperiments(flag, unit, context, moment)
    : driven(flag, unit, context, moment, scope);
}

/** What a flag decides before its experiments do; null if it leaves the unit to them. */
export function beforeExperiments(
  flag: CompiledFlag,
  unit: string | null,
  context: Context,
  moment: Moment,
  scope: EvaluationScope,
): Evaluation | EvaluationError | null {
  if (flag.rules.inactive) return flag.always;
  if (flag.schedule && !isWithin(flag.schedule, moment)) return flag.disabled;
  for (const { flag: key, variants } of flag.prerequisites) {
    const other = scope.flags.get(key);
    if (!other) return flag.unmet;
    const evaluation = evaluate(other, unit, context, moment, scope);
    if (!(evaluation instanceof Evaluation)) return evaluation;
    if (evaluation.variant === undefined || !variants.has(evaluation.variant)) return flag.unmet;
  }
  return firstMatch(flag, flag.before, unit, context, moment);
}

function afterExperiments(
  flag: CompiledFlag,
  unit: string | null,
  context: Context,
  moment: Moment,
): Evaluation | EvaluationError {
  return firstMatch(flag, flag.after, unit, context, moment) ?? pick(flag, flag.otherwise, unit);
}

function firstMatch(
  flag: CompiledFlag,
  rules: readonly CompiledRule[],
  unit: string | null,
  context: Context,
  moment: Moment,
): Evaluation | EvaluationError | null {
  for (let i = 0; i < rules.length; i += 1) {
    const { matches, schedule, serve } = rules[i]!;
    if ((schedule === null || isWithin(schedule, moment)) && matches(context, unit)) {
      return pick(flag, serve, unit);
    }
  }
  return null;
}

export function pick(
  { seed }: CompiledFlag,
  served: Served,
  unit: string | null,
): Evaluation | EvaluationError {
  if (served instanceof Evaluation) return served;
  if (unit === null) return 'TARGETING_KEY_MISSING';
  const { limits, evaluations } = served;
  const slot = slotFrom(seed, unit);
  let i = 0;
  while (limits[i]! <= slot) i += 1;
  return evaluations[i]!;
}

function driven(
  flag: CompiledFlag,
  unit: string | null,
  context: Context,
  moment: Moment,
  scope: EvaluationScope,
): Evaluation | EvaluationError {
  if (unit === null) return 'TARGETING_KEY_MISSING';
  const base = afterExperiments(flag, unit, context, moment);
  if (!(base instanceof Evaluation)) return base;
  // The experiment that has the unit's slot of their layer, else the last one.
  let driver = flag.drivers[0]!;
  let assignment = assign(driver.experiment, unit, context, moment, scope);
  for (let i = 1; i < flag.drivers.length && assignment.reason === 'LAYER'; i += 1) {
    driver = flag.drivers[i]!;
    assignment = assign(driver.experiment, unit, context, moment, scope);
  }
  return underExperiment(flag, driver, assignment, base);
}

/** What a flag gives to a unit of its experiment, or beside it. */
export function underExperiment(
  { key, rules }: CompiledFlag,
  { experiment, outcomes, known }: Driver,
  assignment: Assignment,
  base: Evaluation,
): Evaluation {
  let byBase = known.get(assignment);
  if (!byBase) known.set(assignment, (byBase = new Map<Evaluation, Evaluation>()));
  const before = byBase.get(base);
  if (before) return before;
  const { variant, in_experiment, reason, segments } = assignment;
  const isServed = in_experiment || reason === 'OVERRIDE';
  const own = isServed && Object.hasOwn(outcomes, variant) ? outcomes[variant] : undefined;
  // What the flag itself says under this name would be taken for the experiment's segments.
  const { segments: _, ...metadata } = rules.metadata ?? {};
  const evaluation = new Evaluation(key, own ?? base.outcome, reasonUnder(assignment, base), {
    ...metadata,
    experiment_id: experiment.experiment_id,
    variant,
    in_experiment,
    revision: experiment.revision,
    // OpenFeature's metadata has no lists; no name has a comma.
    ...(segments && { segments: segments.join(',') }),
  });
  byBase.set(base, evaluation);
  return evaluation;
}

function reasonUnder({ in_experiment, reason }: Assignment, base: Evaluation): Reason {
  if (in_experiment) return 'SPLIT';
  if (reason === 'OVERRIDE') return 'TARGETING_MATCH';
  return reason === 'STALE' ? 'STALE' : base.reason;
}

export function isWithin({ from, until }: Schedule, { now }: Moment): boolean {
  return (from === undefined || from <= now) && (until === undefined || now < until);
}
