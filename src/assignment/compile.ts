import type { Condition } from './condition.js';
import type { ExperimentRules, FlagRules, RulesetDocument } from './document.js';
import { compileExperiment, type CompiledExperiment } from './experiment.js';
import { compileFlag, type CompiledFlag } from './flag.js';
import { SegmentTable, type SegmentConditions } from './segment-table.js';

/** A definition that could not be compiled. It is not served; the others are. */
export interface Broken {
  /** Such as `flag:search`. */
  id: string;
  message: string;
}

/** A document's flags and experiments, ready to be evaluated. */
export interface Compiled {
  readonly flags: ReadonlyMap<string, CompiledFlag>;
  readonly experiments: ReadonlyMap<string, CompiledExperiment>;
  readonly broken: readonly Broken[];
  /** For the next compilation, which takes over what did not change. */
  readonly former: Former;
}

interface Former {
  readonly segments: SegmentConditions;
  readonly parts: ReadonlyMap<Rules, CompiledPart>;
}

type Rules = FlagRules | ExperimentRules;

/** One flag or experiment, with all that its compilation depended on besides its rules. */
interface CompiledPart {
  readonly compiled: object;
  /** The names of the segments that it refers to. */
  readonly uses: ReadonlySet<string>;
  /** Compiled experiments that it refers to. */
  readonly experiments: readonly unknown[];
}

/** Compiles a document. What is the same object in it as in the former document is taken over as it was compiled. */
export function compileDocument(document: RulesetDocument, former: Former | null): Compiled {
  const compiler = new DocumentCompiler(document.segments, former);
  const experiments = new Map<string, CompiledExperiment>();
  for (const rules of document.experiments) {
    const { experiment_id } = rules;
    const compiled = compiler.compile(rules, `experiment:${experiment_id}`, [], (segments) =>
      compileExperiment(rules, segments),
    );
    if (compiled) experiments.set(experiment_id, compiled);
  }
  const flags = new Map<string, CompiledFlag>();
  for (const rules of document.flags) {
    const drivers = (rules.experiments ?? []).map(({ experiment_id }) => experiments.get(experiment_id));
    const compiled = compiler.compile(rules, `flag:${rules.key}`, drivers, (segments) =>
      compileFlag(rules, segments, experiments),
    );
    if (compiled) flags.set(rules.key, compiled);
  }
  const { broken, parts } = compiler;
  return { flags, experiments, broken, former: { segments: document.segments, parts } };
}

class DocumentCompiler {
  readonly broken: Broken[] = [];
  readonly parts = new Map<Rules, CompiledPart>();
  private readonly segments: SegmentTable;

  constructor(
    segments: SegmentConditions,
    private readonly former: Former | null,
  ) {
    this.segments = new SegmentTable(segments, former?.segments ?? {});
  }

  /** Null if the rules are malformed: then `broken` says why. */
  compile<T extends object>(
    rules: Rules,
    id: string,
    experiments: readonly unknown[],
    make: (segments: (name: string) => Condition) => T,
  ): T | null {
    const before = this.former?.parts.get(rules);
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

  private isCurrent(part: CompiledPart, experiments: readonly unknown[]): boolean {
    return (
      this.segments.areUnchanged(part.uses) &&
      experiments.every((experiment, i) => experiment === part.experiments[i])
    );
  }
}
