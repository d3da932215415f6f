import { compileCondition, listed, type Condition, type Context } from './condition.js';
import type { Conditions, ExperimentRules, FlagRules, RulesetDocument, Schedule } from './document.js';
import type { Evaluation, EvaluationError } from './evaluation.js';
import {
  assign,
  compileExperiment,
  type Assignment,
  type CompiledExperiment,
  type Moment,
} from './experiment.js';
import { beforeExperiments, compileFlag, evaluate, type CompiledFlag, type World } from './flag.js';

export interface CompileOptions {
  /** The mark of a unit: 24 hexadecimal digits of SHA-256 over this text. */
  digest: (text: string) => string;
  /** What is unchanged in it, the very same object, is taken over as it was compiled. */
  previous?: Ruleset | null;
}

/** A definition that could not be compiled: it is not served, the others are. */
export interface Broken {
  id: string;
  message: string;
}

/** Everything of a snapshot, compiled. Immutable: a change makes another one. */
export class Ruleset implements World {
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly experiments: ReadonlyMap<string, CompiledExperiment>;
  readonly optedOut: ReadonlySet<string>;
  readonly broken: readonly Broken[];
  readonly markOf: (unit_id: string) => string;
  private readonly segments: SegmentTable;
  /** Moments at which a schedule begins or ends, in order. */
  private readonly turns: readonly number[];
  private readonly sources: ReadonlyMap<FlagRules | ExperimentRules, Source>;

  constructor(
    readonly document: RulesetDocument,
    { digest, previous = null }: CompileOptions,
  ) {
    const broken: Broken[] = [];
    this.segments = new SegmentTable(document.segments, previous?.document.segments ?? {});
    const sources = new Map<FlagRules | ExperimentRules, Source>();
    const compiled = <T extends object>(
      rules: FlagRules | ExperimentRules,
      id: string,
      parts: readonly unknown[],
      make: (segments: (name: string) => Condition) => T,
    ): T | null => {
      const before = previous?.sources.get(rules);
      if (
        before &&
        this.segments.areUnchanged(before.uses) &&
        parts.every((one, i) => one === before.parts[i])
      ) {
        sources.set(rules, before);
        return before.compiled as T;
      }
      try {
        const uses = new Set<string>();
        const made = make((name) => this.segments.use(name, uses));
        sources.set(rules, { compiled: made, uses, parts });
        return made;
      } catch (error) {
        broken.push({ id, message: error instanceof Error ? error.message : String(error) });
        return null;
      }
    };
    const experiments = new Map<string, CompiledExperiment>();
    for (const rules of document.experiments) {
      const { experiment_id } = rules;
      const made = compiled(rules, `experiment:${experiment_id}`, [], (segments) =>
        compileExperiment(rules, segments),
      );
      if (made) experiments.set(experiment_id, made);
    }
    const flags = new Map<string, CompiledFlag>();
    for (const rules of document.flags) {
      const parts = (rules.experiments ?? []).map(({ experiment_id }) => experiments.get(experiment_id));
      const made = compiled(rules, `flag:${rules.key}`, parts, (segments) =>
        compileFlag(rules, segments, experiments),
      );
      if (made) flags.set(rules.key, made);
    }
    [this.flags, this.experiments, this.sources, this.broken] = [flags, experiments, sources, broken];
    this.turns = turnsOf(document);
    this.optedOut = new Set(document.opted_out);
    this.markOf = remembering((unit_id) => digest(document.salt + unit_id));
  }

  get revision(): number {
    return this.document.revision;
  }

  /** Between two moments with the same number no schedule begins or ends. */
  period(now: number): number {
    let count = 0;
    while (count < this.turns.length && this.turns[count]! <= now) count += 1;
    return count;
  }

  /** A flag by its key. */
  evaluate(key: string, unit: string | null, context: Context, moment: Moment): Evaluation | EvaluationError {
    const flag = this.flags.get(key);
    return flag ? evaluate(flag, unit, context, moment, this) : 'FLAG_NOT_FOUND';
  }

  /** An experiment by itself: where its flag decides without it, nobody is in it. */
  assign(experiment: CompiledExperiment, unit: string, context: Context, moment: Moment): Assignment {
    const assignment = assign(experiment, unit, context, moment, this);
    if (!assignment.in_experiment && !GATED.has(assignment.reason)) return assignment;
    const flag = this.flags.get(experiment.flag);
    const isDecided = flag && beforeExperiments(flag, unit, context, moment, this) !== null;
    return isDecided ? experiment.outside.NOT_TARGETED : assignment;
  }
}

function turnsOf({ flags }: RulesetDocument): number[] {
  const turns = new Set<number>();
  const note = (schedule: Schedule | undefined): void => {
    if (schedule?.from !== undefined) turns.add(schedule.from);
    if (schedule?.until !== undefined) turns.add(schedule.until);
  };
  // For every flag at every change: no lists are made of it.
  for (const { schedule, before, after } of flags) {
    note(schedule);
    if (before) for (const rule of before) note(rule.schedule);
    if (after) for (const rule of after) note(rule.schedule);
  }
  return [...turns].sort((a, b) => a - b);
}

/** Reasons that come after that of the audience. */
const GATED: ReadonlySet<Assignment['reason']> = new Set(['HOLDOUT', 'LAYER', 'NOT_ENROLLED']);

interface Source {
  compiled: object;
  /** The segments that it refers to. */
  uses: ReadonlySet<string>;
  parts: readonly unknown[];
}

/** Conditions of segments, compiled when they are first asked for: they may refer to one another. */
class SegmentTable {
  private readonly compiled = new Map<string, { condition: Condition; uses: ReadonlySet<string> }>();
  private readonly under = new Set<string>();
  private readonly changed = new Map<string, boolean>();

  constructor(
    private readonly definitions: Readonly<Record<string, Conditions>>,
    /** Of the ruleset before. */
    private readonly former: Readonly<Record<string, Conditions>>,
  ) {}

  /** Notes that something refers to it, directly or through others. @throws {TypeError} on a cycle */
  use(name: string, uses: Set<string>): Condition {
    uses.add(name);
    const { condition, uses: further } = this.compile(name);
    for (const one of further) uses.add(one);
    return condition;
  }

  areUnchanged(names: ReadonlySet<string>): boolean {
    for (const name of names) if (this.isChanged(name)) return false;
    return true;
  }

  private isChanged(name: string): boolean {
    const known = this.changed.get(name);
    if (known !== undefined) return known;
    const changed = definition(this.definitions, name) !== definition(this.former, name);
    this.changed.set(name, changed);
    return changed;
  }

  private compile(name: string): { condition: Condition; uses: ReadonlySet<string> } {
    const known = this.compiled.get(name);
    if (known) return known;
    if (this.under.has(name)) throw new TypeError(`segment ${name} refers to itself`);
    this.under.add(name);
    const uses = new Set<string>();
    try {
      const conditions = definition(this.definitions, name);
      const condition = conditions
        ? compileCondition(conditions, (other) => this.use(other, uses))
        : listed(name);
      const made = { condition, uses };
      this.compiled.set(name, made);
      return made;
    } finally {
      this.under.delete(name);
    }
  }
}

function definition(definitions: Readonly<Record<string, Conditions>>, name: string): Conditions | undefined {
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

/** Many flags are evaluated for one unit: its mark is taken once. */
function remembering(of: (unit_id: string) => string): (unit_id: string) => string {
  let [last, mark] = ['', ''];
  return (unit_id) => {
    if (unit_id !== last) [last, mark] = [unit_id, of(unit_id)];
    return mark;
  };
}
