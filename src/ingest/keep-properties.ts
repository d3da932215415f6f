import type { Event } from '../model/event.js';
import {
  looksPersonal,
  type Dropped,
  type KeptProperty,
  type Properties,
  type PropertyScalar,
  type PropertyValue,
} from '../model/property.js';

/** Of a text, in UTF-16 units. */
const LONGEST_TEXT = 256;
/** Of a list, elements. */
const LONGEST_LIST = 20;
/** Of all properties of one event together, in UTF-16 units; a number is 8. */
const LARGEST = 2_048;

/** The properties that metrics name, by type of event. */
export type KeptByType = ReadonlyMap<string, readonly KeptProperty[]>;

const indexes = new WeakMap<readonly KeptProperty[], KeptByType>();

/** The same list always gives the same map: it is made once for each list. */
export function keptByType(properties: readonly KeptProperty[]): KeptByType {
  let byType = indexes.get(properties);
  if (!byType) indexes.set(properties, (byType = grouped(properties)));
  return byType;
}

function grouped(properties: readonly KeptProperty[]): KeptByType {
  const byType = new Map<string, KeptProperty[]>();
  for (const property of properties) {
    const others = byType.get(property.type);
    if (others) others.push(property);
    else byType.set(property.type, [property]);
  }
  return byType;
}

/**
 * Those properties of an event that are kept: named by a metric, plain and small, and not about a person, unless the metric
 * says that they may be. Undefined where there is none.
 */
export function keptProperties(
  { type, properties }: Pick<Event, 'type' | 'properties'>,
  kept: KeptByType,
  onDropped: (why: Dropped) => void = () => undefined,
): Properties | undefined {
  const named = properties && kept.get(type);
  if (!named) return undefined;
  const found: [string, PropertyValue][] = [];
  let size = 0;
  for (const { name, personal } of named) {
    if (!Object.hasOwn(properties, name)) continue;
    const value = properties[name];
    // Nothing is said of it: as if it were not there.
    if (value === null || value === undefined) continue;
    const own = sizeOf(value);
    const why = lackOf(value, personal) ?? (size + own > LARGEST ? 'property_too_large' : null);
    if (why !== null) onDropped(why);
    else {
      size += own;
      found.push([name, value as PropertyValue]);
    }
  }
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function lackOf(value: unknown, personal: boolean): Dropped | null {
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  if (!parts.every(isScalar)) return 'property_nested';
  const isLarge = (part: PropertyScalar): boolean =>
    typeof part === 'string'
      ? part.length > LONGEST_TEXT
      : typeof part === 'number' && !Number.isFinite(part);
  if (parts.length > LONGEST_LIST || parts.some(isLarge)) return 'property_too_large';
  return !personal && parts.some(looksPersonal) ? 'property_personal' : null;
}

function isScalar(value: unknown): value is PropertyScalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function sizeOf(value: unknown): number {
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  return parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? part.length : 8), 0);
}
