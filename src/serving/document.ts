import type { Conditions, ExperimentRules, FlagRules, RulesetDocument } from '../assignment/document.js';
import type { Broken } from '../assignment/compiled-document.js';
import { portableConditions } from '../model/conditions.js';
import { onCycles } from '../model/cycles.js';
import type { Flag, Segment } from '../model/flag.js';
import { isUnder, type Fence, type ServedExperiment } from '../model/serving.js';
import { Memo } from './memo.js';
import { experimentRules, flagRules, ownFlagRules, segmentRules } from './rules.js';

/** Conditions that no unit meets. */
const NEVER: Conditions = { $nor: [{}] };

export interface Definitions {
  flags: ReadonlyMap<string, { definition: Flag; revision: number }>;
  segments: ReadonlyMap<string, Segment>;
  /** In the order in which they were last read: one that changes moves to the end. */
  experiments: ReadonlyMap<string, ServedExperiment>;
  fences: readonly Fence[];
  /** Marks of units. */
  opted_out: ReadonlySet<string>;
}

type ExperimentsByFlag = ReadonlyMap<string, readonly ServedExperiment[]>;

/**
 * Turns definitions into the document that evaluators read. A part whose definitions did not change since the former
 * document is the same object in the next one, so nobody compiles or serialises it again.
 */
export class DocumentMaker {
  /**
   * What the latest document leaves out because it refers to itself. The API refuses to save such a definition, but two
   * that are saved at once can close a circle.
   */
  broken: Broken[] = [];
  private readonly memo = new Memo();

  constructor(private readonly fixed: Pick<RulesetDocument, 'environment' | 'stale_after_ms' | 'salt'>) {}

  make(revision: number, definitions: Definitions): RulesetDocument {
    const { memo } = this;
    const experiments = this.experiments(definitions);
    const byFlag = groupByFlag(definitions.experiments);
    const flags = [...this.flags(definitions, byFlag), ...ownFlags(definitions, byFlag, memo)];
    const brokenFlags = flagsOnCycles(flags);
    const brokenSegments = segmentsOnCycles(definitions, memo);
    this.broken = [
      ...[...brokenFlags].map((id) => ({ id: `flag:${id}`, message: 'needs itself' })),
      ...[...brokenSegments].map((id) => ({ id: `segment:${id}`, message: 'refers to itself' })),
    ];
    const segments = segmentsOf(definitions, brokenSegments, memo);
    memo.endRound();
    return {
      format: 1,
      revision,
      ...this.fixed,
      segments,
      flags: flags.filter(({ key }) => !brokenFlags.has(key)),
      experiments,
      opted_out: [...definitions.opted_out],
    };
  }

  private experiments({ experiments, fences }: Definitions): ExperimentRules[] {
    return [...experiments.values()].map((served) => {
      const { experiment_id } = served;
      const isFenced = fences.some((fence) => isUnder(fence, served));
      return this.memo.result(`experiment:${experiment_id}`, [served, isFenced], () =>
        experimentRules(served, isFenced, this.fixed.environment),
      );
    });
  }

  /** The flags that are defined. */
  private flags({ flags }: Definitions, byFlag: ExperimentsByFlag): FlagRules[] {
    return [...flags.values()].map((stored) => {
      const { definition: flag, revision } = stored;
      const experiments = (byFlag.get(flag.flag_id) ?? []).filter(({ settled }) => !settled);
      return this.memo.result(`flag:${flag.flag_id}`, [stored, ...experiments], () =>
        flagRules({ flag, revision, experiments, environment: this.fixed.environment }),
      );
    });
  }
}

function groupByFlag(experiments: Definitions['experiments']): ExperimentsByFlag {
  const byFlag = new Map<string, ServedExperiment[]>();
  for (const served of experiments.values()) {
    const others = byFlag.get(served.flag_id);
    if (others) others.push(served);
    else byFlag.set(served.flag_id, [served]);
  }
  return byFlag;
}

/**
 * The flags of experiments that drive no defined flag. Such an experiment has a flag of its own, which serves the
 * control outside of it. It has none once its winner is settled: the winner was written into a flag, so if that flag
 * does not exist now, somebody deleted it.
 */
function ownFlags({ flags }: Definitions, byFlag: ExperimentsByFlag, memo: Memo): FlagRules[] {
  const rules: FlagRules[] = [];
  for (const [flag_id, all] of byFlag) {
    if (flags.has(flag_id)) continue;
    const experiments = all.filter(
      ({ settled, outcome_variant, control }) => !settled || (outcome_variant ?? control) === control,
    );
    if (experiments.length === 0) continue;
    rules.push(memo.result(`flag:${flag_id}`, experiments, () => ownFlagRules(flag_id, experiments)));
  }
  return rules;
}

function flagsOnCycles(flags: readonly FlagRules[]): Set<string> {
  return onCycles(
    new Map(flags.map(({ key, prerequisites = [] }) => [key, prerequisites.map(({ flag }) => flag)])),
  );
}

function segmentsOnCycles({ segments }: Definitions, memo: Memo): Set<string> {
  const references = new Map<string, readonly string[]>();
  for (const segment of segments.values()) {
    const groups = memo.result(
      `groups:${segment.segment_id}`,
      [segment],
      () => portableConditions(segment.conditions).groups,
    );
    references.set(segment.segment_id, groups);
  }
  return onCycles(references);
}

function segmentsOf(
  { segments }: Definitions,
  broken: ReadonlySet<string>,
  memo: Memo,
): RulesetDocument['segments'] {
  return Object.fromEntries(
    [...segments.values()].map((segment) => {
      const { segment_id } = segment;
      if (broken.has(segment_id)) return [segment_id, NEVER];
      return [segment_id, memo.result(`segment:${segment_id}`, [segment], () => segmentRules(segment))];
    }),
  );
}
