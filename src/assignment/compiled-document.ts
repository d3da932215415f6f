import type { Condition } from './condition.js';
import type { ExperimentRules, FlagRules, RulesetDocument } from './document.js';
import { compileExperiment, type CompiledExperiment } from './experiment.js';
import { compileFlag, type CompiledFlag } from './flag.js';
import { SegmentTable } from './segment-table.js';

/** A definition that could not be compiled. It is not served; the others are. */
export interface Broken {
  /** Such as `flag:search`. */
  id: string;
  message: string;
}

type Rules = FlagRules | ExperimentRules;

/** A compiled flag or experiment, with all that it depends on besides its rules. */
interface Part {
  readonly compiled: object;
  /** The names of the segments that it refers to. */
  readonly uses: ReadonlySet<string>;
  /** The compiled experiments that it refers to. */
  readonly experiments: readonly unknown[];
}

/**
 * A document, compiled. A part whose rules, segments and experiments are the same objects as in the former document is
 * taken over as it was compiled.
 *
 * It compiles itself, rather than by a short-lived compiler: at a garbage collection, V8 drops the optimized code of
 * classes that have no instance then, and the next compilation would take five times as long.
 */
export class CompiledDocument {
  readonly broken: Broken[] = [];
  readonly experiments = new Map<string, CompiledExperiment>();
  readonly flags = new Map<string, CompiledFlag>();
  private readonly parts = new Map<Rules, Part>();
  private readonly segments: SegmentTable;

  constructor(document: RulesetDocument, former: CompiledDocument | null) {
    this.segments = new SegmentTable(document.segments, former?.segments ?? null);
    this.compileExperiments(document.experiments, former);
    this.compileFlags(document.flags, former);
  }

  /** The condition of a segment, by its name. @throws {TypeError} where it is malformed or refers to itself */
  segment(name: string): Condition {
    return this.segments.use(name, new Set());
  }

  private compileExperiments(all: readonly ExperimentRules[], former: CompiledDocument | null): void {
    for (const rules of all) {
      const { experiment_id } = rules;
      const experiment = this.compile(rules, `experiment:${experiment_id}`, [], former, (segments) =>
        compileExperiment(rules, segments),
      );
      if (experiment) this.experiments.set(experiment_id, experiment);
    }
  }

  private compileFlags(all: readonly FlagRules[], former: CompiledDocument | null): void {
    for (const rules of all) {
      const drivers = (rules.experiments ?? []).map(({ experiment_id }) =>
        this.experiments.get(experiment_id),
      );
      const flag = this.compile(rules, `flag:${rules.key}`, drivers, former, (segments) =>
        compileFlag(rules, segments, this.experiments),
      );
      if (flag) this.flags.set(rules.key, flag);
    }
  }

  /** Null if the rules are malformed: then `broken` says why. */
  private compile<T extends object>(
    rules: Rules,
    id: string,
    experiments: readonly unknown[],
    former: CompiledDocument | null,
    make: (segments: (name: string) => Condition) => T,
  ): T | null {
    const before = former?.parts.get(rules);
    if (before && this.isCurrent(before, experiments)) {
      this.parts.set(rules, before);
      return before.compiled as T;
    }
    try {
      const uses = new Set<string>();
      const compiled = make((name) => this.segments.use(name, uses));
      this.parts.set(rules, { compiled, uses, experiments });
      return compiled;
    } catch (error) {
      this.broken.push({ id, message: error instanceof Error ? error.message : String(error) });
      return null;
    }
  }

  private isCurrent(part: Part, experiments: readonly unknown[]): boolean {
    return (
      this.segments.areUnchanged(part.uses) &&
      experiments.every((experiment, i) => experiment === part.experiments[i])
    );
  }
}
