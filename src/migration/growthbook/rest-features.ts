import type { Json } from '../../model/json.js';
import { asText, Fields, isObject, namesIn } from '../fields.js';
import type { FlagDescription, PlannedSchedule } from '../flag-plan.js';
import { malformed } from '../migration-errors.js';
import { readEach, type Lost } from '../read-each.js';
import { chosenEnvironment, loseOtherEnvironment, ofProject, type Selection } from '../selection.js';
import { hashRanges } from '../shares.js';
import { metadataOf, tagsOf } from '../tags-and-metadata.js';
import {
  DEPENDS_ON_FEATURE,
  loseFallbackAttribute,
  withVariants,
  type FeaturePrerequisite,
  type GrowthbookFeature,
  type GrowthbookRule,
  type SavedGroupTargeting,
} from './growthbook-feature.js';
import { namespaceShare } from './hash-ranges.js';
import { IGNORED } from './ignored-fields.js';
import { conditionOf, valueOf } from './string-values.js';

/** The features of the REST API's answer, with the settings of one environment, and those that it spoils. */
export function restFeatures(
  file: Fields,
  selection: Selection,
): { found: GrowthbookFeature[]; lost: Lost[] } {
  const members = ofProject(file.members('features'), projectOf, selection, file.ledger);
  const environment = chosenEnvironment(
    members.flatMap(({ value }) => (isObject(value) ? namesIn(value['environments']) : [])),
    selection,
  );
  return readEach(members, 'id', file.ledger, (feature, key) => restFeature(feature, key, environment));
}

function projectOf({ project }: Readonly<Record<string, Json>>): string | undefined {
  return typeof project === 'string' ? project : project === undefined || project === null ? '' : undefined;
}

/** Reads a value that the REST API writes as a string. */
type ParseValue = (value: Json | undefined, path: string) => Json;

function restFeature(feature: Fields, key: string, environment: string | undefined): GrowthbookFeature {
  const type = asText(feature.peek('valueType') ?? 'string');
  const parse: ParseValue = (value, path) => valueOf(value, type, path);
  const environments = feature.entries('environments');
  const settings = environments.find(([name]) => name === environment)?.[1];
  for (const [name, other] of environments) {
    if (name !== environment) loseOtherEnvironment(other, environment);
  }
  const prerequisites = [...readPrerequisites(feature), ...(settings ? readPrerequisites(settings) : [])];
  const rules = [
    ...(settings?.objects('rules') ?? []),
    // The second version of the API has the rules of all environments in one list.
    ...feature.objects('rules').filter((rule) => isForEnvironment(rule, environment)),
  ].flatMap((rule) => restRule(key, rule, parse) ?? []);
  const fallback = parse(feature.json('defaultValue'), feature.at('defaultValue'));
  const enabled = settings ? (settings.boolean('enabled') ?? false) : true;
  settings?.close(IGNORED.environment);
  const hasNoSettings = settings === undefined && environment !== undefined;
  const isArchived = feature.boolean('archived') ?? false;
  const read = withVariants(feature, {
    key,
    about: readDescription(feature, environment),
    enabled,
    fallback,
    fallbackPath: feature.at('defaultValue'),
    prerequisites,
    rules,
    lost: isArchived
      ? 'it is archived'
      : hasNoSettings
        ? `it has no settings for ${environment}`
        : backedByConfig(feature, ['baseConfig', 'defaultValueConfig']),
  });
  loseHoldout(feature);
  feature.close(IGNORED.feature);
  return read;
}

function readDescription(feature: Fields, environment: string | undefined): FlagDescription {
  const owner = feature.string('owner');
  const metadata = metadataOf(feature.object('customFields'));
  return {
    description: feature.string('description'),
    tags: tagsOf(feature.strings('tags'), feature.at('tags'), feature.ledger),
    ...(owner && { owner }),
    ...(environment !== undefined && { environments: [environment] }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Ids of features that must be true, or features with a condition on their value. */
function readPrerequisites(of: Fields): FeaturePrerequisite[] {
  return of.members('prerequisites').map(({ path, value }) => {
    if (typeof value === 'string') return { key: value, condition: { value: true }, path };
    const prerequisite = new Fields(value, path, of.ledger);
    const read = {
      key: prerequisite.requiredString('id'),
      condition: conditionOf(prerequisite.json('condition') ?? {}, prerequisite.at('condition')),
      path,
    };
    prerequisite.close();
    return read;
  });
}

function isForEnvironment(rule: Fields, environment: string | undefined): boolean {
  const isForAll = rule.boolean('allEnvironments') ?? false;
  const own = rule.strings('environments');
  if (isForAll || environment === undefined) return true;
  if (own.includes(environment)) {
    rule.ledger.ignored.push(rule.at('allEnvironments'));
    return true;
  }
  rule.raw();
  loseOtherEnvironment(rule, environment);
  return false;
}

/** Why a value is not carried over that is a patch of another value, which the document does not have. */
function backedByConfig(fields: Fields, names: readonly string[]): string | undefined {
  const [name] = names.filter((one) => (fields.json(one) ?? null) !== null);
  return name === undefined ? undefined : `its values are patches of a config (${name})`;
}

function loseHoldout(feature: Fields): void {
  if ((feature.json('holdout') ?? null) !== null)
    feature.ledger.lost(
      feature.at('holdout'),
      'units that it holds out are served like all others: use a holdout here',
    );
}

/** Null for a rule that is disabled, which is noted. */
function restRule(key: string, rule: Fields, parse: ParseValue): GrowthbookRule | null {
  const { ledger, path } = rule;
  const type = rule.requiredString('type');
  if (rule.boolean('enabled') === false) {
    rule.raw();
    ledger.lost(path, 'the rule is disabled');
    return null;
  }
  const coverage = rule.number('coverage') ?? 1;
  const attribute = rule.string('hashAttribute') ?? 'id';
  const { serves, lost } = restValues(type, rule, coverage, parse);
  const hasPrerequisites = rule.list('prerequisites').length > 0;
  const isPatch = rule.boolean('sparse') === true ? 'its values are patches of the default value' : undefined;
  const savedGroups = rule.objects('savedGroupTargeting').map(readTargeting);
  const seed = type === 'experiment' ? rule.peek('trackingKey') : rule.peek('seed');
  const read: GrowthbookRule = {
    path,
    description: rule.string('description'),
    conditions: conditionOf(rule.json('condition') ?? {}, rule.at('condition')),
    savedGroups,
    schedule: scheduleOf(rule),
    serves,
    attribute,
    seed: asText(seed ?? key),
    isHashed: type !== 'force',
    lost:
      lost ??
      (hasPrerequisites ? DEPENDS_ON_FEATURE : undefined) ??
      isPatch ??
      backedByConfig(rule, ['config']),
  };
  if (rule.string('rampScheduleId') !== undefined)
    ledger.changed(rule.at('rampScheduleId'), 'its schedule of steps stops: the share stays as it is now');
  loseFallbackAttribute(rule);
  rule.close(IGNORED.rule);
  return read;
}

function restValues(
  type: string,
  rule: Fields,
  coverage: number,
  parse: ParseValue,
): Pick<GrowthbookRule, 'serves' | 'lost'> {
  if (type === 'force' || type === 'rollout') {
    const value = parse(rule.json('value'), rule.at('value'));
    return { serves: [{ value, path: rule.at('value'), from: 0, to: type === 'force' ? 1 : coverage }] };
  }
  if (type === 'experiment') return experimentValues(rule, coverage, parse);
  for (const name of [
    'variations',
    'contextualBanditId',
    'controlValue',
    'variationValue',
    'value',
    'safeRolloutId',
    'status',
  ])
    rule.json(name);
  return {
    serves: [],
    lost: `a rule of type ${type} does not have its weights here: import the payload of an SDK connection, which has them`,
  };
}

function experimentValues(
  rule: Fields,
  coverage: number,
  parse: ParseValue,
): Pick<GrowthbookRule, 'serves' | 'lost'> {
  const arms = rule.objects(rule.has('values') ? 'values' : 'value').map((arm) => {
    const read = {
      value: parse(arm.json('value'), arm.at('value')),
      weight: arm.number('weight') ?? 0,
      path: arm.at('value'),
    };
    arm.close(IGNORED.arm);
    return read;
  });
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  const weights = arms.map(({ weight }, index) => [String(index), weight] as const);
  const ranges = hashRanges(weights, total || 1, coverage * namespaceShare(rule));
  return {
    serves: ranges.map(({ variant, from, to }) => {
      const { value, path } = arms[Number(variant)]!;
      return { value, path, from, to };
    }),
    lost: arms.length < 2 || total <= 0 ? 'it does not have two variations with weights' : undefined,
  };
}

function readTargeting(targeting: Fields): SavedGroupTargeting {
  const read = { match: targeting.string('matchType') ?? 'all', ids: targeting.strings('savedGroups') };
  targeting.close();
  return read;
}

/** `[{enabled: true, timestamp}, {enabled: false, timestamp}]`: from when, and until when. */
function scheduleOf(rule: Fields): PlannedSchedule | undefined {
  const schedule: PlannedSchedule = {};
  for (const change of rule.objects('scheduleRules')) {
    const [enabled, time] = [change.boolean('enabled'), change.string('timestamp')];
    change.close();
    if (time === undefined) {
      // The schedule is open on that side.
      rule.ledger.ignored.push(change.path);
      continue;
    }
    if (Number.isNaN(Date.parse(time)))
      throw malformed(change.at('timestamp'), 'must be a time in ISO 8601 format');
    schedule[enabled ? 'from' : 'until'] = new Date(time).toISOString();
  }
  return Object.keys(schedule).length > 0 ? schedule : undefined;
}
