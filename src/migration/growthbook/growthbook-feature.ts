import type { Json } from '../../model/json.js';
import type { Fields } from '../fields.js';
import type { FlagDescription, PlannedSchedule, PlannedVariant } from '../flag-plan.js';
import { distinctValues, nameVariants } from '../variant-names.js';

/** A feature, whichever of the two document forms it was read from. */
export interface GrowthbookFeature {
  key: string;
  path: string;
  about: FlagDescription;
  enabled: boolean;
  fallback: Json;
  fallbackPath: string;
  prerequisites: FeaturePrerequisite[];
  rules: GrowthbookRule[];
  /** Every value that the feature can serve. */
  variants: PlannedVariant[];
  /** Why the feature cannot be carried over. */
  lost?: string | undefined;
}

/** Another feature, whose value must meet the condition. */
export interface FeaturePrerequisite {
  key: string;
  condition: Json;
  path: string;
}

export interface GrowthbookRule {
  path: string;
  description?: string | undefined;
  conditions: Json;
  savedGroups: SavedGroupTargeting[];
  schedule?: PlannedSchedule | undefined;
  serves: ValueRange[];
  /** The attribute that is hashed, and the seed it is hashed with. */
  attribute: string;
  seed: string;
  /** Whether the hash decides at all; otherwise the rule serves every unit that it matches. */
  isHashed: boolean;
  /** Why the rule cannot be carried over. */
  lost?: string | undefined;
}

/** Saved groups of which a unit must be in `all`, `any` or `none`. */
export interface SavedGroupTargeting {
  match: string;
  ids: string[];
}

/** The value of units whose hash lies between `from` and `to`. */
export interface ValueRange {
  value: Json;
  path: string;
  from: number;
  to: number;
}

export const DEPENDS_ON_FEATURE =
  'it depends on another feature: here only a whole flag can have prerequisites';

/** Adds the variants: one for each distinct value, named after it. */
export function withVariants(
  feature: Fields,
  read: Omit<GrowthbookFeature, 'path' | 'variants'>,
): GrowthbookFeature {
  const values = [
    ...read.rules.flatMap(({ serves }) => serves),
    { value: read.fallback, path: read.fallbackPath },
  ].filter(({ value }) => value !== null);
  // A feature of true and false serves false where it is off.
  if (values.every(({ value }) => typeof value === 'boolean'))
    values.push({ value: false, path: feature.path });
  return { path: feature.path, ...read, variants: nameVariants(distinctValues(values), 'value') };
}

/** Our flags hash the targetingKey only. */
export function loseFallbackAttribute(rule: Fields): void {
  if (!rule.has('fallbackAttribute')) return;
  rule.json('fallbackAttribute');
  rule.ledger.lost(rule.at('fallbackAttribute'), 'units are assigned by targetingKey only');
}
