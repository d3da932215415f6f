import type { Conditions, ExperimentRules, FlagRules, RulesetDocument } from '../assignment/document.js';
import type { Broken } from '../assignment/ruleset.js';
import { portableConditions } from '../model/conditions.js';
import type { Flag, Segment } from '../model/flag.js';
import { isUnder, type Fence, type ServedExperiment } from '../model/serving.js';
import { onCycles } from '../model/cycles.js';
import { experimentRules, flagRules, ownFlagRules, segmentRules } from './rules.js';

/** The conditions that nobody meets. */
const NEVER: Conditions = { $nor: [{}] };

export interface Definitions {
  flags: ReadonlyMap<string, { definition: Flag; revision: number }>;
  segments: ReadonlyMap<string, Segment>;
  experiments: ReadonlyMap<string, ServedExperiment>;
  fences: readonly Fence[];
  /** Marks of units. */
  opted_out: ReadonlySet<string>;
}

/**
 * Makes the document that evaluators read of what is defined. What did not change since the document before is the very
 * same object in the next, so that nobody compiles or writes it again.
 */
export class DocumentMaker {
  /** What the newest document leaves out, for it refers to itself. Refused when saved, but two may save at once. */
  broken: Broken[] = [];
  private known = new Map<string, { parts: readonly unknown[]; made: object }>();

  constructor(private readonly fixed: Pick<RulesetDocument, 'environment' | 'stale_after_ms' | 'salt'>) {}

  make(revision: number, definitions: Definitions): RulesetDocument {
    const { environment } = this.fixed;
    const { flags, segments, experiments, fences } = definitions;
    const next: typeof this.known = new Map();
    const same = <T extends object>(id: string, parts: readonly unknown[], make: () => T): T => {
      const before = this.known.get(id);
      const isSame =
        before?.parts.length === parts.length && parts.every((one, index) => one === before.parts[index]);
      const entry = isSame ? before : { parts, made: make() };
      next.set(id, entry);
      return entry.made as T;
    };
    const byFlag = new Map<string, ServedExperiment[]>();
    const experimentList = [...experiments.values()].map((served): ExperimentRules => {
      const { experiment_id, flag_id } = served;
      const others = byFlag.get(flag_id);
      if (others) others.push(served);
      else byFlag.set(flag_id, [served]);
      const isFenced = fences.some((fence) => isUnder(fence, experiment_id));
      return same(`experiment:${experiment_id}`, [served, isFenced], () =>
        experimentRules(served, isFenced, environment),
      );
    });
    const flagList = [...flags.values()].map((stored): FlagRules => {
      const { definition: flag, revision: flagRevision } = stored;
      const own = (byFlag.get(flag.flag_id) ?? []).filter((one) => !one.settled);
      return same(`flag:${flag.flag_id}`, [stored, ...own], () =>
        flagRules({ flag, revision: flagRevision, experiments: own, environment }),
      );
    });
    for (const [flag_id, all] of byFlag) {
      // An experiment without a flag to drive has one of its own, that serves the control around it. A winner has been
      // written into a flag: where that is gone, somebody deleted it.
      const own = all.filter((one) => !one.settled || (one.outcome_variant ?? one.control) === one.control);
      if (own.length === 0 || flags.has(flag_id)) continue;
      flagList.push(same(`flag:${flag_id}`, own, () => ownFlagRules(flag_id, own)));
    }
    const circular = {
      flags: onCycles(
        new Map(
          flagList.map(
            ({ key, prerequisites = [] }) => [key, prerequisites.map(({ flag }) => flag)] as const,
          ),
        ),
      ),
      segments: onCycles(
        new Map(
          [...segments.values()].map(
            (segment) =>
              [
                segment.segment_id,
                same(
                  `groups:${segment.segment_id}`,
                  [segment],
                  () => portableConditions(segment.conditions).groups,
                ),
              ] as const,
          ),
        ),
      ),
    };
    this.broken = [
      ...[...circular.flags].map((id) => ({ id: `flag:${id}`, message: 'needs itself' })),
      ...[...circular.segments].map((id) => ({ id: `segment:${id}`, message: 'refers to itself' })),
    ];
    const document: RulesetDocument = {
      format: 1,
      revision,
      ...this.fixed,
      segments: Object.fromEntries(
        [...segments.values()].map((segment) => [
          segment.segment_id,
          circular.segments.has(segment.segment_id)
            ? NEVER
            : same(`segment:${segment.segment_id}`, [segment], () => segmentRules(segment)),
        ]),
      ),
      flags: flagList.filter(({ key }) => !circular.flags.has(key)),
      experiments: experimentList,
      opted_out: [...definitions.opted_out],
    };
    this.known = next;
    return document;
  }
}
