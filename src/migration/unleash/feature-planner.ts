import { allOf, oneOf } from '../build-conditions.js';
import { cascade, type PartialRule } from '../cascade.js';
import type { FlagPlan, PlannedPrerequisite, PlannedVariant, ServedVariant } from '../flag-plan.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { REASSIGNED } from '../reassignment-notes.js';
import type { SegmentImport } from '../segment-import.js';
import { hashRanges, type HashRange } from '../shares.js';
import { attributeOf } from './constraints.js';
import { admissionOf, type Admission } from './strategies.js';
import {
  variantsIn,
  type FeatureDependency,
  type UnleashFeature,
  type UnleashStrategy,
  type UnleashVariant,
} from './unleash-feature.js';

/** The variants of a feature that has none: whether it is enabled for a unit. */
const [ON, OFF] = ['on', 'off'];

/** What each variant is called here; empty for a feature without variants. */
type VariantNames = ReadonlyMap<UnleashVariant, string>;

/** Makes plans of features; dependencies refer to the variants of others. */
export class FeaturePlanner {
  private readonly features: ReadonlyMap<string, UnleashFeature>;

  constructor(
    features: readonly UnleashFeature[],
    private readonly segments: SegmentImport,
    private readonly ledger: Ledger,
  ) {
    this.features = new Map(features.map((feature) => [feature.key, feature]));
  }

  /** @throws {Unsupported} where the feature as a whole cannot be carried over */
  plan(feature: UnleashFeature, flag_id: string): FlagPlan {
    const { key, path, about, enabled } = feature;
    if (feature.lost !== undefined) throw new Unsupported(feature.lost);
    const names = this.variantNames(variantsIn(feature));
    const hasVariants = names.size > 0;
    const fallback = hasVariants ? null : OFF;
    if (hasVariants)
      this.ledger.changed(
        path,
        'has variants: the flag serves those, and no longer whether the feature is enabled',
      );
    const everybody: Admission = { rule: { path, conditions: {}, hash: '' }, share: 1, groupId: key };
    const rules =
      feature.strategies.length > 0
        ? feature.strategies.flatMap((strategy) => this.strategyRules(strategy, feature, names))
        : this.variantRules(everybody, feature.variants, names);
    return {
      key,
      flag_id,
      path,
      ...about,
      enabled,
      variants: plannedVariants(names, path),
      off: fallback,
      prerequisites: feature.dependencies.map((dependency) => this.prerequisite(dependency)),
      ...cascade(rules, fallback, path),
      otherwisePath: path,
    };
  }

  /** Strategies are alternatives: units that one does not admit fall through to the next. */
  private strategyRules(
    strategy: UnleashStrategy,
    feature: UnleashFeature,
    names: VariantNames,
  ): PartialRule[] {
    try {
      const admission = admissionOf(strategy, feature.key, this.segments);
      const variants = strategy.variants.length > 0 ? strategy.variants : feature.variants;
      return this.variantRules(admission, variants, names);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(strategy.path, `the strategy is left out: ${error.message}`);
      return [];
    }
  }

  /** What admitted units are served: variants by their overrides first, then by weight. */
  private variantRules(
    { rule, share, groupId }: Admission,
    variants: readonly UnleashVariant[],
    names: VariantNames,
  ): PartialRule[] {
    const allAdmitted = (variant: ServedVariant): HashRange[] =>
      share > 0 ? [{ from: 0, to: share, variant }] : [];
    if (names.size === 0) return [{ ...rule, ranges: allAdmitted(ON) }];
    const total = variants.reduce((sum, { weight }) => sum + weight, 0);
    if (total <= 0) return [{ ...rule, ranges: allAdmitted(null) }];
    if (variants.filter(({ weight }) => weight > 0).length > 1) this.ledger.changed(rule.path, REASSIGNED);
    const overrides = variants.flatMap((variant) =>
      variant.overrides.map(({ contextName, values }) => ({
        ...rule,
        conditions: allOf([rule.conditions, oneOf(attributeOf(contextName), values)]),
        ranges: allAdmitted(names.get(variant)!),
      })),
    );
    const weights = variants.map((variant) => [names.get(variant)!, variant.weight] as const);
    const ranges = hashRanges(weights, total).map(({ from, to, variant }) => ({
      from: from * share,
      to: to * share,
      variant,
    }));
    // Where everybody is admitted, only the hash of the variants is left.
    return [...overrides, { ...rule, hash: rule.hash || `variants|${groupId}`, ranges }];
  }

  private prerequisite({ key, enabled, variants, path }: FeatureDependency): PlannedPrerequisite {
    const needed = this.features.get(key);
    const own = needed ? [...new Set(variantsIn(needed).map(({ name }) => name))] : [];
    if (own.length === 0) {
      if (variants.length > 0) throw new Unsupported(`${path} requires variants of ${key}, which has none`);
      return { key, path, variants: [enabled ? ON : OFF] };
    }
    if (!enabled) throw new Unsupported(`${path} requires ${key} to be off, when it serves no variant`);
    return { key, path, variants: variants.length > 0 ? variants : own };
  }

  /** Strategies may repeat a variant. One with the same name and another value is another variant, and renamed. */
  private variantNames(variants: readonly UnleashVariant[]): VariantNames {
    const names = new Map<UnleashVariant, string>();
    const values = new Map<string, string>();
    for (const variant of variants) {
      const value = JSON.stringify(variant.value ?? null);
      let name = variant.name;
      for (let n = 2; values.has(name) && values.get(name) !== value; n += 1) name = `${variant.name}-${n}`;
      if (name !== variant.name && !values.has(name)) {
        this.ledger.changed(
          variant.path,
          `is renamed ${name}: another variant named ${variant.name} has another value`,
        );
      }
      values.set(name, value);
      names.set(variant, name);
    }
    return names;
  }
}

function plannedVariants(names: VariantNames, path: string): PlannedVariant[] {
  if (names.size === 0) {
    return [
      { name: ON, value: true, path },
      { name: OFF, value: false, path },
    ];
  }
  const byName = new Map([...names].map(([variant, name]) => [name, variant]));
  return [...byName].map(([name, { value, path: variantPath }]) => ({ name, value, path: variantPath }));
}
