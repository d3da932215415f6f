/** What a unit brings with it: attributes by name, nested objects reached by dotted paths. */
export type Context = Readonly<Record<string, unknown>>;
export type Condition = (context: Context) => boolean;

export interface ConditionError {
  path: (string | number)[];
  message: string;
}

type Test = (value: unknown) => boolean;
type Compiler = (operand: unknown) => Test | string;

/** Everything wrong with a condition; empty where it can be compiled. */
export function conditionErrors(conditions: unknown): ConditionError[] {
  const errors: ConditionError[] = [];
  compileObject(conditions, [], errors);
  return errors;
}

/**
 * MongoDB-style conditions as one closure.
 *
 * @throws {TypeError} where `conditionErrors` would name something
 */
export function compileCondition(conditions: unknown): Condition {
  const errors: ConditionError[] = [];
  const condition = compileObject(conditions, [], errors);
  if (errors[0]) throw new TypeError(`${errors[0].path.join('.')}: ${errors[0].message}`);
  return condition;
}

function compileObject(conditions: unknown, path: (string | number)[], errors: ConditionError[]): Condition {
  if (!isObject(conditions)) {
    errors.push({ path, message: 'must be an object of conditions' });
    return () => false;
  }
  const parts = Object.entries(conditions).map(([key, operand]): Condition => {
    const at = [...path, key];
    switch (key) {
      case '$and':
      case '$or':
      case '$nor':
        return combine(key, operand, at, errors);
      case '$not': {
        const inner = compileObject(operand, at, errors);
        return (context) => !inner(context);
      }
    }
    if (key.startsWith('$')) {
      errors.push({ path: at, message: `${key} is not known here; known are $and, $or, $nor, $not` });
      return () => false;
    }
    const read = reader(key);
    const test = compileTest(operand, at, errors);
    return (context) => test(read(context));
  });
  return (context) => parts.every((part) => part(context));
}

function combine(
  key: '$and' | '$or' | '$nor',
  operand: unknown,
  path: (string | number)[],
  errors: ConditionError[],
): Condition {
  if (!Array.isArray(operand) || operand.length === 0) {
    errors.push({ path, message: 'must be a list of conditions' });
    return () => false;
  }
  const parts = operand.map((one, index) => compileObject(one, [...path, index], errors));
  if (key === '$and') return (context) => parts.every((part) => part(context));
  const some: Condition = (context) => parts.some((part) => part(context));
  return key === '$or' ? some : (context) => !some(context);
}

function reader(path: string): (context: Context) => unknown {
  if (!path.includes('.')) return (context) => (Object.hasOwn(context, path) ? context[path] : undefined);
  const names = path.split('.');
  return (context) => {
    let value: unknown = context;
    for (const name of names) {
      if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return value;
  };
}

/** A literal that the attribute must equal, or an object of operators that must all hold. */
function compileTest(operand: unknown, path: (string | number)[], errors: ConditionError[]): Test {
  if (!isObject(operand) || !Object.keys(operand).some((key) => key.startsWith('$'))) return equals(operand);
  const tests = Object.entries(operand).map(([name, value]): Test => {
    if (name === '$not') {
      const inner = compileTest(value, [...path, name], errors);
      return (given) => !inner(given);
    }
    const test =
      OPERATORS[name]?.(value) ?? `is not an operator; known are ${Object.keys(OPERATORS).join(' ')} $not`;
    if (typeof test !== 'string') return test;
    errors.push({ path: [...path, name], message: test });
    return () => false;
  });
  return (value) => tests.every((test) => test(value));
}

const OPERATORS: Record<string, Compiler> = {
  $eq: (operand) => equals(operand),
  $ne: (operand) => {
    const equal = equals(operand);
    return (value) => !equal(value);
  },
  $gt: ordered((order) => order > 0),
  $gte: ordered((order) => order >= 0),
  $lt: ordered((order) => order < 0),
  $lte: ordered((order) => order <= 0),
  $in: (operand) => anyOf(operand),
  $nin: (operand) => {
    const any = anyOf(operand);
    return typeof any === 'string' ? any : (value) => !any(value);
  },
  $exists: (operand) =>
    typeof operand === 'boolean' ? (value) => (value !== undefined) === operand : 'must be true or false',
};

function anyOf(operand: unknown): Test | string {
  if (!Array.isArray(operand)) return 'must be a list';
  const tests = operand.map(equals);
  return (value) => tests.some((test) => test(value));
}

/** Numbers by size, texts by code unit; values of different types are in no order. */
function ordered(holds: (order: number) => boolean): Compiler {
  return (operand) => {
    if (typeof operand !== 'number' && typeof operand !== 'string') return 'must be a number or a text';
    return (value) => {
      if (typeof value !== typeof operand) return false;
      return holds(
        (value as number) < (operand as number) ? -1 : (value as number) > (operand as number) ? 1 : 0,
      );
    };
  };
}

/** Equality of JSON values; a list also equals what it contains. */
function equals(operand: unknown): Test {
  if (operand === null || typeof operand !== 'object') {
    return (value) => value === operand || (Array.isArray(value) && value.includes(operand));
  }
  const text = canonical(operand);
  return (value) => typeof value === 'object' && value !== null && canonical(value) === text;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
