import type { Json } from '../../model/json.js';
import {
  absent,
  allOf,
  ALWAYS,
  anyOf,
  hasText,
  NEVER,
  not,
  oneOf,
  type Conditions,
} from '../build-conditions.js';
import { asText, isObject } from '../fields.js';
import { Unsupported } from '../migration-errors.js';
import { comparesNumbers, comparesTexts, couldMatchNumber, equalsOneType } from '../typing-notes.js';

/** Membership of a saved group; the attribute is undefined where the group names its own. @throws {Unsupported} */
export type GroupMembership = (id: string, attribute: string | undefined) => Conditions;

/** What conditions refer to, and who is told where they compare otherwise than there. */
export interface ConditionScope {
  group: GroupMembership;
  changed: (message: string) => void;
}

const SYSTEM = 'GrowthBook';

/** Operators that mean the same here. */
const SAME_OPERATORS = new Set([
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$regex',
  '$veq',
  '$vne',
  '$vgt',
  '$vgte',
  '$vlt',
  '$vlte',
]);

/**
 * GrowthBook's conditions as ours. To GrowthBook a missing attribute is null, and null is 0 where numbers are compared.
 *
 * @throws {Unsupported} naming what our conditions cannot express
 */
export function growthbookConditions(given: Json, scope: ConditionScope): Conditions {
  if (!isObject(given)) throw new Unsupported('a condition must be an object');
  return allOf(Object.entries(given).map(([key, operand]) => entry(key, operand, scope)));
}

function entry(key: string, operand: Json, scope: ConditionScope): Conditions {
  const list = (): Conditions[] =>
    listOf(operand, key).map((condition) => growthbookConditions(condition, scope));
  switch (key) {
    case '$and':
      return allOf(list());
    case '$or':
      return listOf(operand, key).length === 0 ? ALWAYS : anyOf(list());
    case '$nor':
      return listOf(operand, key).length === 0 ? NEVER : not(anyOf(list()));
    case '$not':
      return not(growthbookConditions(operand, scope));
    case '$savedGroup': {
      if (!isObject(operand) || typeof operand['id'] !== 'string')
        throw new Unsupported('$savedGroup has no id');
      const { attributeKey } = operand;
      return scope.group(operand['id'], typeof attributeKey === 'string' ? attributeKey : undefined);
    }
  }
  if (key.startsWith('$')) throw new Unsupported(`the operator ${key} is not supported`);
  return attributeTest(key, operand, scope);
}

/** The name of an attribute here: GrowthBook's `id` identifies the unit. */
export function attributeOf(name: string): string {
  return name === 'id' ? 'targetingKey' : name;
}

function attributeTest(name: string, test: Json, scope: ConditionScope): Conditions {
  const attribute = attributeOf(name);
  if (test === null) return absent(attribute);
  if (Array.isArray(test)) return { [attribute]: { $eq: test } };
  if (!isObject(test)) {
    const converts = equalsOneType(attribute, test, SYSTEM);
    if (converts !== null) scope.changed(converts);
    return test === 0 ? anyOf([{ [attribute]: 0 }, absent(attribute)]) : { [attribute]: test };
  }
  const keys = Object.keys(test);
  if (keys.length === 0 || !keys.every((key) => key.startsWith('$'))) {
    if (keys.some((key) => key.startsWith('$')))
      throw new Unsupported('an object that mixes operators with other keys is not supported');
    return { [attribute]: { $eq: test } };
  }
  return allOf(keys.map((operator) => operatorTest(name, attribute, operator, test[operator]!, scope)));
}

function operatorTest(
  name: string,
  attribute: string,
  operator: string,
  operand: Json,
  scope: ConditionScope,
): Conditions {
  const same = { [attribute]: { [operator]: operand } };
  switch (operator) {
    case '$eq':
      return operand === null ? absent(attribute) : same;
    case '$ne':
      return operand === null ? not(absent(attribute)) : same;
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return comparison(attribute, operator, operand, scope);
    case '$vlt':
    case '$vlte':
      return anyOf([same, absent(attribute)]);
    case '$veq':
    case '$vne':
    case '$vgt':
    case '$vgte':
      return same;
    case '$regex':
      if (couldMatchNumber(operand)) scope.changed(comparesTexts(attribute, SYSTEM));
      return same;
    case '$regexi':
      if (couldMatchNumber(operand, 'i')) scope.changed(comparesTexts(attribute, SYSTEM));
      return { [attribute]: { $regex: operand, $options: 'i' } };
    case '$exists':
      return operand ? not(absent(attribute)) : absent(attribute);
    case '$type':
      return operand === 'null' ? absent(attribute) : same;
    case '$inGroup':
      return scope.group(asText(operand), name);
    case '$notInGroup':
      return not(scope.group(asText(operand), name));
    case '$not':
      return not(attributeTest(name, operand, scope));
  }
  return listTest(attribute, operator, operand, scope);
}

const ZERO_MEETS = {
  $gt: (operand: number) => 0 > operand,
  $gte: (operand: number) => 0 >= operand,
  $lt: (operand: number) => 0 < operand,
  $lte: (operand: number) => 0 <= operand,
};

/** To GrowthBook a missing attribute is 0 in a comparison. */
function comparison(
  attribute: string,
  operator: keyof typeof ZERO_MEETS,
  operand: Json,
  { changed }: ConditionScope,
): Conditions {
  // Two texts are compared as texts there too.
  const converts =
    typeof operand === 'number'
      ? comparesNumbers(attribute, SYSTEM)
      : equalsOneType(attribute, operand, SYSTEM);
  if (converts !== null) changed(converts);
  const same = { [attribute]: { [operator]: operand } };
  const isMetByZero = typeof operand === 'number' && ZERO_MEETS[operator](operand);
  return isMetByZero ? anyOf([same, absent(attribute)]) : same;
}

/** Tests with a list of values, or of an attribute that is a list. */
function listTest(attribute: string, operator: string, operand: Json, scope: ConditionScope): Conditions {
  switch (operator) {
    case '$in':
      return within(attribute, listOf(operand, operator));
    case '$nin':
      return not(within(attribute, listOf(operand, operator)));
    case '$ini':
      return withinAnyCase(attribute, listOf(operand, operator));
    case '$nini':
      return not(withinAnyCase(attribute, listOf(operand, operator)));
    case '$size':
      if (isObject(operand)) assertSameOperators(operand);
      return { [attribute]: { $size: operand } };
    case '$all':
    case '$alli':
      return allOf(
        listOf(operand, operator).map((value) => hasElement(attribute, value, operator === '$alli')),
      );
    case '$elemMatch': {
      if (!isObject(operand)) throw new Unsupported('$elemMatch must be an object');
      const isTest = Object.keys(operand).some((key) => SAME_OPERATORS.has(key));
      if (isTest) assertSameOperators(operand);
      return { [attribute]: { $elemMatch: isTest ? operand : growthbookConditions(operand, scope) } };
    }
  }
  throw new Unsupported(`the operator ${operator} is not supported`);
}

function within(attribute: string, values: readonly Json[]): Conditions {
  return anyOf([oneOf(attribute, values), ...(values.includes(null) ? [absent(attribute)] : [])]);
}

function withinAnyCase(attribute: string, values: readonly Json[]): Conditions {
  const texts = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => typeof value !== 'string');
  const pattern = hasText(attribute, texts, 'whole', true);
  // The attribute itself, or an element of a list.
  const matches = texts.length > 0 ? [pattern, { [attribute]: { $elemMatch: pattern[attribute]! } }] : [];
  return anyOf([...matches, within(attribute, others)]);
}

function hasElement(attribute: string, value: Json, ignoreCase: boolean): Conditions {
  if (isObject(value)) {
    assertSameOperators(value);
    return { [attribute]: { $elemMatch: value } };
  }
  if (!ignoreCase || typeof value !== 'string') return { [attribute]: { $all: [value] } };
  return { [attribute]: { $elemMatch: hasText(attribute, [value], 'whole', true)[attribute]! } };
}

/** @throws {Unsupported} where a test of a list's element or size has other operators than ours */
function assertSameOperators(test: Record<string, Json>): void {
  for (const operator of Object.keys(test)) {
    if (!SAME_OPERATORS.has(operator))
      throw new Unsupported(`the operator ${operator} is not supported for elements of a list`);
  }
}

function listOf(operand: Json, operator: string): Json[] {
  if (!Array.isArray(operand)) throw new Unsupported(`${operator} must have a list`);
  return operand;
}
