import type { Metric } from '../model/metric.js';
import { OWN_VALUE, type KeptProperty } from '../model/property.js';

type Path = (string | number)[];

/** The names that conditions read, each with its place; also that of the event's own value. */
export function namesIn(conditions: unknown, path: Path = []): { name: string; path: Path }[] {
  if (typeof conditions !== 'object' || conditions === null) return [];
  if (Array.isArray(conditions)) return conditions.flatMap((one, index) => namesIn(one, [...path, index]));
  return Object.entries(conditions).flatMap(([key, inner]) => {
    const place = [...path, key];
    if (!key.startsWith('$')) return [{ name: key, path: place }];
    return ['$and', '$or', '$nor', '$not'].includes(key) ? namesIn(inner, place) : [];
  });
}

/** The properties that a metric names, which is why they are kept. */
export function propertiesOf({ event, where, value, personal_properties = [] }: Metric): KeptProperty[] {
  const named = where === undefined ? [] : namesIn(JSON.parse(where)).map(({ name }) => name);
  const names = new Set([
    ...named.filter((name) => name !== OWN_VALUE),
    ...(value === undefined ? [] : [value]),
  ]);
  return [...names].map((name) => ({ type: event, name, personal: personal_properties.includes(name) }));
}

/** The same of many metrics: each property once, in the order of types and names. */
export function propertiesOfAll(all: Iterable<KeptProperty>): KeptProperty[] {
  const found = new Map<string, KeptProperty>();
  for (const { type, name, personal } of all) {
    const key = `${type}\n${name}`;
    found.set(key, { type, name, personal: personal || found.get(key)?.personal === true });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, property]) => property);
}
