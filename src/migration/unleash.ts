import type { Json } from '../model/json.js';
import { cascade, stacked, type Outcome, type PartialRule, type Piece } from './cascade.js';
import { absent, all, not, oneOf, type Conditions } from './conditions.js';
import { DEALT_ANEW, dealtAnewBy } from './dealing.js';
import { asText, Fields, malformed, Unsupported } from './fields.js';
import { finish, planned } from './finish.js';
import { Ids } from './ids.js';
import type { Imported, Selection } from './imported.js';
import { tagsOf, type Metadata } from './labels.js';
import { Ledger } from './ledger.js';
import { UNLEASH } from './meaningless.js';
import type { Plan, PlannedVariant } from './plan.js';
import { chosenEnvironment } from './selection.js';
import { Shelf, type Group } from './shelf.js';
import { attributeOf, constraintsOf, every, type Constrained } from './unleash-constraints.js';

/**
 * Features of Unleash: what its export has (`features`, `featureStrategies`, `featureEnvironments`, …), or what the
 * Client API answers (`features` with their strategies).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromUnleash(document: unknown, selection: Selection = {}, ledger = new Ledger()): Imported {
  const file = new Fields(document, '', ledger);
  if (!file.has('features')) file.missing('features');
  const isExport = file.has('featureStrategies') || file.has('featureEnvironments');
  const sources = isExport ? exported(file, selection) : served(file, selection);
  const groups = file.objects('segments').map(segmentOf);
  file.close(UNLEASH.document);
  const ids = new Ids(
    sources.map(({ key }) => key),
    'features',
    ledger,
    (key) => sources.find((one) => one.key === key)!.path,
  );
  const segmentIds = new SegmentIds(groups, ledger);
  const shelf = new Shelf(groups, segmentIds, ledger);
  const reader = new Reader(sources, shelf, ledger);
  const read = sources.map((source) =>
    planned(source.key, source.path, () => reader.plan(source, ids.of(source.key)!)),
  );
  return finish(read, shelf, ledger);
}

/** Segments are referred to by number and named for people: the name becomes the id. */
class SegmentIds extends Ids {
  private readonly byNumber: ReadonlyMap<string, string>;

  constructor(groups: readonly NamedGroup[], ledger: Ledger) {
    const names = new Map<string, string>();
    for (const { key, name } of groups)
      names.set(key, [...names.values()].includes(name) ? `${name}-${key}` : name);
    super(
      names.values(),
      'segments',
      ledger,
      (name) => groups.find(({ key }) => names.get(key) === name)!.path,
    );
    this.byNumber = names;
  }

  override of(key: string): string | undefined {
    const name = this.byNumber.get(key);
    return name === undefined ? undefined : super.of(name);
  }
}

interface NamedGroup extends Group {
  name: string;
}

function segmentOf(segment: Fields): NamedGroup {
  const key = asText(segment.json('id') ?? segment.missing('id'));
  const name = segment.text('name') ?? `segment-${key}`;
  const description = segment.text('description');
  const hasConstraints = segment.has('constraints');
  return {
    key,
    name,
    path: segment.path,
    description,
    conditions: () => {
      const { conditions, schedule } = constraintsOf(segment);
      segment.close(UNLEASH.segment);
      if (!hasConstraints) {
        throw new Unsupported('the document has no constraints of it: add them from GET /api/admin/segments');
      }
      if (schedule) throw new Unsupported('a segment can not depend on the time');
      return conditions;
    },
  };
}

/** A feature of either form. */
interface Source {
  key: string;
  path: string;
  about: Pick<Plan, 'description' | 'tags' | 'environments' | 'metadata'>;
  enabled: boolean;
  strategies: Strategy[];
  /** Of the feature as a whole: for whom a strategy without variants lets in. */
  variants: Variant[];
  dependencies: { key: string; enabled: boolean; variants: string[]; path: string }[];
  lost?: string;
}

interface Strategy {
  path: string;
  fields: Fields;
  variants: Variant[];
}

interface Variant {
  name: string;
  path: string;
  weight: number;
  value: Json | undefined;
  overrides: { contextName: string; values: string[] }[];
}

function served(file: Fields, selection: Selection): Source[] {
  return ofProject(file.objects('features'), selection).map((feature) => {
    const source: Source = {
      ...aboutOf(feature),
      enabled: feature.flag('enabled') ?? false,
      strategies: feature.objects('strategies').map(strategyOf),
      variants: feature.objects('variants').map(variantOf),
      dependencies: feature.objects('dependencies').map(dependencyOf),
    };
    feature.close(UNLEASH.feature);
    return source;
  });
}

function exported(file: Fields, selection: Selection): Source[] {
  const { ledger } = file;
  const settings = file.objects('featureEnvironments');
  const strategies = file.objects('featureStrategies');
  const environment = chosenEnvironment(
    [...settings, ...strategies].flatMap((one) => one.text('environment') ?? []),
    selection,
  );
  const isChosen = (one: Fields): boolean => {
    const own = one.text('environment');
    if (own === undefined || own === environment) return true;
    one.raw();
    ledger.lost(one.path, `another environment than ${environment}: import it by --environment`);
    return false;
  };
  const [own, chosen] = [settings.filter(isChosen), strategies.filter(isChosen)];
  const links = file.objects('featureStrategySegments').map((link) => {
    const one = { strategy: link.json('featureStrategyId'), segment: link.json('segmentId') ?? null };
    link.close();
    return one;
  });
  const tags = file.objects('featureTags').map((tag) => {
    const [type, value] = [
      tag.text('tagType') ?? tag.text('type') ?? 'simple',
      tag.text('tagValue') ?? tag.text('value'),
    ];
    const one = {
      feature: tag.name('featureName'),
      tag: type === 'simple' ? (value ?? '') : `${type}:${value ?? ''}`,
      path: tag.path,
    };
    tag.close({ createdByUserId: 'a person' });
    return one;
  });
  const dependencies = file.objects('dependencies').map((one) => {
    const made = { feature: one.name('feature'), all: one.objects('dependencies').map(dependencyOf) };
    one.close();
    return made;
  });
  return ofProject(file.objects('features'), selection).map((feature) => {
    const base = aboutOf(feature);
    const name = base.key;
    const setting = own.find((one) => one.name('featureName') === name);
    const mine = chosen
      .filter((one) => one.name('featureName') === name)
      .sort((a, b) => (a.number('sortOrder') ?? 0) - (b.number('sortOrder') ?? 0));
    for (const one of mine) {
      const linked = links
        .filter(({ strategy }) => strategy === one.peek('id'))
        .map(({ segment }) => segment);
      if (linked.length > 0)
        one.also('segments', [...((one.peek('segments') as Json[] | undefined) ?? []), ...linked]);
    }
    const isArchived = feature.flag('archived') === true || feature.peek('archivedAt');
    const source: Source = {
      ...base,
      about: {
        ...base.about,
        tags: tagsOf(
          tags.filter((one) => one.feature === name).map(({ tag }) => tag),
          feature.path,
          ledger,
        ),
        ...(environment !== undefined && { environments: [environment] }),
      },
      enabled: setting?.flag('enabled') ?? false,
      strategies: mine.map(strategyOf),
      variants: [...feature.objects('variants'), ...(setting?.objects('variants') ?? [])].map(variantOf),
      dependencies: dependencies.filter((one) => one.feature === name).flatMap((one) => one.all),
      ...(isArchived && { lost: 'it is archived there' }),
    };
    setting?.json('id');
    setting?.close(UNLEASH.environment);
    feature.close(UNLEASH.feature);
    return source;
  });
}

function ofProject(features: readonly Fields[], { project }: Selection): Fields[] {
  return features.filter((feature) => {
    const own = feature.peek('project') ?? 'default';
    if (project === undefined || own === project) return true;
    feature.ledger.lost(feature.path, `is of the project ${asText(own)}: import it by --project`);
    return false;
  });
}

function aboutOf(feature: Fields): Pick<Source, 'key' | 'path' | 'about'> {
  const metadata: Metadata = {};
  if (feature.flag('stale') === true) metadata['stale'] = true;
  return {
    key: feature.name('name'),
    path: feature.path,
    about: { description: feature.text('description'), metadata },
  };
}

function strategyOf(fields: Fields): Strategy {
  return { path: fields.path, fields, variants: fields.objects('variants').map(variantOf) };
}

function variantOf(fields: Fields): Variant {
  const payload = fields.object('payload');
  const value = payload && payloadOf(payload);
  payload?.close();
  const overrides = fields.objects('overrides').map((one) => {
    const made = { contextName: one.name('contextName'), values: one.texts('values') };
    one.close();
    return made;
  });
  const made = {
    name: fields.name('name'),
    path: fields.path,
    weight: fields.number('weight') ?? 0,
    value,
    overrides,
  };
  fields.close(UNLEASH.variant);
  return made;
}

function payloadOf(payload: Fields): Json {
  const [type, value] = [payload.name('type'), payload.name('value')];
  if (type === 'string' || type === 'csv') return value;
  try {
    const parsed = JSON.parse(value) as Json;
    if (type === 'json' || (type === 'number' && typeof parsed === 'number')) return parsed;
  } catch {
    // What is neither is named below.
  }
  throw malformed(payload.at('value'), `must be a ${type} as a text`);
}

function dependencyOf(fields: Fields): Source['dependencies'][number] {
  const made = {
    key: fields.name('feature'),
    enabled: fields.flag('enabled') ?? true,
    variants: fields.texts('variants'),
    path: fields.path,
  };
  fields.close();
  return made;
}

/** The outcomes of a feature without variants. */
const [ON, OFF] = ['on', 'off'];

class Reader {
  private readonly byKey: ReadonlyMap<string, Source>;

  constructor(
    sources: readonly Source[],
    private readonly shelf: Shelf,
    private readonly ledger: Ledger,
  ) {
    this.byKey = new Map(sources.map((source) => [source.key, source]));
  }

  plan(source: Source, flag_id: string): Plan {
    const { key, path, about, enabled } = source;
    if (source.lost !== undefined) throw new Unsupported(source.lost);
    const names = namesOf(variantsIn(source), this.ledger);
    const isToggle = names.size === 0;
    const variants: PlannedVariant[] = isToggle
      ? [
          { name: ON, value: true, path },
          { name: OFF, value: false, path },
        ]
      : [...new Map([...names].map(([variant, name]) => [name, variant]))].map(
          ([name, { value, path: at }]) => ({
            name,
            value,
            path: at,
          }),
        );
    const fallback = isToggle ? OFF : null;
    if (!isToggle)
      this.ledger.changed(path, 'has variants: it gives those, and no longer answers whether it is enabled');
    const strategies =
      source.strategies.length > 0
        ? source.strategies.flatMap((strategy) => this.strategy(strategy, source, names))
        : this.admitting({ path, conditions: {}, line: '' }, 1, source.variants, names, key);
    return {
      key,
      flag_id,
      path,
      ...about,
      enabled,
      variants,
      off: fallback,
      prerequisites: source.dependencies.map((one) => this.prerequisite(one)),
      ...cascade(strategies, fallback, path),
      otherwisePath: path,
    };
  }

  /** Strategies are alternatives: whom one does not let in, the next may. */
  private strategy({ path, fields, variants }: Strategy, source: Source, names: Names): PartialRule[] {
    try {
      const isOff = fields.flag('disabled') ?? false;
      fields.number('sortOrder');
      fields.text('environment');
      const name = fields.text('strategyName') ?? fields.name('name');
      const constraints = constraintsOf(fields);
      const segments = (fields.json('segments') ?? []) as Json[];
      const parameters = fields.object('parameters') ?? new Fields({}, fields.at('parameters'), this.ledger);
      if (isOff) throw new Unsupported('it is off there');
      const { conditions: admitted, share, line } = this.admission(name, parameters, source.key, path);
      parameters.close(UNLEASH.parameters);
      fields.close(UNLEASH.strategy);
      const members = segments.map((id): Constrained => ({
        conditions: this.shelf.member(asText(id)),
      }));
      const { conditions, schedule } = every([constraints, ...members, { conditions: admitted }]);
      const groupId = asText(parameters.peek('groupId') ?? source.key);
      return this.admitting(
        { path, conditions, schedule, line },
        share,
        variants.length > 0 ? variants : source.variants,
        names,
        groupId,
      );
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.ledger.lost(path, `the strategy is left out: ${error.message}`);
      return [];
    }
  }

  private admission(
    name: string,
    parameters: Fields,
    key: string,
    path: string,
  ): { conditions: Conditions; share: number; line: string } {
    const by = (stickiness: string, percentage: string) => {
      const given = Number(parameters.json(percentage));
      const groupId = asText(parameters.peek('groupId') || key);
      // A hundred buckets: parts of a per cent let nobody in.
      const share = Number.isFinite(given) ? Math.floor(Math.min(100, Math.max(0, given))) / 100 : 0;
      const isUser = stickiness === 'default' || stickiness === 'userId';
      const isCustom = !isUser && stickiness !== 'random' && stickiness !== 'sessionId';
      if (share < 1) this.ledger.changed(path, isUser ? DEALT_ANEW : dealtAnewBy(stickiness));
      // Everybody is let in: what they are dealt by does not matter.
      else this.ledger.ignored.push(parameters.at('stickiness'));
      const conditions = isCustom || stickiness === 'sessionId' ? not(absent(attributeOf(stickiness))) : {};
      return { conditions, share, line: `${stickiness}|${groupId}` };
    };
    switch (name) {
      case 'default':
        return { conditions: {}, share: 1, line: '' };
      case 'flexibleRollout':
        return by(parameters.text('stickiness') ?? 'default', 'rollout');
      case 'gradualRolloutUserId':
        return by('userId', 'percentage');
      case 'gradualRolloutSessionId':
        return by('sessionId', 'percentage');
      case 'gradualRolloutRandom':
        return by('random', 'percentage');
      case 'userWithId': {
        const ids = (parameters.text('userIds') ?? '').split(',').map((one) => one.trim());
        return {
          conditions: oneOf(
            'targetingKey',
            ids.filter((one) => one !== ''),
          ),
          share: 1,
          line: '',
        };
      }
    }
    throw new Unsupported(`a strategy of type ${name}`);
  }

  /** The rules for whom a strategy lets in: variants for units by name first, then by weight. */
  private admitting(
    rule: Omit<PartialRule, 'pieces'>,
    share: number,
    variants: readonly Variant[],
    names: Names,
    groupId: string,
  ): PartialRule[] {
    const whole = (outcome: Outcome): Piece[] => (share > 0 ? [{ from: 0, to: share, outcome }] : []);
    if (names.size === 0) return [{ ...rule, pieces: whole(ON) }];
    const total = variants.reduce((sum, { weight }) => sum + weight, 0);
    if (total <= 0) return [{ ...rule, pieces: whole(null) }];
    if (variants.filter(({ weight }) => weight > 0).length > 1) this.ledger.changed(rule.path, DEALT_ANEW);
    const overridden = variants.flatMap((variant) =>
      variant.overrides.map(({ contextName, values }) => ({
        ...rule,
        conditions: all([rule.conditions, oneOf(attributeOf(contextName), values)]),
        pieces: whole(names.get(variant)!),
      })),
    );
    const weights = variants.map((variant) => [names.get(variant)!, variant.weight] as const);
    const pieces = stacked(weights, total).map(({ from, to, outcome }) => ({
      from: from * share,
      to: to * share,
      outcome,
    }));
    // Without a share to let in, the hash that deals the variants is all there is.
    return [...overridden, { ...rule, line: rule.line || `variants|${groupId}`, pieces }];
  }

  private prerequisite({
    key,
    enabled,
    variants,
    path,
  }: Source['dependencies'][number]): Plan['prerequisites'][number] {
    const needed = this.byKey.get(key);
    const own = needed ? [...new Set(variantsIn(needed).map(({ name }) => name))] : [];
    if (own.length === 0) {
      if (variants.length > 0) throw new Unsupported(`${path} asks for variants of ${key}, which has none`);
      return { key, path, variants: [enabled ? ON : OFF] };
    }
    if (!enabled) throw new Unsupported(`${path} asks for ${key} to be off, which serves no variant then`);
    return { key, path, variants: variants.length > 0 ? variants : own };
  }
}

function variantsIn({ strategies, variants }: Source): Variant[] {
  return [...variants, ...strategies.flatMap((one) => one.variants)];
}

type Names = ReadonlyMap<Variant, string>;

/** What each variant is called here. Strategies may repeat one; of another value it is another one. */
function namesOf(all: readonly Variant[], ledger: Ledger): Names {
  const names = new Map<Variant, string>();
  const values = new Map<string, string>();
  for (const variant of all) {
    const value = JSON.stringify(variant.value ?? null);
    let name = variant.name;
    for (let n = 2; values.has(name) && values.get(name) !== value; n += 1) name = `${variant.name}-${n}`;
    if (name !== variant.name && !values.has(name)) {
      ledger.changed(
        variant.path,
        `is called ${name} here: another variant ${variant.name} has another value`,
      );
    }
    values.set(name, value);
    names.set(variant, name);
  }
  return names;
}
