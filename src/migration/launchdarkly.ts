import type { Json } from '../model/json.js';
import { served, sharesOf, stacked } from './cascade.js';
import { all, any, not, oneOf, type Conditions } from './conditions.js';
import { DEALT_ANEW, dealtAnewBy } from './dealing.js';
import { Fields, isObject, malformed, member, Unsupported } from './fields.js';
import { finish, planned, type Planned } from './finish.js';
import { Ids } from './ids.js';
import type { Imported, Selection } from './imported.js';
import { tagsOf, type Metadata } from './labels.js';
import { attributeIn, clausesOf, noteKind, type SegmentMember } from './launchdarkly-clauses.js';
import { Ledger } from './ledger.js';
import { LAUNCHDARKLY } from './meaningless.js';
import type { Plan, PlannedRule, PlannedVariant, Serve } from './plan.js';
import { chosenEnvironment } from './selection.js';
import { Shelf, type Group } from './shelf.js';
import { named } from './variants.js';

/**
 * Flag data of LaunchDarkly as SDKs and relays have it (`flags`, `segments`, `flagValues`), or flags as the REST API
 * lists them (`items`, with `segments` beside them as a list where they were fetched too).
 *
 * @throws {RampartError} validation_failed, naming the path, where the document is neither
 */
export function fromLaunchdarkly(
  document: unknown,
  selection: Selection = {},
  ledger = new Ledger(),
): Imported {
  const file = new Fields(document, '', ledger);
  // A relay's stream wraps all of it into `data`.
  if (isObject(file.peek('data'))) return fromLaunchdarkly(file.peek('data'), selection, ledger);
  const sources = file.has('items') ? listed(file, selection) : keyed(file);
  const values = file.object('flagValues');
  const segment: SegmentMember = (key) => shelf.member(key);
  const groups = segmentsOf(file, segment);
  file.close(LAUNCHDARKLY.document);
  const ids = new Ids([...sources.map(({ key }) => key), ...(values?.names() ?? [])], 'flags', ledger);
  const segmentIds = new Ids(
    groups.map(({ key }) => key),
    'segments',
    ledger,
  );
  const shelf: Shelf = new Shelf(groups, segmentIds, ledger);
  const reader = new Reader(sources, segment);
  const read = sources.map((source) =>
    planned(source.key, source.path, () => reader.plan(source, ids.of(source.key)!)),
  );
  const fixed = Object.entries(values?.raw() ?? {})
    .filter(([key]) => !sources.some((source) => source.key === key))
    .map(([key, value]) => fixedFlag(key, ids.of(key)!, value, values!.at(key)));
  for (const key of values?.names() ?? []) {
    if (sources.some((source) => source.key === key))
      ledger.lost(values!.at(key), 'the flag is among `flags` too');
  }
  return finish([...read, ...fixed], shelf, ledger);
}

/** A flag of either form: what it is about, and what holds in the environment. */
interface Source {
  key: string;
  path: string;
  about: Pick<Plan, 'description' | 'tags' | 'owner' | 'environments' | 'metadata'>;
  variants: PlannedVariant[];
  settings: Fields;
  on: boolean;
  offVariation: number | undefined;
  /** Accounts for what was not read of `settings`. */
  close: () => void;
  lost?: string;
}

function keyed(file: Fields): Source[] {
  if (!file.has('flags') && !file.has('flagValues')) file.missing('flags');
  return file.entries('flags').map(([key, flag]) => {
    const values = flag.json('variations') ?? [];
    if (!Array.isArray(values)) throw malformed(flag.at('variations'), 'must be a list');
    const variants = named(
      values.map((value, index) => ({ value, path: member(flag.at('variations'), index) })),
      'variation',
    );
    const isDeleted = flag.peek('deleted') === true;
    return {
      key,
      path: flag.path,
      about: { ...(flag.has('tags') && { tags: tagsOf(flag.texts('tags'), flag.at('tags'), flag.ledger) }) },
      variants,
      settings: flag,
      on: flag.flag('on') ?? false,
      offVariation: flag.number('offVariation'),
      close: () => flag.close(LAUNCHDARKLY.flag),
      ...(isDeleted && { lost: 'it is deleted there' }),
    };
  });
}

function listed(file: Fields, selection: Selection): Source[] {
  const flags = file.objects('items');
  const environment = chosenEnvironment(
    flags.flatMap((flag) => Object.keys((flag.peek('environments') as object | null) ?? {})),
    selection,
  );
  return flags.flatMap((flag) => restFlag(flag, environment) ?? []);
}

function restFlag(flag: Fields, environment: string | undefined): Source | null {
  const { ledger, path } = flag;
  const key = flag.name('key');
  const environments = flag.entries('environments');
  const settings = environments.find(([name]) => name === environment)?.[1];
  for (const [name, other] of environments) {
    if (name !== environment)
      ledger.lost(other.path, `another environment than ${environment}: import it by --environment`);
  }
  const variants = restVariants(flag);
  const [name, description] = [flag.text('name'), flag.text('description')];
  const maintainer = flag.object('_maintainer');
  const owner = maintainer?.text('email') ?? flag.text('maintainerTeamKey') ?? flag.text('maintainerId');
  maintainer?.close(LAUNCHDARKLY.maintainer);
  const metadata: Metadata = {};
  const temporary = flag.flag('temporary');
  if (temporary !== undefined) metadata['temporary'] = temporary;
  const properties = flag.object('customProperties');
  for (const [id, property] of properties ? flag.entries('customProperties') : []) {
    metadata[id] = property.texts('value').join(', ');
    property.close({ name: 'repeats the key' });
  }
  const about = {
    description: [name === key ? undefined : name, description].filter(Boolean).join(': '),
    tags: tagsOf(flag.texts('tags'), flag.at('tags'), ledger),
    ...(owner && { owner }),
    metadata,
    ...(environment !== undefined && { environments: [environment] }),
  };
  const defaults = flag.object('defaults');
  const isArchived = flag.flag('archived') === true;
  if (!settings) {
    flag.close(LAUNCHDARKLY.flag);
    ledger.lost(path, `the flag is left out: it has no settings for ${environment ?? 'any environment'}`);
    return null;
  }
  const source = {
    key,
    path,
    about,
    variants,
    settings,
    on: settings.flag('on') ?? false,
    // Where an environment names none, the flag's own defaults do.
    offVariation: settings.number('offVariation') ?? defaults?.number('offVariation'),
    close: () => settings.close(LAUNCHDARKLY.environment),
  };
  defaults?.close({ onVariation: 'of environments to be made', offVariation: 'of environments to be made' });
  flag.close(LAUNCHDARKLY.flag);
  return isArchived ? { ...source, lost: 'it is archived there' } : source;
}

/** Variations with names of their own keep them. */
function restVariants(flag: Fields): PlannedVariant[] {
  const variations = flag.objects('variations');
  const plain = named(
    variations.map((one) => ({ value: one.json('value') ?? null, path: one.path })),
    'variation',
  );
  const names = variations.map((one) => one.text('name'));
  const made = plain.map((variant, index) => {
    const own = names[index];
    const isUnique = own && !names.some((name, other) => name === own && other !== index);
    const name =
      isUnique && !plain.some((one, other) => one.name === own && other !== index) ? own : variant.name;
    return { ...variant, name, description: variations[index]!.text('description') };
  });
  for (const one of variations) one.close(LAUNCHDARKLY.variation);
  return made;
}

function fixedFlag(key: string, flag_id: string, value: Json, path: string): Planned {
  const variants = named([{ value, path }], 'variation');
  const { name } = variants[0]!;
  return {
    plan: {
      key,
      flag_id,
      path,
      enabled: true,
      variants,
      off: null,
      prerequisites: [],
      rules: [],
      otherwise: name,
      otherwisePath: path,
    },
  };
}

function segmentsOf(file: Fields, segment: SegmentMember): Group[] {
  const all = Array.isArray(file.peek('segments'))
    ? file.objects('segments').map((one) => [one.name('key'), one] as const)
    : file.entries('segments');
  return all.map(([key, fields]) => segmentOf(key, fields, segment));
}

function segmentOf(key: string, fields: Fields, segment: SegmentMember): Group {
  const { ledger } = fields;
  const name = fields.text('name');
  const description = [name === key ? undefined : name, fields.text('description')]
    .filter(Boolean)
    .join(': ');
  const isBig = fields.flag('unbounded') ?? false;
  const isDeleted = fields.peek('deleted') === true;
  const included = any([
    oneOf('targetingKey', fields.texts('included')),
    ...contexts(fields, 'includedContexts'),
  ]);
  const excluded = any([
    oneOf('targetingKey', fields.texts('excluded')),
    ...contexts(fields, 'excludedContexts'),
  ]);
  const rules = fields.objects('rules').map((rule) => ({
    rule,
    weight: rule.number('weight'),
    bucketBy: rule.json('bucketBy'),
    kind: rule.json('rolloutContextKind'),
  }));
  if (fields.has('tags')) {
    if (fields.texts('tags').length > 0) ledger.lost(fields.at('tags'), 'a segment has no tags here');
  }
  fields.close(LAUNCHDARKLY.segment);
  return {
    key,
    path: fields.path,
    description,
    conditions: () => {
      if (isDeleted) throw new Unsupported('it is deleted there');
      if (isBig) throw new Unsupported('it is a big segment: who is in it stands outside of the document');
      const met = rules.flatMap(({ rule, weight }) => {
        try {
          const clauses = clausesOf(rule, segment);
          if (weight !== undefined && weight < 100_000)
            throw new Unsupported('a segment can not take a share of units');
          rule.close(LAUNCHDARKLY.rule);
          return [clauses];
        } catch (error) {
          if (!(error instanceof Unsupported)) throw error;
          ledger.lost(rule.path, `the rule of the segment is left out: ${error.message}`);
          return [];
        }
      });
      return any([included, all([not(excluded), any(met)])]);
    },
  };
}

function contexts(fields: Fields, name: string): Conditions[] {
  return fields.objects(name).map((one) => {
    const kind = one.text('contextKind') ?? 'user';
    const condition = oneOf(attributeIn(kind, 'key', false), one.texts('values'));
    if (kind !== 'user') noteKind(kind, one.path, fields.ledger);
    one.close();
    return condition;
  });
}

class Reader {
  private readonly byKey: ReadonlyMap<string, Source>;

  constructor(
    sources: readonly Source[],
    private readonly segment: SegmentMember,
  ) {
    this.byKey = new Map(sources.map((source) => [source.key, source]));
  }

  plan(source: Source, flag_id: string): Plan {
    const { key, path, about, variants, settings, on, offVariation } = source;
    const { ledger } = settings;
    if (source.lost !== undefined) throw new Unsupported(source.lost);
    const variant = (index: number | undefined, at: string): string => {
      const found = index === undefined ? undefined : variants[index];
      if (!found) throw malformed(at, `there is no variation ${index}`);
      return found.name;
    };
    const serve = (fields: Fields): Serve => this.serve(fields, variant);
    const targets = this.targets(settings, variant);
    const rules = settings.objects('rules').flatMap((rule): PlannedRule[] => {
      const served = serve(rule);
      const description = rule.text('description');
      if (rule.flag('disabled') === true) {
        rule.raw();
        ledger.lost(rule.path, 'the rule is off there');
        return [];
      }
      try {
        const conditions = clausesOf(rule, this.segment);
        rule.close(LAUNCHDARKLY.rule);
        return [{ path: rule.path, description, conditions, serve: served }];
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        ledger.lost(rule.path, `the rule is left out: ${error.message}`);
        return [];
      }
    });
    const prerequisites = settings.objects('prerequisites').map((one) => this.prerequisite(one));
    const fallthrough = settings.object('fallthrough') ?? settings.missing('fallthrough');
    const otherwise = serve(fallthrough);
    fallthrough.close(LAUNCHDARKLY.rule);
    source.close();
    return {
      key,
      flag_id,
      path,
      ...about,
      enabled: on,
      variants,
      off: offVariation === undefined ? null : variant(offVariation, settings.at('offVariation')),
      prerequisites,
      rules: [...targets, ...rules],
      otherwise,
      otherwisePath: fallthrough.path,
    };
  }

  /** Units by name. With targets of several kinds of contexts, theirs is the order, and those of users only fill it in. */
  private targets(
    settings: Fields,
    variant: (index: number | undefined, at: string) => string,
  ): PlannedRule[] {
    const { ledger } = settings;
    const read = (name: string) =>
      settings.objects(name).map((target) => {
        const one = {
          path: target.path,
          kind: target.text('contextKind') ?? 'user',
          variation: target.number('variation'),
          values: target.texts('values'),
        };
        target.close();
        return { ...one, serve: variant(one.variation, `${one.path}.variation`) };
      });
    const [users, contexts] = [read('targets'), read('contextTargets')];
    const used = new Set<string>();
    const ordered =
      contexts.length === 0
        ? users
        : contexts.map((one) => {
            if (one.kind !== 'user') return one;
            const own = users.find(({ variation }) => variation === one.variation);
            if (own) used.add(own.path);
            return own ?? { ...one, values: [] };
          });
    for (const { path } of contexts.length === 0 ? [] : users) {
      if (!used.has(path)) ledger.lost(path, 'is never read there: contextTargets does not refer to it');
    }
    return ordered.flatMap(({ path, kind, values, serve }) => {
      if (values.length === 0) return [];
      if (kind !== 'user') noteKind(kind, path, ledger);
      return [{ path, conditions: oneOf(attributeIn(kind, 'key', false), values), serve }];
    });
  }

  private serve(fields: Fields, variant: (index: number | undefined, at: string) => string): Serve {
    const variation = fields.number('variation');
    const rollout = fields.object('rollout');
    if (variation !== undefined) {
      if (rollout) fields.ledger.lost(rollout.path, 'is never read there: a variation stands beside it');
      return variant(variation, fields.at('variation'));
    }
    if (!rollout) throw malformed(fields.path, 'must have a variation or a rollout');
    const kind = rollout.text('contextKind') ?? 'user';
    const isExperiment = rollout.text('kind') === 'experiment';
    const bucketBy = rollout.text('bucketBy');
    const weighted = rollout.objects('variations').map((one): [string, number] => {
      const part: [string, number] = [
        variant(one.number('variation'), one.at('variation')),
        one.number('weight') ?? 0,
      ];
      one.close(LAUNCHDARKLY.weighted);
      return part;
    });
    rollout.close(LAUNCHDARKLY.rollout);
    const last = weighted.at(-1);
    if (!last) throw malformed(rollout.at('variations'), 'must name at least one variation');
    // What the weights leave over goes to the last.
    const rest = 100_000 - weighted.reduce((sum, [, weight]) => sum + weight, 0);
    const total = rest > 0 ? [...weighted, [last[0], rest] as [string, number]] : weighted;
    const by = isExperiment || bucketBy === undefined || bucketBy === 'key' ? undefined : bucketBy;
    const of = kind === 'user' ? by : `${kind}.${by ?? 'key'}`;
    fields.ledger.changed(rollout.path, of === undefined ? DEALT_ANEW : dealtAnewBy(of));
    if (isExperiment) {
      fields.ledger.changed(
        rollout.path,
        'is an experiment there: here it is a split, without exposures and results',
      );
    }
    const pieces = stacked(
      total,
      total.reduce((sum, [, weight]) => sum + weight, 0),
    );
    return served(sharesOf([{ path: rollout.path, conditions: {}, line: '', pieces }]));
  }

  private prerequisite(fields: Fields): Plan['prerequisites'][number] {
    const [key, variation] = [fields.name('key'), fields.number('variation')];
    fields.close(LAUNCHDARKLY.prerequisite);
    const needed = this.byKey.get(key);
    const name = variation === undefined ? undefined : needed?.variants[variation]?.name;
    if (needed && name === undefined)
      throw malformed(fields.at('variation'), `${key} has no variation ${variation}`);
    if (needed && !needed.on && needed.offVariation === variation) {
      throw new Unsupported(
        `its prerequisite ${key} is off there and so is not met, although it serves the variation asked for`,
      );
    }
    return { key, variants: name === undefined ? [] : [name], path: fields.path };
  }
}
