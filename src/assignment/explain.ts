import { conditionsText, unmetText, valueText } from './condition-words.js';
import type { Context, Segments } from './condition.js';
import type { Conditions, Outcome, Schedule } from './document.js';
import { Evaluation, type EvaluationError } from './evaluation.js';
import {
  armOf,
  enrolled,
  isHeldOut,
  isInLayerSlots,
  type Assignment,
  type CompiledExperiment,
  type Moment,
} from './experiment.js';
import {
  evaluate,
  isWithin,
  pick,
  underExperiment,
  type CompiledFlag,
  type CompiledRule,
  type Driver,
  type EvaluationScope,
  type Served,
} from './flag.js';
import { SLOTS, slotFrom } from './hash.js';

/** What an evaluation asks, in its order. */
export const CHECKS = [
  ...(['enabled', 'environment', 'schedule', 'prerequisite', 'rule', 'targeting_key'] as const),
  ...(['running', 'fence', 'fresh', 'opt_out', 'exclusion', 'override', 'experiment_environment'] as const),
  ...(['audience', 'holdout', 'layer', 'slot', 'winner', 'target_segments', 'segment', 'otherwise'] as const),
] as const;
export type Check = (typeof CHECKS)[number];

/** One check of an evaluation. */
export interface Step {
  check: Check;
  /** The part of the rules that it is about, such as `before.0`. */
  path: string;
  /** Of a rule: whether it matched. Of all others: whether the unit may go on. */
  passed: boolean;
  text: string;
  /** Why, where that is not plain from the text: what the context has. */
  detail: string | null;
}

export interface Explanation {
  evaluation: Evaluation | EvaluationError;
  /** The checks in the order in which they were made. The last one decided. */
  steps: Step[];
  /** The unit's slot that was looked at last; null where none was. */
  slot: number | null;
}

export interface ExplainScope extends EvaluationScope {
  segment: Segments;
}

/**
 * The checks by which `evaluate` comes to its answer, made by the same compiled parts. It is for people who ask why: it
 * words each check, which takes far longer than to evaluate.
 */
export function explain(
  flag: CompiledFlag,
  unit: string | null,
  context: Context,
  moment: Moment,
  scope: ExplainScope,
): Explanation {
  const walk = new Walk(flag, unit, context, moment, scope);
  const evaluation = walk.evaluation();
  return { evaluation, steps: walk.steps, slot: walk.slot };
}

class Walk {
  readonly steps: Step[] = [];
  slot: number | null = null;

  constructor(
    private readonly flag: CompiledFlag,
    private readonly unit: string | null,
    private readonly context: Context,
    private readonly moment: Moment,
    private readonly scope: ExplainScope,
  ) {}

  evaluation(): Evaluation | EvaluationError {
    const { flag } = this;
    return this.beforeExperiments() ?? (flag.drivers.length > 0 ? this.driven() : this.afterExperiments());
  }

  /** Notes a check, and says whether it was passed. */
  private step(
    check: Check,
    path: string,
    passed: boolean,
    text: string,
    detail: string | null = null,
  ): boolean {
    this.steps.push({ check, path, passed, text, detail });
    return passed;
  }

  private beforeExperiments(): Evaluation | EvaluationError | null {
    const { flag, moment } = this;
    const { inactive, off } = flag.rules;
    if (inactive === 'DISABLED') {
      this.step('enabled', 'inactive', false, `The flag is off: everybody gets ${named(off)}`);
      return flag.always;
    }
    this.step('enabled', 'inactive', true, 'The flag is on');
    if (inactive) {
      const text = `The flag is not for this environment: everybody gets ${named(off)}`;
      this.step('environment', 'inactive', false, text);
      return flag.always;
    }
    if (flag.schedule) {
      const isNow = isWithin(flag.schedule, moment);
      const text = isNow ? 'It is within its schedule' : `It is outside of its schedule: ${named(off)}`;
      if (!this.step('schedule', 'schedule', isNow, text, scheduleText(flag.schedule))) return flag.disabled;
    }
    return this.prerequisites() ?? this.firstMatch(flag.before, 'before');
  }

  private prerequisites(): Evaluation | EvaluationError | null {
    const { flag, unit, context, moment, scope } = this;
    for (const [index, { flag: key, variants }] of flag.prerequisites.entries()) {
      const path = `prerequisites.${index}`;
      const needs = `this flag needs ${[...variants].join(' or ')} of it`;
      const other = scope.flags.get(key);
      if (!other) {
        this.step('prerequisite', path, false, `Flag ${key} is not served`, needs);
        return flag.unmet;
      }
      const evaluation = evaluate(other, unit, context, moment, scope);
      if (!(evaluation instanceof Evaluation)) {
        this.step('prerequisite', path, false, `Flag ${key} splits units, and the context names none`, needs);
        return evaluation;
      }
      const isMet = evaluation.variant !== undefined && variants.has(evaluation.variant);
      if (!this.step('prerequisite', path, isMet, `Flag ${key} gives ${named(evaluation.outcome)}`, needs)) {
        return flag.unmet;
      }
    }
    return null;
  }

  private firstMatch(
    rules: readonly CompiledRule[],
    path: 'before' | 'after',
  ): Evaluation | EvaluationError | null {
    const { context, unit, flag, moment } = this;
    for (const [index, { matches, schedule, serve }] of rules.entries()) {
      const { conditions } = flag.rules[path]![index]!;
      const at = `${path}.${index}`;
      const isNow = schedule === null || isWithin(schedule, moment);
      const isMatch = isNow && matches(context, unit);
      const detail = isNow ? this.unmet(conditions) : `not now: ${scheduleText(schedule)}`;
      const isElsewhere = !this.step('rule', at, isMatch, conditionsText(conditions), detail);
      if (isElsewhere) continue;
      return this.picked(serve, at);
    }
    return null;
  }

  private afterExperiments(): Evaluation | EvaluationError {
    const { flag } = this;
    const matched = this.firstMatch(flag.after, 'after');
    if (matched !== null) return matched;
    this.step('otherwise', 'else', true, 'Everybody else');
    return this.picked(flag.otherwise, 'else');
  }

  /** What the last step gives: it says so, with the slot where units are split. */
  private picked(serve: Served, path: string): Evaluation | EvaluationError {
    const { flag, unit } = this;
    const evaluation = pick(flag, serve, unit);
    if (!(evaluation instanceof Evaluation)) {
      this.step('targeting_key', path, false, 'It splits units, and the context has no targetingKey');
      return evaluation;
    }
    const last = this.steps.at(-1)!;
    if (!(serve instanceof Evaluation) && unit !== null) {
      this.slot = slotFrom(flag.seed, unit);
      last.text += `: ${slotText(this.slot)} has ${named(evaluation.outcome)}`;
    } else {
      last.text += `: ${named(evaluation.outcome)}`;
    }
    return evaluation;
  }

  private driven(): Evaluation | EvaluationError {
    const { flag, unit } = this;
    if (unit === null) {
      const text = 'An experiment splits units, and the context has no targetingKey';
      this.step('targeting_key', 'experiments', false, text);
      return 'TARGETING_KEY_MISSING';
    }
    let driver = flag.drivers[0]!;
    let assignment = this.assignment(driver.experiment, unit, 0);
    for (let i = 1; i < flag.drivers.length && assignment.reason === 'LAYER'; i += 1) {
      driver = flag.drivers[i]!;
      assignment = this.assignment(driver.experiment, unit, i);
    }
    return this.underExperiment(driver, assignment);
  }

  /** What the flag gives beside the experiment takes steps only where the experiment leaves it to the flag. */
  private underExperiment(driver: Driver, assignment: Assignment): Evaluation | EvaluationError {
    const { variant, in_experiment, reason } = assignment;
    const isServed = in_experiment || reason === 'OVERRIDE';
    const isOwn = isServed && Object.hasOwn(driver.outcomes, variant);
    const before = { steps: this.steps.length, slot: this.slot };
    const base = this.afterExperiments();
    if (!(base instanceof Evaluation)) return base;
    if (isOwn) {
      this.steps.length = before.steps;
      this.slot = before.slot;
    }
    return underExperiment(this.flag, driver, assignment, base);
  }

  private assignment(experiment: CompiledExperiment, unit: string, index: number): Assignment {
    const { outside, experiment_id: id } = experiment;
    const at = (part: string): string => `experiments.${index}.${part}`;
    const goes = (check: Check, part: string, passed: boolean, text: string, detail: string | null = null) =>
      this.step(check, at(part), passed, text, detail);
    if (
      !goes(
        'running',
        'live',
        experiment.live,
        `Experiment ${id} ${experiment.live ? 'runs' : 'does not run'}`,
      )
    )
      return outside.NOT_RUNNING;
    const fence = experiment.fenced
      ? `An emergency stop holds ${id}: everybody gets the control`
      : 'No emergency stop is in force';
    if (!goes('fence', 'fenced', !experiment.fenced, fence)) return outside.FENCED;
    const { stale } = this.moment;
    if (stale) {
      goes('fresh', 'stale', false, 'What this process serves is too old for experiments: the control');
      return outside.STALE;
    }
    return this.byMark(experiment, unit, at) ?? this.byAudience(experiment, unit, at);
  }

  /** What a person decided for this unit. */
  private byMark(
    { excluded, overrides, outside }: CompiledExperiment,
    unit: string,
    at: (part: string) => string,
  ): Assignment | null {
    const { optedOut, markOf } = this.scope;
    if (optedOut.size + excluded.size + overrides.size === 0) return null;
    const mark = markOf(unit);
    if (optedOut.has(mark)) {
      this.step('opt_out', at('opted_out'), false, 'The unit has opted out of all experiments');
      return outside.OPTED_OUT;
    }
    if (excluded.has(mark)) {
      this.step('exclusion', at('excluded'), false, 'A person excluded the unit from this experiment');
      return outside.EXCLUDED;
    }
    const override = overrides.get(mark);
    if (override) {
      this.step('override', at('overrides'), false, `A person gave the unit ${override.variant}, unmeasured`);
      return override;
    }
    this.step('opt_out', at('opted_out'), true, 'Not opted out, not excluded, no override');
    return null;
  }

  private byAudience(experiment: CompiledExperiment, unit: string, at: (part: string) => string): Assignment {
    const { outside, control, layer, seed } = experiment;
    if (experiment.inactive) {
      this.step('experiment_environment', at('inactive'), false, 'The experiment is for another environment');
      return outside.NOT_TARGETED;
    }
    const { conditions } = experiment;
    const isTargeted = experiment.isTargeted(this.context, unit);
    const audience = `Its audience: ${conditionsText(conditions)}`;
    if (!this.step('audience', at('conditions'), isTargeted, audience, this.unmet(conditions)))
      return outside.NOT_TARGETED;
    if (experiment.holdouts.length > 0) {
      const isHeld = isHeldOut(experiment, unit);
      const text = isHeld ? `A holdout keeps the unit: ${control}` : 'In no holdout';
      if (!this.step('holdout', at('holdouts'), !isHeld, text)) return outside.HOLDOUT;
    }
    if (layer) {
      this.slot = slotFrom(layer.seed, unit);
      const isIn = isInLayerSlots(experiment, unit);
      const text = `Its layer: ${slotText(this.slot)} is ${isIn ? 'its own' : 'not its own'}`;
      if (!this.step('layer', at('layer'), isIn, text)) return outside.LAYER;
    }
    this.slot = slotFrom(seed, unit);
    const arm = enrolled(experiment, armOf(experiment, unit), this.context, unit);
    const text = arm ? `has ${arm.variant}` : `is not enrolled yet: ${control}`;
    this.step('slot', at('ranges'), arm !== undefined, `Its ${slotText(this.slot)} ${text}`);
    return arm ?? outside.NOT_ENROLLED;
  }

  private unmet(conditions: Conditions): string | null {
    return unmetText(conditions, this.context, this.unit, this.scope.segment);
  }
}

function slotText(slot: number): string {
  return `slot ${slot.toLocaleString('en')} of ${SLOTS.toLocaleString('en')}`;
}

function named({ variant, value }: Outcome): string {
  if (variant === undefined) return "the code's own default";
  const isPlain = value === undefined || value === variant || typeof value === 'boolean';
  return isPlain ? variant : `${variant}, ${valueText(value)}`;
}

function scheduleText({ from, until }: Schedule): string {
  const parts = [
    ...(from === undefined ? [] : [`from ${new Date(from).toISOString()}`]),
    ...(until === undefined ? [] : [`until ${new Date(until).toISOString()}`]),
  ];
  return parts.join(' ') || 'always';
}
