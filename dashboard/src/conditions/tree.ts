/** Conditions as a tree of groups, for people to build. */
export interface Group {
  is: 'group';
  join: Join;
  parts: Part[];
}

/** One attribute, and what it must be. */
export interface AttributeTest {
  is: 'test';
  attribute: string;
  operator: string;
  operand: unknown;
}

export interface SegmentTest {
  is: 'segment';
  isIn: boolean;
  names: string[];
}

/** What has no controls of its own: it stays as it is written. */
export interface Written {
  is: 'written';
  conditions: Conditions;
}

export type Join = 'all' | 'any' | 'none';
export type Part = Group | AttributeTest | SegmentTest | Written;
export type Conditions = Record<string, unknown>;

/** What an operand is: it decides with what it is typed. */
export type OperandKind = 'value' | 'number or text' | 'values' | 'version' | 'text' | 'type' | 'given';

/** The operators that people choose from, in this order, and what each is held against. */
export const OPERATORS: Record<string, OperandKind> = {
  $eq: 'value',
  $ne: 'value',
  $in: 'values',
  $nin: 'values',
  $gt: 'number or text',
  $gte: 'number or text',
  $lt: 'number or text',
  $lte: 'number or text',
  $vgte: 'version',
  $vgt: 'version',
  $vlte: 'version',
  $vlt: 'version',
  $veq: 'version',
  $vne: 'version',
  $regex: 'text',
  $all: 'values',
  $exists: 'given',
  $type: 'type',
};

const GROUPS: Record<string, Join> = { $and: 'all', $or: 'any', $nor: 'none' };
const KEYS: Record<Join, string> = { all: '$and', any: '$or', none: '$nor' };

/** The tree of conditions, all of which must hold. */
export function treeOf(conditions: Conditions): Group {
  return {
    is: 'group',
    join: 'all',
    parts: Object.entries(conditions).flatMap(([key, operand]) => partsOf(key, operand)),
  };
}

function partsOf(key: string, operand: unknown): Part[] {
  const written: Part[] = [{ is: 'written', conditions: { [key]: operand } }];
  const join = GROUPS[key];
  if (join !== undefined) {
    if (!Array.isArray(operand) || !operand.every(saysSomething)) return written;
    return [{ is: 'group', join, parts: operand.map(together) }];
  }
  if (key === '$not')
    return saysSomething(operand) ? [{ is: 'group', join: 'none', parts: [together(operand)] }] : written;
  if (key === '$inGroup' || key === '$notInGroup') {
    const names: unknown[] = Array.isArray(operand) ? operand : [operand];
    const isNames = names.every((name) => typeof name === 'string');
    return isNames ? [{ is: 'segment', isIn: key === '$inGroup', names }] : written;
  }
  return key.startsWith('$') ? written : testsOf(key, operand, written);
}

function testsOf(attribute: string, operand: unknown, written: Part[]): Part[] {
  if (!isObject(operand) || !Object.keys(operand).some((name) => name.startsWith('$')))
    return [{ is: 'test', attribute, operator: '$eq', operand }];
  const tests = Object.entries(operand);
  if (!tests.every(([name, value]) => isShown(name, value))) return written;
  return tests.map(([operator, value]) => ({ is: 'test', attribute, operator, operand: value }));
}

/** Whether the controls of an operator can show this operand. */
function isShown(operator: string, operand: unknown): boolean {
  const kind = OPERATORS[operator];
  if (kind === undefined) return false;
  switch (kind) {
    case 'values':
      return Array.isArray(operand);
    case 'version':
    case 'text':
    case 'type':
      return typeof operand === 'string';
    case 'given':
      return typeof operand === 'boolean';
    case 'value':
    case 'number or text':
      return true;
  }
}

function saysSomething(conditions: unknown): conditions is Conditions {
  return isObject(conditions) && Object.keys(conditions).length > 0;
}

/** One element of a list of conditions: itself where it is one, else a group of its own. */
function together(conditions: Conditions): Part {
  const group = treeOf(conditions);
  return group.parts.length === 1 ? group.parts[0]! : group;
}

/** Whether something can be asked of a unit yet. A group counts as soon as one of its parts does. */
export function isComplete(part: Part): boolean {
  switch (part.is) {
    case 'group':
      return part.parts.some(isComplete);
    case 'segment':
      return part.names.length > 0;
    case 'test':
      return part.attribute !== '';
    case 'written':
      return true;
  }
}

/** The conditions of a tree, in the shortest form that says the same. Parts that are not complete are left out. */
export function conditionsOf({ join, parts }: Group): Conditions {
  const all = parts.filter(isComplete).map(conditionsOfPart);
  if (join !== 'all') return { [KEYS[join]]: all };
  const whole: Conditions = {};
  for (const conditions of all) {
    if (!merged(whole, conditions)) return { $and: all };
  }
  return whole;
}

function conditionsOfPart(part: Part): Conditions {
  switch (part.is) {
    case 'group':
      return conditionsOf(part);
    case 'written':
      return part.conditions;
    case 'segment':
      return {
        [part.isIn ? '$inGroup' : '$notInGroup']: part.names.length === 1 ? part.names[0] : part.names,
      };
    case 'test':
      return { [part.attribute]: testOf(part) };
  }
}

function testOf({ operator, operand }: AttributeTest): unknown {
  // An object as a literal would be taken for operators where one of its keys begins with $.
  return operator === '$eq' && !isObject(operand) ? operand : { [operator]: operand };
}

/** Adds conditions to others that must hold as well. False where both say something of one key that cannot stand side by side. */
function merged(whole: Conditions, conditions: Conditions): boolean {
  for (const [key, operand] of Object.entries(conditions)) {
    if (!Object.hasOwn(whole, key)) {
      whole[key] = operand;
      continue;
    }
    const before = whole[key];
    if (!isTests(before) || !isTests(operand)) return false;
    if (Object.keys(operand).some((name) => Object.hasOwn(before, name))) return false;
    whole[key] = { ...before, ...operand };
  }
  return true;
}

function isTests(operand: unknown): operand is Conditions {
  return isObject(operand) && Object.keys(operand).every((name) => Object.hasOwn(OPERATORS, name));
}

function isObject(value: unknown): value is Conditions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is typed as a value: a number, true, false, null and JSON are what they look like, all else is text. */
export function valueOf(text: string): unknown {
  if (!/^\s*(-?\d|"|\[|\{|true\s*$|false\s*$|null\s*$)/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A value as it would be typed. */
export function typed(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string' && valueOf(value) === value) return value;
  return JSON.stringify(value);
}

/** An operand for another operator, as much of it as that can take. */
export function operandFor(operator: string, before: unknown): unknown {
  const first: unknown = Array.isArray(before) ? before[0] : before;
  switch (OPERATORS[operator]!) {
    case 'values':
      return Array.isArray(before) ? before : [before].filter((one) => one !== '' && one !== true);
    case 'version':
    case 'text':
      return typed(first === true ? '' : first);
    case 'given':
      return true;
    case 'type':
      return 'string';
    case 'value':
    case 'number or text':
      return first === true || first === undefined ? '' : first;
  }
}

export const EMPTY_TEST: AttributeTest = { is: 'test', attribute: '', operator: '$eq', operand: '' };
