import { equals, OPERATORS, type Test } from './operators.js';

/** The attributes of a unit by name. Conditions reach nested objects by dotted paths. */
export type Context = Readonly<Record<string, unknown>>;
/** Whether a unit (null if the caller names none) with this context matches. */
export type Condition = (context: Context, unit: string | null) => boolean;
/** The condition of a segment by its name. */
export type Segments = (name: string) => Condition;

export interface ConditionError {
  path: (string | number)[];
  message: string;
}

/** The name under which conditions read the unit's id. */
const UNIT = 'targetingKey';

/** A segment that nobody defined: the context lists the segments that the unit is in. */
export function listed(name: string): Condition {
  return ({ segments }) => Array.isArray(segments) && segments.includes(name);
}

/** Everything that is wrong with conditions; empty if they can be compiled. */
export function conditionErrors(conditions: unknown): ConditionError[] {
  const compiler = new Compiler(listed);
  compiler.conditions(conditions, []);
  return compiler.errors;
}

/**
 * Compiles MongoDB-style conditions into one closure.
 *
 * @throws {TypeError} if `conditionErrors` would find something
 */
export function compileCondition(conditions: unknown, segments: Segments = listed): Condition {
  const compiler = new Compiler(segments);
  const condition = compiler.conditions(conditions, []);
  const [error] = compiler.errors;
  if (error) throw new TypeError(`${error.path.join('.')}: ${error.message}`);
  return condition;
}

type Path = (string | number)[];
const NEVER = (): boolean => false;

class Compiler {
  constructor(
    private readonly segments: Segments,
    readonly errors: ConditionError[] = [],
    /** Whether the conditions are on an element of a list, in which `targetingKey` is an attribute like any other. */
    private readonly onElement = false,
  ) {}

  conditions(conditions: unknown, path: Path): Condition {
    if (!isObject(conditions)) return this.wrong(path, 'must be an object of conditions');
    return every(
      Object.entries(conditions).map(([key, operand]) => this.entry(key, operand, [...path, key])),
    );
  }

  private entry(key: string, operand: unknown, path: Path): Condition {
    switch (key) {
      case '$and':
        return every(this.list(operand, path));
      case '$or':
        return some(this.list(operand, path));
      case '$nor':
        return not(some(this.list(operand, path)));
      case '$not':
        return not(this.conditions(operand, path));
      case '$inGroup':
        return some(this.groups(operand, path));
      case '$notInGroup':
        return not(some(this.groups(operand, path)));
    }
    if (key.startsWith('$')) {
      return this.wrong(
        path,
        `${key} is not an operator here; use $and, $or, $nor, $not, $inGroup or $notInGroup`,
      );
    }
    const read = this.onElement && key === UNIT ? (element: Context) => own(element, UNIT) : reader(key);
    const test = this.test(operand, path);
    return (context, unit) => test(read(context, unit));
  }

  private list(operand: unknown, path: Path): Condition[] {
    if (Array.isArray(operand) && operand.length > 0) {
      return operand.map((part, index) => this.conditions(part, [...path, index]));
    }
    return [this.wrong(path, 'must be a list of conditions')];
  }

  private groups(operand: unknown, path: Path): Condition[] {
    const names: unknown[] = Array.isArray(operand) ? operand : [operand];
    if (names.length > 0 && names.every((name) => typeof name === 'string')) return names.map(this.segments);
    return [this.wrong(path, 'must be the name of a segment, or a list of names')];
  }

  /** The operand is a literal that the attribute must equal, or an object of operators that must all hold. */
  private test(operand: unknown, path: Path): Test {
    if (!isObject(operand) || !Object.keys(operand).some((key) => key.startsWith('$')))
      return equals(operand);
    const [first, ...more] = Object.entries(operand).map(([name, value]) =>
      this.operator(name, value, [...path, name]),
    );
    if (more.length === 0) return first!;
    return (value) => first!(value) && more.every((test) => test(value));
  }

  private operator(name: string, operand: unknown, path: Path): Test {
    switch (name) {
      case '$not': {
        const test = this.test(operand, path);
        return (value) => !test(value);
      }
      case '$size': {
        const test = this.test(operand, path);
        return (value) => Array.isArray(value) && test(value.length);
      }
      case '$elemMatch':
        return this.element(operand, path);
    }
    const test = Object.hasOwn(OPERATORS, name)
      ? OPERATORS[name]!(operand)
      : `is not an operator; the operators are ${Object.keys(OPERATORS).join(' ')} $not $size $elemMatch`;
    return typeof test === 'string' ? this.wrong(path, test) : test;
  }

  private element(operand: unknown, path: Path): Test {
    if (!isObject(operand)) return this.wrong(path, 'must be an object of operators or conditions');
    const isTest = Object.keys(operand).some(
      (key) => Object.hasOwn(OPERATORS, key) || ON_VALUES.includes(key),
    );
    if (isTest) {
      const test = this.test(operand, path);
      return (value) => Array.isArray(value) && value.some(test);
    }
    const condition = new Compiler(this.segments, this.errors, true).conditions(operand, path);
    return (value) =>
      Array.isArray(value) && value.some((element) => isObject(element) && condition(element, null));
  }

  private wrong(path: Path, message: string): () => boolean {
    this.errors.push({ path, message });
    return NEVER;
  }
}

/** Operators on values that are not in the table. `$not` is left out, because it can also stand before conditions. */
const ON_VALUES = ['$size', '$elemMatch'];

/** Reads what conditions call by this name. */
export function reader(path: string): (context: Context, unit: string | null) => unknown {
  if (path === UNIT) return (_context, unit) => unit ?? undefined;
  if (!path.includes('.')) return (context) => own(context, path);
  const names = path.split('.');
  return (context) => {
    let value: unknown = context;
    for (const name of names) {
      if (!isObject(value)) return undefined;
      value = own(value, name);
    }
    return value;
  };
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function every(parts: readonly Condition[]): Condition {
  const [first, second] = parts;
  if (!first) return () => true;
  if (!second) return first;
  if (parts.length === 2) return (context, unit) => first(context, unit) && second(context, unit);
  return (context, unit) => parts.every((part) => part(context, unit));
}

function some(parts: readonly Condition[]): Condition {
  const [first] = parts;
  if (parts.length === 1) return first!;
  return (context, unit) => parts.some((part) => part(context, unit));
}

function not(condition: Condition): Condition {
  return (context, unit) => !condition(context, unit);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
