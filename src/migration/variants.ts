import { idSchema } from '../model/id.js';
import type { Json } from '../model/json.js';
import canonicalize from 'canonicalize';
import type { PlannedVariant } from './plan.js';

/** Values that have no names in their document, named after themselves where that is a name
 * (true and false: on and off), else by their position. */
export function named(values: readonly { value: Json; path: string }[], prefix: string): PlannedVariant[] {
  const names = new Set<string>();
  return values.map(({ value, path }, index) => {
    const own =
      typeof value === 'boolean' ? (value ? 'on' : 'off') : typeof value === 'object' ? '' : String(value);
    const name = idSchema.safeParse(own).success && !names.has(own) ? own : `${prefix}-${index}`;
    names.add(name);
    return { name, value, path };
  });
}

/** The first of each value, whatever the order of keys in it. */
export function distinctValues<T extends { value: Json }>(values: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const one of values) {
    const text = canonicalize(one.value)!;
    if (!seen.has(text)) seen.set(text, one);
  }
  return [...seen.values()];
}
