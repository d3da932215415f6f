import type { Json } from '../model/json.js';
import { absent, all, ALWAYS, any, hasText, NEVER, not, oneOf, type Conditions } from './conditions.js';
import { asText, isObject, Unsupported } from './fields.js';

/** Their groups of users, as a condition on an attribute (undefined where the group says which). */
export type SavedGroup = (id: string, attribute: string | undefined) => Conditions;

/** What means the same in an object of operators of ours. */
const ALIKE = new Set([
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
 * Conditions of GrowthBook as ours. Theirs take a missing attribute for null, and null for 0 where numbers are compared.
 *
 * @throws {Unsupported} naming what ours can not say
 */
export function growthbookConditions(given: Json, group: SavedGroup): Conditions {
  if (!isObject(given)) throw new Unsupported('a condition that is no object');
  return all(Object.entries(given).map(([key, operand]) => entry(key, operand, group)));
}

function entry(key: string, operand: Json, group: SavedGroup): Conditions {
  const list = (): Conditions[] => listOf(operand, key).map((one) => growthbookConditions(one, group));
  switch (key) {
    case '$and':
      return all(list());
    case '$or':
      return listOf(operand, key).length === 0 ? ALWAYS : any(list());
    case '$nor':
      return listOf(operand, key).length === 0 ? NEVER : not(any(list()));
    case '$not':
      return not(growthbookConditions(operand, group));
    case '$savedGroup': {
      if (!isObject(operand) || typeof operand['id'] !== 'string')
        throw new Unsupported('$savedGroup without an id');
      const { attributeKey } = operand;
      return group(operand['id'], typeof attributeKey === 'string' ? attributeKey : undefined);
    }
  }
  if (key.startsWith('$')) throw new Unsupported(`the operator ${key}`);
  return tested(key, operand, group);
}

/** The name of an attribute here: their `id` is who the unit is. */
export function attributeOf(name: string): string {
  return name === 'id' ? 'targetingKey' : name;
}

function tested(name: string, test: Json, group: SavedGroup): Conditions {
  const attribute = attributeOf(name);
  if (test === null) return absent(attribute);
  if (Array.isArray(test)) return { [attribute]: { $eq: test } };
  if (!isObject(test))
    return test === 0 ? any([{ [attribute]: 0 }, absent(attribute)]) : { [attribute]: test };
  const keys = Object.keys(test);
  if (keys.length === 0 || !keys.every((key) => key.startsWith('$'))) {
    if (keys.some((key) => key.startsWith('$')))
      throw new Unsupported('an object with operators and other keys');
    return { [attribute]: { $eq: test } };
  }
  return all(keys.map((operator) => operation(name, attribute, operator, test[operator]!, group)));
}

function operation(
  name: string,
  attribute: string,
  operator: string,
  operand: Json,
  group: SavedGroup,
): Conditions {
  const plain = { [attribute]: { [operator]: operand } };
  /** Null is 0 for them. */
  const orAbsent = (isMet: boolean): Conditions => (isMet ? any([plain, absent(attribute)]) : plain);
  switch (operator) {
    case '$eq':
      return operand === null ? absent(attribute) : plain;
    case '$ne':
      return operand === null ? not(absent(attribute)) : plain;
    case '$gt':
      return orAbsent(typeof operand === 'number' && operand < 0);
    case '$gte':
      return orAbsent(typeof operand === 'number' && operand <= 0);
    case '$lt':
      return orAbsent(typeof operand === 'number' && operand > 0);
    case '$lte':
      return orAbsent(typeof operand === 'number' && operand >= 0);
    case '$vlt':
    case '$vlte':
      return orAbsent(true);
    case '$veq':
    case '$vne':
    case '$vgt':
    case '$vgte':
    case '$regex':
      return plain;
    case '$regexi':
      return { [attribute]: { $regex: operand, $options: 'i' } };
    case '$exists':
      return operand ? not(absent(attribute)) : absent(attribute);
    case '$type':
      return operand === 'null' ? absent(attribute) : plain;
    case '$in':
      return within(attribute, listOf(operand, operator));
    case '$nin':
      return not(within(attribute, listOf(operand, operator)));
    case '$ini':
      return withinAnyCase(attribute, listOf(operand, operator));
    case '$nini':
      return not(withinAnyCase(attribute, listOf(operand, operator)));
    case '$inGroup':
      return group(asText(operand), name);
    case '$notInGroup':
      return not(group(asText(operand), name));
    case '$not':
      return not(tested(name, operand, group));
    case '$size':
      if (isObject(operand)) pass(operand);
      return plain;
    case '$all':
    case '$alli':
      return all(listOf(operand, operator).map((one) => hasElement(attribute, one, operator === '$alli')));
    case '$elemMatch': {
      if (!isObject(operand)) throw new Unsupported('$elemMatch without an object');
      const isTest = Object.keys(operand).some((key) => ALIKE.has(key));
      if (isTest) pass(operand);
      return { [attribute]: { $elemMatch: isTest ? operand : growthbookConditions(operand, group) } };
    }
  }
  throw new Unsupported(`the operator ${operator}`);
}

function within(attribute: string, values: readonly Json[]): Conditions {
  return any([oneOf(attribute, values), ...(values.includes(null) ? [absent(attribute)] : [])]);
}

function withinAnyCase(attribute: string, values: readonly Json[]): Conditions {
  const texts = values.filter((one) => typeof one === 'string');
  const others = values.filter((one) => typeof one !== 'string');
  const whole = (test: Conditions): Conditions[] => [test, { [attribute]: { $elemMatch: test[attribute]! } }];
  const pattern = hasText(attribute, texts, 'whole', true);
  return any([...(texts.length > 0 ? whole(pattern) : []), within(attribute, others)]);
}

function hasElement(attribute: string, value: Json, ignoreCase: boolean): Conditions {
  if (isObject(value)) {
    pass(value);
    return { [attribute]: { $elemMatch: value } };
  }
  if (!ignoreCase || typeof value !== 'string') return { [attribute]: { $all: [value] } };
  return { [attribute]: { $elemMatch: hasText(attribute, [value], 'whole', true)[attribute]! } };
}

function pass(test: Record<string, Json>): void {
  for (const operator of Object.keys(test)) {
    if (!ALIKE.has(operator)) throw new Unsupported(`the operator ${operator} on an element`);
  }
}

function listOf(operand: Json, operator: string): Json[] {
  if (!Array.isArray(operand)) throw new Unsupported(`${operator} without a list`);
  return operand;
}
