import type { Json } from '../../model/json.js';
import type { Fields } from '../fields.js';
import type { FlagDescription } from '../flag-plan.js';
import { malformed } from '../migration-errors.js';
import type { FlagMetadata } from '../tags-and-metadata.js';
import { IGNORED } from './ignored-fields.js';

/** A feature, whichever of the two document forms it was read from. */
export interface UnleashFeature {
  key: string;
  path: string;
  about: FlagDescription;
  enabled: boolean;
  strategies: UnleashStrategy[];
  /** Of the feature as a whole: for units that a strategy without variants admits. */
  variants: UnleashVariant[];
  dependencies: FeatureDependency[];
  /** Why the feature cannot be carried over. */
  lost?: string | undefined;
}

export interface UnleashStrategy {
  path: string;
  fields: Fields;
  variants: UnleashVariant[];
}

export interface UnleashVariant {
  name: string;
  path: string;
  weight: number;
  value: Json | undefined;
  /** Context fields with values that get the variant whatever its weight. */
  overrides: { contextName: string; values: string[] }[];
}

/** Another feature, which must be enabled or not, or must serve one of the variants. */
export interface FeatureDependency {
  key: string;
  enabled: boolean;
  variants: string[];
  path: string;
}

/** All variants that a feature can serve. */
export function variantsIn({ strategies, variants }: UnleashFeature): UnleashVariant[] {
  return [...variants, ...strategies.flatMap((strategy) => strategy.variants)];
}

/** The project of a feature, for selecting by it. */
export function projectOf({ project }: Readonly<Record<string, Json>>): string | undefined {
  return typeof project === 'string'
    ? project
    : project === undefined || project === null
      ? 'default'
      : undefined;
}

export function readDescription(feature: Fields): Pick<UnleashFeature, 'key' | 'path' | 'about'> {
  const metadata: FlagMetadata = {};
  if (feature.boolean('stale') === true) metadata['stale'] = true;
  return {
    key: feature.requiredString('name'),
    path: feature.path,
    about: { description: feature.string('description'), metadata },
  };
}

/** The fields other than variants are read when the feature is planned. */
export function readStrategy(strategy: Fields): UnleashStrategy {
  return {
    path: strategy.path,
    fields: strategy,
    variants: strategy.objects('variants').map(readVariant),
  };
}

export function readVariant(variant: Fields): UnleashVariant {
  const payload = variant.object('payload');
  const value = payload && payloadValue(payload);
  payload?.close();
  const overrides = variant.objects('overrides').map((override) => {
    const read = {
      contextName: override.requiredString('contextName'),
      values: override.strings('values'),
    };
    override.close();
    return read;
  });
  const read = {
    name: variant.requiredString('name'),
    path: variant.path,
    weight: variant.number('weight') ?? 0,
    value,
    overrides,
  };
  variant.close(IGNORED.variant);
  return read;
}

/** Unleash writes every value as a string. Its SDKs read numbers as JavaScript's `Number` does: `.5`, `007` and `+5` are some. */
function payloadValue(payload: Fields): Json {
  const [type, value] = [payload.requiredString('type'), payload.requiredString('value')];
  if (type === 'string' || type === 'csv') return value;
  if (type === 'number' && Number.isFinite(Number(value))) return Number(value);
  if (type === 'json') {
    try {
      return JSON.parse(value) as Json;
    } catch {
      // Reported below.
    }
  }
  throw malformed(payload.at('value'), `must be a ${type} written as a string`);
}

export function readDependency(dependency: Fields): FeatureDependency {
  const read = {
    key: dependency.requiredString('feature'),
    enabled: dependency.boolean('enabled') ?? true,
    variants: dependency.strings('variants'),
    path: dependency.path,
  };
  dependency.close();
  return read;
}
