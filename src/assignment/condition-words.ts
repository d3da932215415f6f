import { compileCondition, reader, type Context, type Segments } from './condition.js';
import type { Conditions } from './document.js';

/** Longer texts are cut: an explanation is for people. */
const LONGEST_VALUE = 80;
const LONGEST_TEXT = 400;

/** Operators before their operand. Those that are missing have words of their own below. */
const WORDS: Readonly<Record<string, string>> = {
  $eq: 'is',
  $ne: 'is not',
  $gt: 'is greater than',
  $gte: 'is at least',
  $lt: 'is less than',
  $lte: 'is at most',
  $type: 'is of type',
  $regex: 'matches',
  $veq: 'is version',
  $vne: 'is not version',
  $vgt: 'is after version',
  $vgte: 'is at least version',
  $vlt: 'is before version',
  $vlte: 'is at most version',
  $all: 'has all of',
};

/** Conditions as people say them, such as `country is one of "NO", "SE" and age is at least 18`. */
export function conditionsText(conditions: Conditions): string {
  const parts = Object.entries(conditions).map(([key, operand]) => entryText(key, operand));
  return parts.length === 0 ? 'everybody' : cut(parts.join(' and '), LONGEST_TEXT);
}

/**
 * The first part of conditions that a unit does not meet, with what its context has instead, such as
 * `country is "DK"`. Null where it meets them all.
 */
export function unmetText(
  conditions: Conditions,
  context: Context,
  unit: string | null,
  segments: Segments,
): string | null {
  for (const [key, operand] of Object.entries(conditions)) {
    if (compileCondition({ [key]: operand }, segments)(context, unit)) continue;
    if (key === '$and' && Array.isArray(operand)) {
      for (const part of operand as Conditions[]) {
        const unmet = unmetText(part, context, unit, segments);
        if (unmet !== null) return unmet;
      }
    }
    if (key === '$inGroup') return `is not in ${segmentsText(operand, 'or')}`;
    if (key === '$notInGroup')
      return `is in ${segmentsText(foundIn(operand, context, unit, segments), 'and')}`;
    return key.startsWith('$') ? `not so: ${entryText(key, operand)}` : foundText(key, context, unit);
  }
  return null;
}

/** A JSON value as people read it, cut where it is long. */
export function valueText(value: unknown): string {
  return value === undefined ? 'missing' : cut(JSON.stringify(value), LONGEST_VALUE);
}

function entryText(key: string, operand: unknown): string {
  switch (key) {
    case '$and':
      return `all of (${list(operand)})`;
    case '$or':
      return `any of (${list(operand)})`;
    case '$nor':
      return `none of (${list(operand)})`;
    case '$not':
      return `not (${conditionsText(operand as Conditions)})`;
    case '$inGroup':
      return `in ${segmentsText(operand, 'or')}`;
    case '$notInGroup':
      return `not in ${segmentsText(operand, 'or')}`;
    default:
      return testText(key, operand);
  }
}

function testText(name: string, operand: unknown): string {
  if (!isTest(operand)) return `${name} is ${valueText(operand)}`;
  return Object.entries(operand)
    .map(([operator, value]) => `${name} ${operatorText(operator, value)}`)
    .join(' and ');
}

function operatorText(operator: string, operand: unknown): string {
  switch (operator) {
    case '$in':
      return `is one of ${values(operand)}`;
    case '$nin':
      return `is none of ${values(operand)}`;
    case '$exists':
      return operand === false ? 'is missing' : 'is there';
    case '$not':
      return isTest(operand) ? `is not so that it ${tests(operand)}` : `is not ${valueText(operand)}`;
    case '$size':
      return isTest(operand)
        ? `has a number of items that ${tests(operand)}`
        : `has ${valueText(operand)} items`;
    case '$elemMatch':
      return isTest(operand)
        ? `has an item that ${tests(operand)}`
        : `has an item with (${conditionsText(operand as Conditions)})`;
    default:
      return `${WORDS[operator] ?? operator} ${operator === '$all' ? values(operand) : valueText(operand)}`;
  }
}

function tests(operand: object): string {
  return Object.entries(operand)
    .map(([operator, value]) => operatorText(operator, value))
    .join(' and ');
}

function isTest(operand: unknown): operand is object {
  return (
    typeof operand === 'object' &&
    operand !== null &&
    !Array.isArray(operand) &&
    Object.keys(operand).some((key) => key.startsWith('$'))
  );
}

function list(operand: unknown): string {
  return (operand as Conditions[]).map(conditionsText).join('; ');
}

function values(operand: unknown): string {
  return Array.isArray(operand) ? cut(operand.map(valueText).join(', '), LONGEST_TEXT) : valueText(operand);
}

function namesOf(operand: unknown): string[] {
  return (Array.isArray(operand) ? operand : [operand]).map(String);
}

function segmentsText(operand: unknown, joined: string): string {
  const names = namesOf(operand);
  if (names.length === 1) return `segment ${names[0]!}`;
  return `segments ${names.slice(0, -1).join(', ')} ${joined} ${names.at(-1)!}`;
}

function foundIn(operand: unknown, context: Context, unit: string | null, segments: Segments): string[] {
  return namesOf(operand).filter((name) => segments(name)(context, unit));
}

function foundText(name: string, context: Context, unit: string | null): string {
  return `${name} is ${valueText(reader(name)(context, unit))}`;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
