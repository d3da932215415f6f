import { asText, type Fields } from '../fields.js';
import { readEach, type Lost } from '../read-each.js';
import { memberPath } from '../source-path.js';
import {
  DEPENDS_ON_FEATURE,
  loseFallbackAttribute,
  withVariants,
  type FeaturePrerequisite,
  type GrowthbookFeature,
  type GrowthbookRule,
  type ValueRange,
} from './growthbook-feature.js';
import { namespaceShare, rangeOf, variationRanges } from './hash-ranges.js';
import { IGNORED } from './ignored-fields.js';

/** The features of an SDK payload, and those that it spoils. */
export function payloadFeatures(file: Fields): { found: GrowthbookFeature[]; lost: Lost[] } {
  return readEach(file.members('features'), 'id', file.ledger, payloadFeature);
}

function payloadFeature(feature: Fields, key: string): GrowthbookFeature {
  const prerequisites: FeaturePrerequisite[] = [];
  const rules: GrowthbookRule[] = [];
  let lost: string | undefined;
  for (const rule of feature.objects('rules')) {
    const parents = rule.objects('parentConditions').map(readParent);
    // Gates are prerequisites of the whole feature: without them it serves nothing. They come before all rules.
    const gates = parents.filter(({ isGate }) => isGate);
    if (gates.length > 0 && rules.length > 0)
      lost = `${rule.path} is a prerequisite that comes after other rules`;
    prerequisites.push(...gates.map(({ prerequisite }) => prerequisite));
    const servesNothing = !rule.has('force') && !rule.has('variations');
    const isGateOnly = servesNothing && parents.length > 0 && gates.length === parents.length;
    if (isGateOnly) rule.close(IGNORED.rule);
    else rules.push(payloadRule(key, rule, gates.length < parents.length));
  }
  const fallback = feature.json('defaultValue') ?? null;
  const read = withVariants(feature, {
    key,
    about: {},
    enabled: true,
    fallback,
    fallbackPath: feature.at('defaultValue'),
    prerequisites,
    rules,
    lost,
  });
  feature.close(IGNORED.feature);
  return read;
}

function readParent(parent: Fields): { prerequisite: FeaturePrerequisite; isGate: boolean } {
  const prerequisite = {
    key: parent.requiredString('id'),
    condition: parent.json('condition') ?? {},
    path: parent.path,
  };
  const isGate = parent.boolean('gate') ?? false;
  parent.close();
  return { prerequisite, isGate };
}

function payloadRule(key: string, rule: Fields, dependsOnFeature: boolean): GrowthbookRule {
  const { path } = rule;
  const attribute = rule.string('hashAttribute') ?? 'id';
  const isForce = rule.has('force');
  const seed = rule.peek('seed') ?? (isForce ? key : (rule.peek('key') ?? key));
  const conditions = rule.json('condition') ?? {};
  const coverage = rule.number('coverage');
  const isHoldout =
    Array.isArray(rule.peek('meta')) && JSON.stringify(rule.peek('meta')).includes('"passthrough":true');
  const { serves, isHashed, lost } = isForce ? forcedValue(rule, coverage) : experimentValues(rule, coverage);
  const share = namespaceShare(rule);
  loseFallbackAttribute(rule);
  const hashVersion = rule.peek('hashVersion') ?? 1;
  rule.close(IGNORED.rule);
  return {
    path,
    conditions,
    savedGroups: [],
    serves: serves.map((range) => ({ ...range, to: range.from + (range.to - range.from) * share })),
    attribute,
    seed: `${asText(seed)}|${asText(hashVersion)}`,
    isHashed,
    lost: dependsOnFeature
      ? DEPENDS_ON_FEATURE
      : isHoldout
        ? 'it is a holdout, whose units continue to the next rule'
        : lost,
  };
}

type RuleValues = Pick<GrowthbookRule, 'serves' | 'isHashed' | 'lost'>;

function forcedValue(rule: Fields, coverage: number | undefined): RuleValues {
  const given = rule.json('range') ?? null;
  const range = given === null ? null : rangeOf(given, rule.at('range'));
  const [from, to] = range ?? [0, coverage ?? 1];
  const serves = [
    {
      value: rule.json('force')!,
      path: rule.at('force'),
      from,
      to: Math.max(from, Math.min(1, to)),
    },
  ];
  return { serves, isHashed: range !== null || coverage !== undefined };
}

function experimentValues(rule: Fields, coverage = 1): RuleValues {
  const values = rule.list('variations');
  const given = rule.json('ranges');
  const ranges = Array.isArray(given)
    ? given.map((range, index) => rangeOf(range, memberPath(rule.at('ranges'), index)))
    : variationRanges(rule, values.length, coverage);
  const serves = values.flatMap((value, index): ValueRange[] => {
    const [from, to] = ranges[index] ?? [0, 0];
    return to > from ? [{ value, path: memberPath(rule.at('variations'), index), from, to }] : [];
  });
  return {
    serves,
    isHashed: true,
    lost: values.length < 2 ? 'it has neither a value nor two variations' : undefined,
  };
}
