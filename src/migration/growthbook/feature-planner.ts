import canonicalize from 'canonicalize';
import { compileCondition } from '../../assignment/condition.js';
import { checkedConditions } from '../../model/conditions.js';
import type { Json } from '../../model/json.js';
import { absent, allOf, ALWAYS, anyOf, not, type Conditions } from '../build-conditions.js';
import { cascade, type PartialRule } from '../cascade.js';
import type {
  FlagPlan,
  PlannedPrerequisite,
  PlannedRule,
  PlannedVariant,
  ServedVariant,
} from '../flag-plan.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { REASSIGNED, reassignedFrom } from '../reassignment-notes.js';
import type {
  FeaturePrerequisite,
  GrowthbookFeature,
  GrowthbookRule,
  SavedGroupTargeting,
} from './growthbook-feature.js';
import { memberPath } from '../source-path.js';
import { growthbookConditions, type ConditionScope, type GroupMembership } from './growthbook-conditions.js';

type NameOf = (value: Json) => ServedVariant;

/** Makes plans of features; prerequisites refer to the variants of others. */
export class FeaturePlanner {
  private readonly variants: ReadonlyMap<string, PlannedVariant[]>;

  constructor(
    features: readonly GrowthbookFeature[],
    private readonly membership: GroupMembership,
    private readonly ledger: Ledger,
  ) {
    this.variants = new Map(features.map(({ key, variants }) => [key, variants]));
  }

  /** @throws {Unsupported} where the feature as a whole cannot be carried over */
  plan(feature: GrowthbookFeature, flag_id: string): FlagPlan {
    const { key, path, about, enabled, variants, fallback, fallbackPath } = feature;
    if (feature.lost !== undefined) throw new Unsupported(feature.lost);
    const nameOf: NameOf = (value) =>
      value === null
        ? null
        : variants.find((variant) => canonicalize(variant.value) === canonicalize(value))!.name;
    const rules = feature.rules.flatMap((rule) => this.rule(rule, nameOf) ?? []);
    const cascaded = cascade(rules, nameOf(fallback), fallbackPath);
    this.noteDescriptions(rules, cascaded.rules);
    const prerequisites = feature.prerequisites.map((prerequisite) => this.prerequisite(prerequisite));
    const isBoolean = variants.length > 0 && variants.every(({ value }) => typeof value === 'boolean');
    if (isBoolean && (!enabled || prerequisites.length > 0)) {
      this.ledger.changed(path, "serves false while it is off; GrowthBook serves the code's default");
    }
    return {
      key,
      flag_id,
      path,
      ...about,
      enabled,
      variants,
      off: isBoolean ? nameOf(false) : null,
      prerequisites,
      ...cascaded,
      otherwisePath: fallbackPath,
    };
  }

  /** What everybody gets is no rule here, and has no description. */
  private noteDescriptions(rules: readonly PartialRule[], made: readonly PlannedRule[]): void {
    for (const { path, description } of rules) {
      if (made.some((rule) => rule.path === path)) continue;
      const at = memberPath(path, 'description');
      if (description) this.ledger.lost(at, 'what everybody gets has no description here');
      else this.ledger.ignored.push(at);
    }
  }

  /** Null where the rule is lost, which is noted. */
  private rule(rule: GrowthbookRule, nameOf: NameOf): PartialRule | null {
    const { path, description, schedule, attribute, seed, isHashed } = rule;
    try {
      if (rule.lost !== undefined) throw new Unsupported(rule.lost);
      const own = growthbookConditions(rule.conditions, this.scope(path));
      const savedGroups = rule.savedGroups.map((targeting) => this.targeting(targeting));
      const isById = attribute === 'id';
      if (isHashed) this.ledger.changed(path, isById ? REASSIGNED : reassignedFrom(attribute));
      // GrowthBook skips a rule for units without the attribute that it hashes.
      const hasAttribute = isHashed && !isById ? not(absent(attribute)) : ALWAYS;
      const ranges = rule.serves.map(({ value, from, to }) => ({ from, to, variant: nameOf(value) }));
      const conditions = allOf([own, ...savedGroups, hasAttribute]);
      return { path, description, conditions, schedule, hash: `${attribute}|${seed}`, ranges };
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(path, `the rule is left out: ${error.message}`);
      return null;
    }
  }

  private scope(path: string): ConditionScope {
    return { group: this.membership, changed: (message) => this.ledger.changed(path, message) };
  }

  private targeting({ match, ids }: SavedGroupTargeting): Conditions {
    const members = ids.map((id) => this.membership(id, undefined));
    if (match === 'none') return not(anyOf(members));
    return match === 'any' ? anyOf(members) : allOf(members);
  }

  /** The variants of another feature whose values meet a condition on its value. */
  private prerequisite({ key, condition, path }: FeaturePrerequisite): PlannedPrerequisite {
    // The condition is met here, by values that are known: nothing converts later.
    const scope = { group: this.membership, changed: () => undefined };
    const { conditions, errors } = checkedConditions(growthbookConditions(condition, scope));
    if (errors[0]) throw new Unsupported(`${path} ${errors[0].message}`);
    const holds = compileCondition(conditions);
    if (holds({}, null)) throw new Unsupported(`${path} also holds where ${key} has no value`);
    const met = (this.variants.get(key) ?? []).filter(({ value }) => holds({ value }, null));
    if (this.variants.has(key) && met.length === 0) throw new Unsupported(`no value of ${key} meets ${path}`);
    return { key, path, variants: met.map(({ name }) => name) };
  }
}
