import { CompiledDocument, type Broken } from './compiled-document.js';
import type { Condition, Context } from './condition.js';
import type { RulesetDocument, Schedule } from './document.js';
import type { Evaluation, EvaluationError } from './evaluation.js';
import { assign, type Assignment, type CompiledExperiment, type Moment } from './experiment.js';
import { beforeExperiments, evaluate, type CompiledFlag, type EvaluationScope } from './flag.js';

export interface CompileOptions {
  /** Makes the mark of a unit: 24 hexadecimal digits of SHA-256 over this text. */
  digest: (text: string) => string;
  /** Parts of the document that are the same objects as in its document are not compiled again. */
  previous?: Ruleset | null;
}

/** A snapshot, compiled. Immutable: a change makes another one. */
export class Ruleset implements EvaluationScope {
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly experiments: ReadonlyMap<string, CompiledExperiment>;
  readonly optedOut: ReadonlySet<string>;
  readonly markOf: (unit_id: string) => string;
  private readonly compiled: CompiledDocument;
  /** Moments at which a schedule begins or ends, ascending. */
  private readonly boundaries: readonly number[];

  constructor(
    readonly document: RulesetDocument,
    { digest, previous = null }: CompileOptions,
  ) {
    this.compiled = new CompiledDocument(document, previous?.compiled ?? null);
    this.flags = this.compiled.flags;
    this.experiments = this.compiled.experiments;
    this.boundaries = scheduleBoundaries(document);
    this.optedOut = new Set(document.opted_out);
    this.markOf = rememberingLast((unit_id) => digest(document.salt + unit_id));
  }

  get revision(): number {
    return this.document.revision;
  }

  get broken(): readonly Broken[] {
    return this.compiled.broken;
  }

  /** The condition of a segment, by its name. */
  readonly segment = (name: string): Condition => this.compiled.segment(name);

  /** Two moments of the same period have no begin or end of a schedule between them. */
  period(now: number): number {
    let count = 0;
    while (count < this.boundaries.length && this.boundaries[count]! <= now) count += 1;
    return count;
  }

  /** @param key of a flag */
  evaluate(key: string, unit: string | null, context: Context, moment: Moment): Evaluation | EvaluationError {
    const flag = this.flags.get(key);
    return flag ? evaluate(flag, unit, context, moment, this) : 'FLAG_NOT_FOUND';
  }

  /** The assignment of a unit. A unit for which the flag decides before its experiments is in none of them. */
  assign(experiment: CompiledExperiment, unit: string, context: Context, moment: Moment): Assignment {
    const assignment = assign(experiment, unit, context, moment, this);
    if (!assignment.in_experiment && !AFTER_AUDIENCE.has(assignment.reason)) return assignment;
    const flag = this.flags.get(experiment.flag);
    const isDecided = flag && beforeExperiments(flag, unit, context, moment, this) !== null;
    return isDecided ? experiment.outside.NOT_TARGETED : assignment;
  }
}

/** Reasons that `assign` gives only to units of the audience. */
const AFTER_AUDIENCE: ReadonlySet<Assignment['reason']> = new Set(['HOLDOUT', 'LAYER', 'NOT_ENROLLED']);

function scheduleBoundaries({ flags }: RulesetDocument): number[] {
  const boundaries = new Set<number>();
  const add = (schedule: Schedule | undefined): void => {
    if (schedule?.from !== undefined) boundaries.add(schedule.from);
    if (schedule?.until !== undefined) boundaries.add(schedule.until);
  };
  // Runs over every flag at every change, so it allocates no lists.
  for (const { schedule, before, after } of flags) {
    add(schedule);
    if (before) for (const rule of before) add(rule.schedule);
    if (after) for (const rule of after) add(rule.schedule);
  }
  return [...boundaries].sort((a, b) => a - b);
}

/** Remembers the last mark: many flags are evaluated for one unit. */
function rememberingLast(markOf: (unit_id: string) => string): (unit_id: string) => string {
  let [last, mark] = ['', ''];
  return (unit_id) => {
    if (unit_id !== last) [last, mark] = [unit_id, markOf(unit_id)];
    return mark;
  };
}
