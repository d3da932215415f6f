import { oneOf } from '../build-conditions.js';
import type { Fields } from '../fields.js';
import type { FlagPlan, PlannedPrerequisite, PlannedRule, Serve } from '../flag-plan.js';
import { malformed, Unsupported } from '../migration-errors.js';
import { REASSIGNED, reassignedFrom } from '../reassignment-notes.js';
import { splitByWeight } from '../shares.js';
import { attributeIn, clausesOf, contextKindOf, noteContextKind, type SegmentMembership } from './clauses.js';
import { IGNORED } from './ignored-fields.js';
import type { LaunchdarklyFlag } from './launchdarkly-flag.js';

/** The name of a variation by its index; `path` is where the index stands. */
type VariantName = (index: number | undefined, path: string) => string;

/** Makes plans of flags; prerequisites refer to the variants of others. */
export class FlagPlanner {
  private readonly flags: ReadonlyMap<string, LaunchdarklyFlag>;

  constructor(
    flags: readonly LaunchdarklyFlag[],
    private readonly membership: SegmentMembership,
  ) {
    this.flags = new Map(flags.map((flag) => [flag.key, flag]));
  }

  /** @throws {Unsupported} where the flag as a whole cannot be carried over */
  plan(flag: LaunchdarklyFlag, flag_id: string): FlagPlan {
    const { key, path, about, variants, settings, on, offVariation } = flag;
    if (flag.lost !== undefined) throw new Unsupported(flag.lost);
    const variantName: VariantName = (index, at) => {
      const variant = index === undefined ? undefined : variants[index];
      if (!variant) throw malformed(at, `there is no variation ${index}`);
      return variant.name;
    };
    const targets = targetRules(settings, variantName);
    const rules = settings.objects('rules').flatMap((rule) => this.rule(rule, variantName) ?? []);
    const prerequisites = settings.objects('prerequisites').map((fields) => this.prerequisite(fields));
    const fallthrough = settings.object('fallthrough') ?? settings.missing('fallthrough');
    const otherwise = serveOf(fallthrough, variantName);
    fallthrough.close(IGNORED.rule);
    flag.close();
    return {
      key,
      flag_id,
      path,
      ...about,
      enabled: on,
      variants,
      off: offVariation === undefined ? null : variantName(offVariation, settings.at('offVariation')),
      prerequisites,
      rules: [...targets, ...rules],
      otherwise,
      otherwisePath: fallthrough.path,
    };
  }

  /** Null where the rule is lost, which is noted. */
  private rule(rule: Fields, variantName: VariantName): PlannedRule | null {
    const serve = serveOf(rule, variantName);
    const description = rule.string('description');
    if (rule.boolean('disabled') === true) {
      rule.raw();
      rule.ledger.lost(rule.path, 'the rule is disabled');
      return null;
    }
    try {
      const conditions = clausesOf(rule, this.membership);
      rule.close(IGNORED.rule);
      return { path: rule.path, description, conditions, serve };
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      rule.ledger.lost(rule.path, `the rule is left out: ${error.message}`);
      return null;
    }
  }

  private prerequisite(prerequisite: Fields): PlannedPrerequisite {
    const key = prerequisite.requiredString('key');
    const variation = prerequisite.number('variation');
    prerequisite.close(IGNORED.prerequisite);
    const needed = this.flags.get(key);
    const name = variation === undefined ? undefined : needed?.variants[variation]?.name;
    if (needed && name === undefined)
      throw malformed(prerequisite.at('variation'), `${key} has no variation ${variation}`);
    if (needed && !needed.on && needed.offVariation === variation) {
      throw new Unsupported(
        `its prerequisite ${key} is off and therefore not met, although it serves the required variation`,
      );
    }
    return { key, variants: name === undefined ? [] : [name], path: prerequisite.path };
  }
}

interface Target {
  path: string;
  /** The kind of the contexts that are targeted. */
  kind: string;
  variation: number | undefined;
  /** Keys of the contexts. */
  values: string[];
  serve: string;
}

/**
 * Contexts that are targeted by their keys. Where there are `contextTargets`, these have the order, and one for users only
 * marks the place of the target in `targets` that has the keys.
 */
function targetRules(settings: Fields, variantName: VariantName): PlannedRule[] {
  const { ledger } = settings;
  const users = settings.objects('targets').map((target) => readTarget(target, variantName));
  const contexts = settings.objects('contextTargets').map((target) => readTarget(target, variantName));
  const used = new Set<string>();
  const inOrder =
    contexts.length === 0
      ? users
      : contexts.map((target) => {
          if (target.kind !== 'user') return target;
          const own = users.find(({ variation }) => variation === target.variation);
          if (own) used.add(own.path);
          return own ?? { ...target, values: [] };
        });
  for (const { path } of contexts.length === 0 ? [] : users) {
    if (!used.has(path)) ledger.lost(path, 'is never used: contextTargets does not refer to it');
  }
  return inOrder.flatMap(({ path, kind, values, serve }) => {
    if (values.length === 0) return [];
    if (kind !== 'user') noteContextKind(kind, path, ledger);
    return [{ path, conditions: oneOf(attributeIn(kind, 'key', false), values), serve }];
  });
}

function readTarget(target: Fields, variantName: VariantName): Target {
  const variation = target.number('variation');
  const read = {
    path: target.path,
    kind: contextKindOf(target),
    variation,
    values: target.strings('values'),
  };
  target.close();
  return { ...read, serve: variantName(variation, `${target.path}.variation`) };
}

/** The variation or rollout of a rule or a fallthrough. */
function serveOf(fields: Fields, variantName: VariantName): Serve {
  const variation = fields.number('variation');
  const rollout = fields.object('rollout');
  if (variation === undefined) {
    if (!rollout) throw malformed(fields.path, 'must have a variation or a rollout');
    return rolloutSplit(rollout, variantName);
  }
  if (rollout) fields.ledger.lost(rollout.path, 'is never used: the variation beside it takes precedence');
  return variantName(variation, fields.at('variation'));
}

const TOTAL_WEIGHT = 100_000;

function rolloutSplit(rollout: Fields, variantName: VariantName): Serve {
  const { ledger } = rollout;
  const kind = contextKindOf(rollout);
  const isExperiment = rollout.string('kind') === 'experiment';
  const bucketBy = rollout.string('bucketBy');
  const weights = rollout.objects('variations').map((variation): [string, number] => {
    const name = variantName(variation.number('variation'), variation.at('variation'));
    const weight = variation.number('weight') ?? 0;
    variation.close(IGNORED.weightedVariation);
    return [name, weight];
  });
  rollout.close(IGNORED.rollout);
  const last = weights.at(-1);
  if (!last) throw malformed(rollout.at('variations'), 'must name at least one variation');
  // What the weights leave over goes to the last variation.
  const rest = TOTAL_WEIGHT - weights.reduce((sum, [, weight]) => sum + weight, 0);
  if (rest > 0) weights.push([last[0], rest]);
  const attribute = isExperiment || bucketBy === undefined || bucketBy === 'key' ? undefined : bucketBy;
  const hashed = kind === 'user' ? attribute : `${kind}.${attribute ?? 'key'}`;
  ledger.changed(rollout.path, hashed === undefined ? REASSIGNED : reassignedFrom(hashed));
  if (isExperiment) {
    ledger.changed(
      rollout.path,
      'is an experiment in LaunchDarkly: here it becomes a split, without exposures and results',
    );
  }
  return splitByWeight(
    weights,
    weights.reduce((sum, [, weight]) => sum + weight, 0),
  );
}
