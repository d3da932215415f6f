import type { Json } from '../model/json.js';
import { absent, all, ALWAYS, any, hasText, NEVER, not, oneOf, type Conditions } from './conditions.js';
import { asText, isObject, Unsupported } from './fields.js';

/** What holds for a unit, and when: seconds since 1970, `from` inclusive, `until` exclusive. */
export interface Guard {
  conditions: Conditions;
  from?: number;
  until?: number;
}

/** What a condition may refer to besides the context. */
export interface Scope {
  /** Undefined in evaluators, which flags share. */
  flagKey?: string;
  /** The conditions of an evaluator. @throws {Unsupported} */
  evaluator: (name: string) => Conditions;
}

type Comparison = '<' | '<=' | '>' | '>=';
const COMPARISONS: Record<
  Comparison,
  { ours: string; mirrored: Comparison; holds: (a: number, b: number) => boolean }
> = {
  '<': { ours: '$lt', mirrored: '>', holds: (a, b) => a < b },
  '<=': { ours: '$lte', mirrored: '>=', holds: (a, b) => a <= b },
  '>': { ours: '$gt', mirrored: '<', holds: (a, b) => a > b },
  '>=': { ours: '$gte', mirrored: '<=', holds: (a, b) => a >= b },
};
const EQUALITIES: Record<string, boolean> = { '==': true, '===': true, '!=': false, '!==': false };
const FLAG_KEY = '$flagd.flagKey';
const TIMESTAMP = '$flagd.timestamp';

/** The one operation of a rule and its operands, however they were written. */
export function operation(logic: Json): { operator: string; operands: Json[] } | null {
  if (!isObject(logic)) return null;
  const [operator, ...more] = Object.keys(logic);
  if (operator === undefined || more.length > 0)
    throw new Unsupported('an object with one operator was expected');
  const operand = logic[operator]!;
  return { operator, operands: Array.isArray(operand) ? operand : [operand] };
}

/** Operations that answer true or false. */
const BOOLEAN = new Set([
  ...Object.keys(EQUALITIES),
  ...Object.keys(COMPARISONS),
  '!',
  '!!',
  'in',
  'starts_with',
  'ends_with',
  'sem_ver',
]);

export function isBoolean(logic: Json, evaluators: Readonly<Record<string, Json>>): boolean {
  if (!isObject(logic)) return typeof logic === 'boolean';
  if (Object.keys(logic).length !== 1) return false;
  const made = operation(logic)!;
  const { operator, operands } = made;
  if (operator === 'and' || operator === 'or') {
    return operands.length > 0 && operands.every((one) => isBoolean(one, evaluators));
  }
  if (operator === '$ref') {
    const name = operands[0] as string;
    // An evaluator that refers to itself is none.
    const { [name]: evaluator, ...others } = evaluators;
    return evaluator !== undefined && isBoolean(evaluator, others);
  }
  return BOOLEAN.has(operator);
}

/**
 * JsonLogic where it decides whether a rule applies: truthy or not.
 *
 * @throws {Unsupported} naming what our conditions can not say
 */
export function guardOf(logic: Json, scope: Scope): Guard {
  const made = operation(logic);
  if (!made) return { conditions: isTruthy(logic) ? ALWAYS : NEVER };
  const { operator, operands } = made;
  const [first = null, second = null, third] = operands;
  const pure = (one: Json): Conditions => conditionsOf(one, scope);
  switch (operator) {
    case 'and':
      return both(operands.map((one) => guardOf(one, scope)));
    case 'or':
      return { conditions: any(operands.map(pure)) };
    case '!':
      return { conditions: not(pure(first)) };
    case '!!':
      return guardOf(first, scope);
    case 'if':
    case '?:':
      return { conditions: chosen(operands, pure) };
    case '$ref':
      return { conditions: scope.evaluator(asText(first)) };
    case 'var': {
      const attribute = attributeOf(logic);
      // What JsonLogic takes for false: missing, null, false, 0, empty.
      return {
        conditions: { [attribute]: { $exists: true, $nin: [null, false, 0, ''], $not: { $size: 0 } } },
      };
    }
    case 'missing':
      return { conditions: any(operands.map((name) => absent(asText(name)))) };
    case 'in':
      return { conditions: within(first, second) };
    case 'starts_with':
    case 'ends_with':
      if (typeof second !== 'string') throw new Unsupported(`${operator} of anything but a text`);
      return {
        conditions: hasText(attributeOf(first), [second], operator === 'ends_with' ? 'end' : 'start'),
      };
    case 'sem_ver':
      return { conditions: version(attributeOf(first), asText(second), third) };
  }
  if (Object.hasOwn(EQUALITIES, operator)) {
    const equal = equality(first, second, scope);
    return { conditions: EQUALITIES[operator]! ? equal : not(equal) };
  }
  if (Object.hasOwn(COMPARISONS, operator)) {
    const comparison = operator as Comparison;
    if (third === undefined) return compared(comparison, first, second);
    return both([compared(comparison, first, second), compared(comparison, second, third)]);
  }
  throw new Unsupported(`the operator ${operator}`);
}

/** As `guardOf`, where a time can not be set apart as a schedule. */
export function conditionsOf(logic: Json, scope: Scope): Conditions {
  const { conditions, from, until } = guardOf(logic, scope);
  if (from !== undefined || until !== undefined) {
    throw new Unsupported(`${TIMESTAMP} anywhere but in the outermost "and" of a rule`);
  }
  return conditions;
}

export function both(guards: readonly Guard[]): Guard {
  const froms = guards.flatMap(({ from }) => from ?? []);
  const untils = guards.flatMap(({ until }) => until ?? []);
  return {
    conditions: all(guards.map(({ conditions }) => conditions)),
    ...(froms.length > 0 && { from: Math.max(...froms) }),
    ...(untils.length > 0 && { until: Math.min(...untils) }),
  };
}

/** The attribute that `{"var": …}` reads. @throws {Unsupported} for anything else */
export function attributeOf(logic: Json): string {
  const made = operation(logic);
  if (made?.operator !== 'var')
    throw new Unsupported(`${JSON.stringify(logic)} where an attribute was expected`);
  const [name, fallback] = made.operands;
  if (typeof name !== 'string' || name === '' || name.startsWith('$')) {
    throw new Unsupported(`the attribute ${JSON.stringify(name ?? null)}`);
  }
  if (fallback !== undefined && fallback !== null)
    throw new Unsupported(`a default for the attribute ${name}`);
  return name;
}

function isVariable(logic: Json, name?: string): boolean {
  if (!isObject(logic) || Object.keys(logic).join() !== 'var') return false;
  return (
    name === undefined || logic['var'] === name || (Array.isArray(logic['var']) && logic['var'][0] === name)
  );
}

function equality(first: Json, second: Json, scope: Scope): Conditions {
  const [read, literal] = isObject(first) ? [first, second] : [second, first];
  if (isObject(literal) || Array.isArray(literal))
    throw new Unsupported('a comparison of two attributes or with a list');
  if (isVariable(read, FLAG_KEY)) {
    if (scope.flagKey === undefined) throw new Unsupported(`${FLAG_KEY} in an evaluator`);
    return scope.flagKey === literal ? ALWAYS : NEVER;
  }
  if (isObject(read) && !isVariable(read) && typeof literal === 'boolean') {
    return literal ? conditionsOf(read, scope) : not(conditionsOf(read, scope));
  }
  const attribute = attributeOf(read);
  return literal === null ? absent(attribute) : { [attribute]: literal };
}

function compared(operator: Comparison, first: Json, second: Json): Guard {
  if (!isObject(first)) return compared(COMPARISONS[operator].mirrored, second, first);
  if (isVariable(first, TIMESTAMP)) return since(operator, second);
  const attribute = attributeOf(first);
  const { ours, holds } = COMPARISONS[operator];
  if (typeof second !== 'number' && typeof second !== 'string') {
    throw new Unsupported(`${operator} with anything but a number or a text`);
  }
  if (typeof second === 'string' && second.trim() !== '' && Number.isFinite(Number(second))) {
    throw new Unsupported(
      `${operator} with the text ${JSON.stringify(second)}, which is compared as a number there`,
    );
  }
  const test = { [attribute]: { [ours]: second } };
  // A missing attribute is 0 to JsonLogic.
  const isMissingMet = typeof second === 'number' && holds(0, second);
  return { conditions: isMissingMet ? any([test, absent(attribute)]) : test };
}

function since(operator: Comparison, seconds: Json): Guard {
  if (typeof seconds !== 'number') throw new Unsupported(`${TIMESTAMP} compared with anything but a number`);
  // The clock there counts whole seconds.
  const whole = operator === '>=' || operator === '<' ? Math.ceil(seconds) : Math.floor(seconds) + 1;
  return operator === '>' || operator === '>='
    ? { conditions: ALWAYS, from: whole }
    : { conditions: ALWAYS, until: whole };
}

function within(needle: Json, haystack: Json): Conditions {
  if (Array.isArray(haystack)) {
    if (haystack.some((one) => isObject(one) || Array.isArray(one)))
      throw new Unsupported('"in" a list of objects');
    return oneOf(attributeOf(needle), haystack);
  }
  if (!isObject(haystack)) throw new Unsupported('"in" of an attribute in a text');
  if (typeof needle !== 'string' && typeof needle !== 'number')
    throw new Unsupported('"in" of two attributes');
  const attribute = attributeOf(haystack);
  return any([hasText(attribute, [String(needle)], 'anywhere'), { [attribute]: needle }]);
}

function version(attribute: string, operator: string, given: Json | undefined): Conditions {
  const wanted = asText(given);
  const [, major, minor = '0'] = /^[vV]?(\d+)(?:\.(\d+))?/.exec(wanted) ?? [];
  if (major === undefined) throw new Unsupported(`the version ${wanted}`);
  // The lowest of all versions of that number is its pre-release 0.
  const between = (low: string, high: string) => ({ [attribute]: { $vgte: `${low}-0`, $vlt: `${high}-0` } });
  switch (operator) {
    case '=':
      return { [attribute]: { $veq: wanted } };
    case '!=':
      return { [attribute]: { $vgte: '0.0.0-0', $vne: wanted } };
    case '<':
      return { [attribute]: { $vlt: wanted } };
    case '<=':
      return { [attribute]: { $vlte: wanted } };
    case '>':
      return { [attribute]: { $vgt: wanted } };
    case '>=':
      return { [attribute]: { $vgte: wanted } };
    case '^':
      return between(`${major}.0.0`, `${Number(major) + 1}.0.0`);
    case '~':
      return between(`${major}.${minor}.0`, `${major}.${Number(minor) + 1}.0`);
  }
  throw new Unsupported(`the sem_ver operator ${operator}`);
}

function chosen(operands: readonly Json[], pure: (logic: Json) => Conditions): Conditions {
  const [condition = null, then = null, ...rest] = operands;
  if (operands.length === 0) return NEVER;
  if (operands.length === 1) return pure(condition);
  const met = pure(condition);
  return any([all([met, pure(then)]), all([not(met), chosen(rest, pure)])]);
}

function isTruthy(literal: Json): boolean {
  return Array.isArray(literal) ? literal.length > 0 : Boolean(literal);
}
