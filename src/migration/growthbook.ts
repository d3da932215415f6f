import canonicalize from 'canonicalize';
import { compileCondition } from '../assignment/condition.js';
import { portableConditions } from '../model/conditions.js';
import type { Json } from '../model/json.js';
import { cascade, stacked, type Outcome, type PartialRule, type Piece, type Schedule } from './cascade.js';
import { absent, all, ALWAYS, any, not, oneOf, type Conditions } from './conditions.js';
import { DEALT_ANEW, dealtAnewBy } from './dealing.js';
import { asText, Fields, isObject, malformed, member, Unsupported } from './fields.js';
import { finish, planned } from './finish.js';
import { attributeOf, growthbookConditions, type SavedGroup } from './growthbook-conditions.js';
import { Ids } from './ids.js';
import type { Imported, Selection } from './imported.js';
import { tagsOf } from './labels.js';
import { Ledger } from './ledger.js';
import { GROWTHBOOK } from './meaningless.js';
import type { Plan, PlannedVariant } from './plan.js';
import { chosenEnvironment } from './selection.js';
import { Shelf, type Group } from './shelf.js';
import { distinctValues, named } from './variants.js';

/**
 * A payload of GrowthBook's SDKs (`features` by key), or features as its REST API lists them (`features` as a list, with
 * the answer's `savedGroups` beside it where there are any).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromGrowthbook(
  document: unknown,
  selection: Selection = {},
  ledger = new Ledger(),
): Imported {
  const file = new Fields(document, '', ledger);
  if (file.has('encryptedFeatures') || file.has('encryptedSavedGroups')) {
    throw malformed(
      'encryptedFeatures',
      'is encrypted: ask for the payload of an SDK connection without encryption',
    );
  }
  if (!file.has('features')) file.missing('features');
  const sources = Array.isArray(file.peek('features')) ? listed(file, selection) : keyed(file);
  for (const { path } of file.objects('experiments')) {
    ledger.lost(path, 'an experiment on pages (visual editor, URL redirect) is no flag');
  }
  file.json('experiments');
  const { shelf, group } = shelve(file);
  file.close(GROWTHBOOK.document);
  const ids = new Ids(
    sources.map(({ key }) => key),
    'features',
    ledger,
  );
  const values = new Map(sources.map((source) => [source.key, source.variants]));
  const reader = new Reader(values, group, ledger);
  const read = sources.map((source) =>
    planned(source.key, source.path, () => reader.plan(source, ids.of(source.key)!)),
  );
  return finish(read, shelf, ledger);
}

/** A feature of either form. */
interface Source {
  key: string;
  path: string;
  about: Pick<Plan, 'description' | 'tags' | 'owner' | 'environments'>;
  enabled: boolean;
  fallback: Json;
  fallbackPath: string;
  prerequisites: { key: string; condition: Json; path: string }[];
  rules: SourceRule[];
  variants: PlannedVariant[];
  /** Why there is none after all. */
  lost?: string;
}

/** A rule of either form: pieces of what is served, before names are known. */
interface SourceRule {
  path: string;
  description?: string | undefined;
  conditions: Json;
  groups: { match: string; ids: string[] }[];
  schedule?: Schedule | undefined;
  serves: { value: Json; path: string; from: number; to: number }[];
  attribute: string;
  seed: string;
  isDealt: boolean;
  /** Why there is none after all. */
  lost?: string;
}

function keyed(file: Fields): Source[] {
  return file.entries('features').map(([key, feature]) => {
    const prerequisites: Source['prerequisites'] = [];
    const rules: SourceRule[] = [];
    let lost: string | undefined;
    for (const rule of feature.objects('rules')) {
      const parents = rule.objects('parentConditions').map((parent) => {
        const one = {
          key: parent.name('id'),
          condition: parent.json('condition') ?? {},
          path: parent.path,
          gate: parent.flag('gate') ?? false,
        };
        parent.close();
        return one;
      });
      if (parents.some(({ gate }) => gate)) {
        if (rules.length > 0) lost = `${rule.path} is a prerequisite that stands after other rules`;
        prerequisites.push(...parents.filter(({ gate }) => gate));
      }
      const isGateAlone = !rule.has('force') && !rule.has('variations') && parents.every(({ gate }) => gate);
      if (isGateAlone && parents.length > 0) rule.close(GROWTHBOOK.rule);
      else
        rules.push(
          payloadRule(
            key,
            rule,
            parents.some(({ gate }) => !gate),
          ),
        );
    }
    const fallback = feature.json('defaultValue') ?? null;
    const source = sourceOf(feature, key, {
      about: {},
      enabled: true,
      fallback,
      fallbackPath: feature.at('defaultValue'),
      prerequisites,
      rules,
    });
    feature.close(GROWTHBOOK.feature);
    return lost === undefined ? source : { ...source, lost };
  });
}

function sourceOf(feature: Fields, key: string, source: Omit<Source, 'key' | 'path' | 'variants'>): Source {
  const all = [
    ...source.rules.flatMap(({ serves }) => serves),
    { value: source.fallback, path: source.fallbackPath },
  ].filter(({ value }) => value !== null);
  // A feature of true and false serves false where it is off.
  if (all.every(({ value }) => typeof value === 'boolean')) all.push({ value: false, path: feature.path });
  return { key, path: feature.path, ...source, variants: named(distinctValues(all), 'value') };
}

function payloadRule(key: string, rule: Fields, hasParents: boolean): SourceRule {
  const { ledger, path } = rule;
  const attribute = rule.text('hashAttribute') ?? 'id';
  const isForce = rule.has('force');
  const seed = `${asText(rule.peek('seed') ?? (isForce ? key : (rule.peek('key') ?? key)))}|${asText(rule.peek('hashVersion') ?? 1)}`;
  const conditions = rule.json('condition') ?? {};
  const coverage = rule.number('coverage');
  const serves: SourceRule['serves'] = [];
  let [lost, isDealt] = [
    hasParents ? 'it depends on another feature, which only a flag as a whole can here' : undefined,
    true,
  ];
  const isHoldout =
    Array.isArray(rule.peek('meta')) && JSON.stringify(rule.peek('meta')).includes('"passthrough":true');
  if (isHoldout) lost ??= 'it is a holdout: its units pass on to the rules after it';
  if (isForce) {
    const range = rangeOf(rule.json('range') ?? null, rule.at('range'));
    isDealt = range !== null || coverage !== undefined;
    const [from, to] = range ?? [0, coverage ?? 1];
    serves.push({
      value: rule.json('force')!,
      path: rule.at('force'),
      from,
      to: Math.max(from, Math.min(1, to)),
    });
  } else {
    const values = (rule.json('variations') ?? []) as Json[];
    if (!Array.isArray(values)) throw malformed(rule.at('variations'), 'must be a list');
    if (values.length < 2) lost ??= 'it has neither a value nor two variations';
    const ranges = rule.json('ranges');
    const pieces = Array.isArray(ranges)
      ? ranges.map((one, index) => rangeOf(one, member(rule.at('ranges'), index))!)
      : piecesOf(rule, values.length, coverage ?? 1);
    for (const [index, value] of values.entries()) {
      const [from, to] = pieces[index] ?? [0, 0];
      if (to > from) serves.push({ value, path: member(rule.at('variations'), index), from, to });
    }
  }
  const kept = namespaceShare(rule, ledger);
  if (rule.has('fallbackAttribute')) {
    rule.json('fallbackAttribute');
    ledger.lost(rule.at('fallbackAttribute'), 'units are dealt by the targetingKey alone');
  }
  rule.close(GROWTHBOOK.rule);
  return {
    path,
    conditions,
    groups: [],
    serves: serves.map((one) => ({ ...one, to: one.from + (one.to - one.from) * kept })),
    attribute,
    seed,
    isDealt,
    ...(lost !== undefined && { lost }),
  };
}

function piecesOf(rule: Fields, count: number, coverage: number): (readonly [number, number])[] {
  const given = rule.json('weights');
  const equal = Array.from({ length: count }, () => 1 / count);
  const isGood =
    Array.isArray(given) &&
    given.length === count &&
    given.every((one) => typeof one === 'number') &&
    Math.abs(given.reduce((sum, one) => sum + one, 0) - 1) <= 0.01;
  if (given !== undefined && given !== null && !isGood) {
    rule.ledger.changed(
      rule.at('weights'),
      'are not one for each variation adding up to 1: equal weights, as there',
    );
  }
  const weights = isGood ? given : equal;
  const total = weights.reduce((sum, one) => sum + one, 0);
  let start = 0;
  return weights.map((weight) => {
    const from = start / total;
    start += weight;
    return [from, from + (weight / total) * Math.min(1, Math.max(0, coverage))] as const;
  });
}

function rangeOf(range: Json, path: string): readonly [number, number] | null {
  if (range === null) return null;
  const [from, to] = Array.isArray(range) ? range : [];
  if (typeof from !== 'number' || typeof to !== 'number')
    throw malformed(path, 'must be a list of two numbers');
  return [Math.max(0, from), Math.min(1, to)];
}

/** The share of units that namespaces let in: it stays, but they do not exclude one another any more. */
function namespaceShare(rule: Fields, ledger: Ledger): number {
  let share = 1;
  const filters = rule.objects('filters');
  for (const filter of filters) {
    const ranges = filter.json('ranges');
    if (!Array.isArray(ranges)) throw malformed(filter.at('ranges'), 'must be a list of ranges');
    const parts = ranges.map((one, index) => rangeOf(one, member(filter.at('ranges'), index))!);
    share *= parts.reduce((sum, [from, to]) => sum + to - from, 0);
    ledger.changed(filter.path, excluding(filter.text('seed') ?? ''));
    filter.close({ hashVersion: 'of the hash', attribute: 'of the hash' });
  }
  const namespace = rule.json('namespace') ?? null;
  if (namespace === null) return share;
  const [name, ...range] = Array.isArray(namespace)
    ? namespace
    : namespaceObject(namespace, rule.at('namespace'));
  if (name === undefined) return share;
  const [from, to] = rangeOf(range, rule.at('namespace'))!;
  ledger.changed(rule.at('namespace'), excluding(asText(name)));
  // Filters take the place of a namespace there.
  return filters.length > 0 ? share : share * Math.max(0, to - from);
}

/** As the REST API writes it: `{enabled, name, range}`. */
function namespaceObject(namespace: Json, path: string): Json[] {
  if (!isObject(namespace)) throw malformed(path, 'must be a list or an object');
  const { enabled, name, range } = namespace;
  if (enabled === false) return [];
  return [name ?? '', ...(Array.isArray(range) ? range : [])];
}

function excluding(name: string): string {
  return `the share of the namespace ${name} stays, but experiments in it exclude one another no longer: use a layer`;
}

function listed(file: Fields, selection: Selection): Source[] {
  const features = file.objects('features').filter((feature) => {
    const project = feature.text('project') ?? '';
    if (selection.project === undefined || project === selection.project) return true;
    file.ledger.lost(feature.path, `is of the project ${project || '""'}: import it by --project`);
    return false;
  });
  const environment = chosenEnvironment(
    features.flatMap((feature) =>
      feature.has('environments') ? Object.keys(feature.peek('environments')!) : [],
    ),
    selection,
  );
  return features.map((feature) => restFeature(feature, environment));
}

function restFeature(feature: Fields, environment: string | undefined): Source {
  const { ledger } = feature;
  const key = feature.name('id');
  const type = asText(feature.peek('valueType') ?? 'string');
  const parse = (value: Json | undefined, path: string): Json => valueOf(value, type, path);
  const settings = feature.entries('environments');
  const own = settings.find(([name]) => name === environment)?.[1];
  for (const [name, other] of settings) {
    if (name !== environment)
      ledger.lost(other.path, `another environment than ${environment}: import it by --environment`);
  }
  const prerequisites = [...feature.objects('prerequisites'), ...(own?.objects('prerequisites') ?? [])].map(
    (one) => {
      const made = {
        key: one.name('id'),
        condition: conditionText(one.json('condition') ?? {}, one.at('condition')),
        path: one.path,
      };
      one.close();
      return made;
    },
  );
  const rules = (own?.objects('rules') ?? []).flatMap((rule) => restRule(key, rule, parse) ?? []);
  const fallback = parse(feature.json('defaultValue'), feature.at('defaultValue'));
  const enabled = own ? (own.flag('enabled') ?? false) : true;
  own?.close(GROWTHBOOK.environment);
  const owner = feature.text('owner');
  const source = sourceOf(feature, key, {
    about: {
      description: feature.text('description'),
      tags: tagsOf(feature.texts('tags'), feature.at('tags'), ledger),
      ...(owner && { owner }),
      ...(environment !== undefined && { environments: [environment] }),
    },
    enabled,
    fallback,
    fallbackPath: feature.at('defaultValue'),
    prerequisites,
    rules,
  });
  const isArchived = feature.flag('archived') ?? false;
  feature.close(GROWTHBOOK.feature);
  if (isArchived) return { ...source, lost: 'it is archived there' };
  return own || environment === undefined
    ? source
    : { ...source, lost: `it has no settings for ${environment}` };
}

function restRule(
  key: string,
  rule: Fields,
  parse: (value: Json | undefined, path: string) => Json,
): SourceRule | null {
  const { ledger, path } = rule;
  const type = rule.name('type');
  if (rule.flag('enabled') === false) {
    rule.raw();
    ledger.lost(path, 'the rule is off there');
    return null;
  }
  const coverage = rule.number('coverage') ?? 1;
  const attribute = rule.text('hashAttribute') ?? 'id';
  const serves: SourceRule['serves'] = [];
  let lost: string | undefined;
  switch (type) {
    case 'force':
    case 'rollout': {
      const to = type === 'force' ? 1 : coverage;
      serves.push({
        value: parse(rule.json('value'), rule.at('value')),
        path: rule.at('value'),
        from: 0,
        to,
      });
      break;
    }
    case 'experiment': {
      const field = rule.has('values') ? 'values' : 'value';
      const arms = rule.objects(field).map((arm) => {
        const one = {
          value: parse(arm.json('value'), arm.at('value')),
          weight: arm.number('weight') ?? 0,
          path: arm.at('value'),
        };
        arm.close({ name: 'a name for reports' });
        return one;
      });
      const total = arms.reduce((sum, { weight }) => sum + weight, 0);
      if (arms.length < 2 || total <= 0) lost = 'it has no two variations with weights';
      const kept = namespaceShare(rule, ledger);
      for (const [index, piece] of stacked(
        arms.map((_, i) => [String(i), arms[i]!.weight] as const),
        total || 1,
        coverage * kept,
      ).entries()) {
        const arm = arms[Number(piece.outcome)] ?? arms[index]!;
        serves.push({ value: arm.value, path: arm.path, from: piece.from, to: piece.to });
      }
      break;
    }
    default:
      for (const name of ['variations', 'controlValue', 'variationValue', 'value', 'safeRolloutId', 'status'])
        rule.json(name);
      lost = `a rule of type ${type} has its weights elsewhere: import the payload of an SDK connection, which has them`;
  }
  if (rule.objects('prerequisites').length > 0) {
    lost ??= 'it depends on another feature, which only a flag as a whole can here';
  }
  const groups = rule.objects('savedGroupTargeting').map((targeting) => {
    const one = { match: targeting.text('matchType') ?? 'all', ids: targeting.texts('savedGroups') };
    targeting.close();
    return one;
  });
  const made: SourceRule = {
    path,
    description: rule.text('description'),
    conditions: conditionText(rule.json('condition') ?? {}, rule.at('condition')),
    groups,
    schedule: scheduleOf(rule),
    serves,
    attribute,
    seed: type === 'experiment' ? asText(rule.peek('trackingKey') ?? key) : asText(rule.peek('seed') ?? key),
    isDealt: type !== 'force',
  };
  if (rule.has('fallbackAttribute')) {
    rule.json('fallbackAttribute');
    ledger.lost(rule.at('fallbackAttribute'), 'units are dealt by the targetingKey alone');
  }
  rule.close(GROWTHBOOK.rule);
  return lost === undefined ? made : { ...made, lost };
}

/** `[{enabled: true, timestamp}, {enabled: false, timestamp}]`: from when, until when. */
function scheduleOf(rule: Fields): Schedule | undefined {
  const schedule: Schedule = {};
  for (const one of rule.objects('scheduleRules')) {
    const [enabled, time] = [one.flag('enabled'), one.text('timestamp')];
    one.close();
    if (time === undefined) {
      // No time, no schedule on that side.
      rule.ledger.ignored.push(one.path);
      continue;
    }
    if (Number.isNaN(Date.parse(time))) throw malformed(one.at('timestamp'), 'must be a time in ISO 8601');
    schedule[enabled ? 'from' : 'until'] = new Date(time).toISOString();
  }
  return Object.keys(schedule).length > 0 ? schedule : undefined;
}

function conditionText(condition: Json, path: string): Json {
  if (typeof condition !== 'string') return condition;
  return condition.trim() === '' ? {} : parseJson(condition, path);
}

function valueOf(value: Json | undefined, type: string, path: string): Json {
  if (typeof value !== 'string') return value ?? null;
  switch (type) {
    case 'boolean':
      return value === 'true';
    case 'number': {
      const number = Number(value);
      if (value.trim() === '' || !Number.isFinite(number)) throw malformed(path, 'must be a number');
      return number;
    }
    case 'json':
      return value.trim() === '' ? null : parseJson(value, path);
    default:
      return value;
  }
}

function parseJson(text: string, path: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw malformed(path, 'must be JSON as a text');
  }
}

/** Saved groups as segments. A list without an attribute gets the one of whoever refers to it first. */
function shelve(file: Fields): { shelf: Shelf; group: SavedGroup } {
  const { ledger } = file;
  const entries = Array.isArray(file.peek('savedGroups'))
    ? file.objects('savedGroups').map((one) => [one.name('id'), one.raw(), one.path] as const)
    : Object.entries(file.object('savedGroups')?.raw() ?? {}).map(
        ([key, one]) => [key, one, member('savedGroups', key)] as const,
      );
  const lists = new Map<string, { values: Json[]; attribute: string | undefined }>();
  const group: SavedGroup = (id, attribute) => {
    const list = lists.get(id);
    if (!list) return shelf.member(id);
    list.attribute ??= attribute;
    if (attribute === undefined || attribute === list.attribute) return shelf.member(id);
    return oneOf(attributeOf(attribute), list.values);
  };
  const groups = entries.map(([key, raw, path]): Group => {
    if (Array.isArray(raw)) {
      const list = { values: raw, attribute: undefined };
      lists.set(key, list);
      return { key, path, conditions: () => listConditions(list) };
    }
    const fields = new Fields(raw, path, ledger);
    const description = [fields.text('name') ?? fields.text('groupName'), fields.text('description')]
      .filter(Boolean)
      .join(': ');
    const condition = conditionText(fields.json('condition') ?? {}, fields.at('condition'));
    const type = fields.text('type') ?? 'list';
    if (type === 'list') {
      const values = fields.json('values') ?? [];
      if (!Array.isArray(values)) throw malformed(fields.at('values'), 'must be a list');
      const list = { values, attribute: fields.text('attributeKey') };
      lists.set(key, list);
      fields.close(GROWTHBOOK.group);
      return { key, path, description, conditions: () => listConditions(list) };
    }
    fields.close(GROWTHBOOK.group);
    return { key, path, description, conditions: () => growthbookConditions(condition, group) };
  });
  const ids = new Ids(
    groups.map(({ key }) => key),
    'savedGroups',
    ledger,
    (key) => groups.find((one) => one.key === key)!.path,
  );
  const shelf: Shelf = new Shelf(groups, ids, ledger);
  return { shelf, group };
}

function listConditions({
  values,
  attribute,
}: {
  values: Json[];
  attribute: string | undefined;
}): Conditions {
  if (attribute === undefined)
    throw new Unsupported('nothing refers to it, and it does not say which attribute it lists');
  return oneOf(attributeOf(attribute), values);
}

class Reader {
  constructor(
    private readonly variants: ReadonlyMap<string, PlannedVariant[]>,
    private readonly group: SavedGroup,
    private readonly ledger: Ledger,
  ) {}

  plan(source: Source, flag_id: string): Plan {
    const { key, path, about, enabled, variants, fallback, fallbackPath } = source;
    if (source.lost !== undefined) throw new Unsupported(source.lost);
    const nameOf = (value: Json): Outcome =>
      value === null ? null : variants.find((one) => canonicalize(one.value) === canonicalize(value))!.name;
    const rules = source.rules.flatMap((rule) => this.rule(rule, nameOf) ?? []);
    const prerequisites = source.prerequisites.map((one) => this.prerequisite(one));
    const isBoolean = variants.length > 0 && variants.every(({ value }) => typeof value === 'boolean');
    if (isBoolean && (!enabled || prerequisites.length > 0)) {
      this.ledger.changed(path, "where it is off it serves false, there the code's own default");
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
      ...cascade(rules, nameOf(fallback), fallbackPath),
      otherwisePath: fallbackPath,
    };
  }

  private rule(rule: SourceRule, nameOf: (value: Json) => Outcome): PartialRule | null {
    const { path, description, schedule, attribute, seed, isDealt } = rule;
    try {
      if (rule.lost !== undefined) throw new Unsupported(rule.lost);
      const own = growthbookConditions(rule.conditions, this.group);
      const groups = rule.groups.map(({ match, ids }) => {
        const members = ids.map((id) => this.group(id, undefined));
        return match === 'none' ? not(any(members)) : match === 'any' ? any(members) : all(members);
      });
      if (isDealt) {
        this.ledger.changed(path, attribute === 'id' ? DEALT_ANEW : dealtAnewBy(attribute));
      }
      // Without the attribute that they hash, they pass a rule by.
      const hashed = isDealt && attribute !== 'id' ? not(absent(attribute)) : ALWAYS;
      const pieces = rule.serves.map(({ value, from, to }): Piece => ({ from, to, outcome: nameOf(value) }));
      const conditions = all([own, ...groups, hashed]);
      return { path, description, conditions, schedule, line: `${attribute}|${seed}`, pieces };
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(path, `the rule is left out: ${error.message}`);
      return null;
    }
  }

  /** The variants of another feature whose values meet a condition on its value. */
  private prerequisite({
    key,
    condition,
    path,
  }: Source['prerequisites'][number]): Plan['prerequisites'][number] {
    const { conditions, errors } = portableConditions(growthbookConditions(condition, this.group));
    if (errors[0]) throw new Unsupported(`${path} ${errors[0].message}`);
    const holds = compileCondition(conditions);
    if (holds({}, null)) throw new Unsupported(`${path} is met where ${key} serves nothing`);
    const met = (this.variants.get(key) ?? []).filter(({ value }) => holds({ value }, null));
    if (this.variants.has(key) && met.length === 0)
      throw new Unsupported(`${path} is met by no value of ${key}`);
    return { key, path, variants: met.map(({ name }) => name) };
  }
}
