import type { Json } from '../model/json.js';

/** Our conditions, docs/snapshot.md. */
export type Conditions = Record<string, Json>;

export const ALWAYS: Conditions = {};
export const NEVER: Conditions = { $nor: [{}] };

const isAlways = (one: Conditions): boolean => Object.keys(one).length === 0;
const isNever = (one: Conditions): boolean => JSON.stringify(one) === JSON.stringify(NEVER);

/** All of them; written side by side where none hides another. */
export function all(conditions: readonly Conditions[]): Conditions {
  if (conditions.some(isNever)) return NEVER;
  const kept = distinct(conditions.flatMap(parts));
  const keys = kept.flatMap(Object.keys);
  if (new Set(keys).size === keys.length) return Object.assign({}, ...kept) as Conditions;
  return { $and: kept };
}

/** What all of must hold, one by one. */
function parts(condition: Conditions): Conditions[] {
  return Object.entries(condition).flatMap(([key, one]) =>
    key === '$and' ? (one as Conditions[]).flatMap(parts) : [{ [key]: one }],
  );
}

/** Any of them; none of an empty list. */
export function any(conditions: readonly Conditions[]): Conditions {
  if (conditions.some(isAlways)) return ALWAYS;
  const parts = conditions.flatMap((one) =>
    Object.keys(one).join() === '$or' ? (one['$or'] as Conditions[]) : [one],
  );
  const kept = distinct(parts.filter((one) => !isNever(one)));
  if (kept.length === 0) return NEVER;
  return kept.length === 1 ? kept[0]! : { $or: kept };
}

export function not(condition: Conditions): Conditions {
  if (isAlways(condition)) return NEVER;
  if (isNever(condition)) return ALWAYS;
  const { $nor: denied, ...more } = condition;
  if (Array.isArray(denied) && denied.length === 1 && Object.keys(more).length === 0)
    return denied[0] as Conditions;
  return { $nor: [condition] };
}

/** The attribute is missing or null. */
export function absent(attribute: string): Conditions {
  return { [attribute]: { $not: { $exists: true, $ne: null } } };
}

export function oneOf(attribute: string, values: readonly Json[]): Conditions {
  if (values.length === 0) return NEVER;
  // A literal object with keys that begin with $ would be read as operators.
  if (values.length === 1 && (values[0] === null || typeof values[0] !== 'object'))
    return { [attribute]: values[0]! };
  return { [attribute]: { $in: [...values] } };
}

export type Place = 'start' | 'end' | 'whole' | 'anywhere';

/** The attribute is a text that has one of the texts at that place. */
export function hasText(
  attribute: string,
  texts: readonly string[],
  place: Place,
  ignoreCase = false,
): Conditions {
  if (texts.length === 0) return NEVER;
  const pattern = texts.length === 1 ? escaped(texts[0]!) : `(?:${texts.map(escaped).join('|')})`;
  const $regex = `${place === 'start' || place === 'whole' ? '^' : ''}${pattern}${place === 'end' || place === 'whole' ? '$' : ''}`;
  return { [attribute]: { $regex, ...(ignoreCase && { $options: 'i' }) } };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function distinct(conditions: readonly Conditions[]): Conditions[] {
  return [...new Map(conditions.map((one) => [JSON.stringify(one), one])).values()];
}
