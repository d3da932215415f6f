import canonicalize from 'canonicalize';
import { idSchema } from '../model/id.js';
import type { Json } from '../model/json.js';
import type { PlannedVariant } from './flag-plan.js';

/**
 * Names for variants that have none in their document: the value itself where that is a valid id (on and off for true and
 * false), else `prefix` and the position.
 */
export function nameVariants(
  values: readonly { value: Json; path: string }[],
  prefix: string,
): PlannedVariant[] {
  const names = new Set<string>();
  return values.map(({ value, path }, index) => {
    const own =
      typeof value === 'boolean' ? (value ? 'on' : 'off') : typeof value === 'object' ? '' : String(value);
    const name = idSchema.safeParse(own).success && !names.has(own) ? own : `${prefix}-${index}`;
    names.add(name);
    return { name, value, path };
  });
}

/** The first occurrence of each value; the order of an object's keys does not matter. */
export function distinctValues<T extends { value: Json }>(items: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const item of items) {
    const text = canonicalize(item.value)!;
    if (!seen.has(text)) seen.set(text, item);
  }
  return [...seen.values()];
}
