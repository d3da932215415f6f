import { compareVersions, parseVersion } from './version.js';

/** Whether the value of an attribute passes; the value is undefined if the context has no such attribute. */
export type Test = (value: unknown) => boolean;
/** The test for an operand, or what is wrong with the operand. */
type Compiler = (operand: unknown) => Test | string;

const TYPES = ['string', 'number', 'boolean', 'array', 'object', 'null'] as const;

/** The operators on a value that need only their operand. */
export const OPERATORS: Readonly<Record<string, Compiler>> = {
  $eq: (operand) => equals(operand),
  $ne: (operand) => not(equals(operand)),
  $gt: ordered((order) => order > 0),
  $gte: ordered((order) => order >= 0),
  $lt: ordered((order) => order < 0),
  $lte: ordered((order) => order <= 0),
  $in: (operand) => anyOf(operand),
  $nin: (operand) => not(anyOf(operand)),
  $exists: (operand) =>
    typeof operand === 'boolean' ? (value) => (value !== undefined) === operand : 'must be true or false',
  $type: ofType,
  $regex: matching,
  $all: (operand) => {
    if (!Array.isArray(operand)) return 'must be a list';
    const tests = operand.map(same);
    return (value) => Array.isArray(value) && tests.every((test) => value.some(test));
  },
  $veq: versioned((order) => order === 0),
  $vne: (operand) => not(versioned((order) => order === 0)(operand)),
  $vgt: versioned((order) => order > 0),
  $vgte: versioned((order) => order >= 0),
  $vlt: versioned((order) => order < 0),
  $vlte: versioned((order) => order <= 0),
};

function not(test: Test | string): Test | string {
  return typeof test === 'string' ? test : (value) => !test(value);
}

/** Numbers are ordered by size, strings by code unit; values of different types have no order. */
function ordered(holds: (order: number) => boolean): Compiler {
  return (operand) => {
    if (typeof operand !== 'number' && typeof operand !== 'string') return 'must be a number or a string';
    return (value) => {
      if (typeof value !== typeof operand || Number.isNaN(value)) return false;
      return holds(compare(value as number, operand as number));
    };
  };
}

/** Strings are compared like numbers: the types say number only because both must be of one type. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function versioned(holds: (order: number) => boolean): Compiler {
  return (operand) => {
    const wanted = parseVersion(operand);
    if (!wanted) return 'must be a version such as 1.2.3';
    return (value) => {
      const given = parseVersion(value);
      return given !== null && holds(compareVersions(given, wanted));
    };
  };
}

function ofType(operand: unknown): Test | string {
  const wanted: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (!wanted.every((type) => TYPES.includes(type as never))) return `must be one of ${TYPES.join(' ')}`;
  return (value) => value !== undefined && wanted.includes(typeOf(value));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** A pattern takes time up to the square of a string's length: a millisecond or two at this one. */
const LONGEST_MATCHED = 1_000;

/** The operand is a portable pattern: `src/model/pattern.ts` translates what people write. */
function matching(operand: unknown): Test | string {
  if (typeof operand !== 'string') return 'must be a regular expression, as a string';
  try {
    const pattern = new RegExp(operand, 'u');
    return (value) => typeof value === 'string' && value.length <= LONGEST_MATCHED && pattern.test(value);
  } catch {
    return 'is not a regular expression';
  }
}

function anyOf(operand: unknown): Test | string {
  if (!Array.isArray(operand)) return 'must be a list';
  if (operand.length > 3 && operand.every(isPrimitive)) {
    const set = new Set<unknown>(operand);
    return (value) => set.has(value) || (Array.isArray(value) && value.some((element) => set.has(element)));
  }
  const tests = operand.map(equals);
  return (value) => tests.some((test) => test(value));
}

/** Equality of JSON values. A list also equals each of its elements. */
export function equals(operand: unknown): Test {
  const test = same(operand);
  if (isPrimitive(operand)) {
    return (value) => value === operand || (Array.isArray(value) && value.includes(operand));
  }
  return (value) => test(value) || (Array.isArray(value) && value.some(test));
}

/** Equality of JSON values as a whole. */
function same(operand: unknown): Test {
  if (isPrimitive(operand)) return (value) => value === operand;
  return (value) => areSame(value, operand);
}

function areSame(a: unknown, b: unknown): boolean {
  if (isPrimitive(a) || isPrimitive(b)) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((element, index) => areSame(element, b[index]));
  }
  const keys = Object.keys(a as object);
  if (keys.length !== Object.keys(b as object).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b as object, key) && areSame((a as never)[key], (b as never)[key]),
  );
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}
