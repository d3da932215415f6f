import type { Json } from '../model/json.js';

/** Our targeting conditions; docs/snapshot.md has the grammar. */
export type Conditions = Record<string, Json>;

export const ALWAYS: Conditions = {};
export const NEVER: Conditions = { $nor: [{}] };

const isAlways = (conditions: Conditions): boolean => Object.keys(conditions).length === 0;
export const isNever = (conditions: Conditions): boolean =>
  JSON.stringify(conditions) === JSON.stringify(NEVER);

/** All of them hold. Merged into one object where no key occurs twice. */
export function allOf(conditions: readonly Conditions[]): Conditions {
  if (conditions.some(isNever)) return NEVER;
  const parts = distinct(conditions.flatMap(conjuncts));
  const keys = parts.flatMap(Object.keys);
  if (new Set(keys).size === keys.length) return Object.assign({}, ...parts) as Conditions;
  return { $and: parts };
}

/** The single conditions that must all hold. */
function conjuncts(conditions: Conditions): Conditions[] {
  return Object.entries(conditions).flatMap(([key, operand]) =>
    key === '$and' ? (operand as Conditions[]).flatMap(conjuncts) : [{ [key]: operand }],
  );
}

/** At least one of them holds; never for an empty list. */
export function anyOf(conditions: readonly Conditions[]): Conditions {
  if (conditions.some(isAlways)) return ALWAYS;
  const disjuncts = conditions.flatMap((condition) =>
    Object.keys(condition).join() === '$or' ? (condition['$or'] as Conditions[]) : [condition],
  );
  const parts = distinct(disjuncts.filter((condition) => !isNever(condition)));
  if (parts.length === 0) return NEVER;
  return parts.length === 1 ? parts[0]! : { $or: parts };
}

export function not(condition: Conditions): Conditions {
  if (isAlways(condition)) return NEVER;
  if (isNever(condition)) return ALWAYS;
  const { $nor: negated, ...others } = condition;
  if (Array.isArray(negated) && negated.length === 1 && Object.keys(others).length === 0)
    return negated[0] as Conditions;
  return { $nor: [condition] };
}

/** The test of an attribute that is missing or null. */
export const ABSENT: Json = { $not: { $exists: true, $ne: null } };

export function absent(attribute: string): Conditions {
  return { [attribute]: ABSENT };
}

/** The attribute equals one of the values; never for an empty list. */
export function oneOf(attribute: string, values: readonly Json[]): Conditions {
  if (values.length === 0) return NEVER;
  // A literal object whose keys begin with $ would be read as operators.
  if (values.length === 1 && (values[0] === null || typeof values[0] !== 'object'))
    return { [attribute]: values[0]! };
  return { [attribute]: { $in: [...values] } };
}

export type TextPosition = 'start' | 'end' | 'whole' | 'anywhere';

/** The attribute is a string that has one of the texts at that position; never for an empty list. */
export function hasText(
  attribute: string,
  texts: readonly string[],
  position: TextPosition,
  ignoreCase = false,
): Conditions {
  if (texts.length === 0) return NEVER;
  const pattern = texts.length === 1 ? escaped(texts[0]!) : `(?:${texts.map(escaped).join('|')})`;
  const start = position === 'start' || position === 'whole' ? '^' : '';
  const end = position === 'end' || position === 'whole' ? '$' : '';
  return { [attribute]: { $regex: `${start}${pattern}${end}`, ...(ignoreCase && { $options: 'i' }) } };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function distinct(conditions: readonly Conditions[]): Conditions[] {
  return [...new Map(conditions.map((condition) => [JSON.stringify(condition), condition])).values()];
}
