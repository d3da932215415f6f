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
import { comparesNumbers, equalsOneType } from '../typing-notes.js';

/** Which units a rule matches, and when: seconds since 1970, `from` inclusive, `until` exclusive. */
export interface Guard {
  conditions: Conditions;
  from?: number;
  until?: number;
}

/** What an expression may refer to besides the context. */
export interface Scope {
  /** Undefined in evaluators, which all flags share. */
  flagKey?: string;
  /** The conditions of an evaluator, by its name. @throws {Unsupported} */
  evaluator: (name: string) => Conditions;
  /** Is told where a comparison converts in flagd, and not here. */
  changed: (message: string) => void;
}

const SYSTEM = 'flagd';

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
/** The attribute's value is true to JsonLogic, which takes missing, null, false, 0 and empty for false. */
export const TRUTHY: Json = { $exists: true, $nin: [null, false, 0, ''], $not: { $size: 0 } };
const FLAG_KEY = '$flagd.flagKey';
const TIMESTAMP = '$flagd.timestamp';

/** The operation of an expression, its operands always as a list. Null where the expression is a literal. */
export function operation(logic: Json): { operator: string; operands: Json[] } | null {
  if (!isObject(logic)) return null;
  const [operator, ...more] = Object.keys(logic);
  if (operator === undefined || more.length > 0)
    throw new Unsupported('an expression must be an object with one operator');
  const operand = logic[operator]!;
  return { operator, operands: Array.isArray(operand) ? operand : [operand] };
}

/** Operators that always result in true or false. */
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

/** Whether an expression always results in true or false. */
export function isBoolean(logic: Json, evaluators: Readonly<Record<string, Json>>): boolean {
  if (!isObject(logic)) return typeof logic === 'boolean';
  if (Object.keys(logic).length !== 1) return false;
  const { operator, operands } = operation(logic)!;
  if (operator === 'and' || operator === 'or') {
    return operands.length > 0 && operands.every((operand) => isBoolean(operand, evaluators));
  }
  if (operator === '$ref') {
    const name = operands[0] as string;
    // Without itself: an evaluator that refers to itself results in nothing.
    const { [name]: evaluator, ...others } = evaluators;
    return evaluator !== undefined && isBoolean(evaluator, others);
  }
  return BOOLEAN.has(operator);
}

/**
 * A JsonLogic expression that decides whether a rule applies: the guard holds where the expression is truthy.
 *
 * @throws {Unsupported} naming what our conditions cannot express
 */
export function guardOf(logic: Json, scope: Scope): Guard {
  const expression = operation(logic);
  if (!expression) return { conditions: isTruthy(logic) ? ALWAYS : NEVER };
  const { operator, operands } = expression;
  const [first = null, second = null, third] = operands;
  const untimed = (operand: Json): Conditions => conditionsOf(operand, scope);
  switch (operator) {
    case 'and':
      return allHold(operands.map((operand) => guardOf(operand, scope)));
    case 'or':
      return { conditions: anyOf(operands.map(untimed)) };
    case '!':
      return { conditions: not(untimed(first)) };
    case '!!':
      return guardOf(first, scope);
    case 'if':
    case '?:':
      return { conditions: ifChain(operands, untimed) };
    case '$ref':
      return { conditions: scope.evaluator(asText(first)) };
    case 'var':
      return { conditions: { [attributeOf(logic)]: TRUTHY } };
    case 'missing':
      return { conditions: anyOf(operands.map((name) => absent(asText(name)))) };
    case 'in':
      return { conditions: within(first, second) };
    case 'starts_with':
    case 'ends_with':
      if (typeof second !== 'string') throw new Unsupported(`${operator} supports only strings`);
      return {
        conditions: hasText(attributeOf(first), [second], operator === 'ends_with' ? 'end' : 'start'),
      };
    case 'sem_ver':
      return { conditions: version(attributeOf(first), asText(second), third) };
  }
  if (Object.hasOwn(EQUALITIES, operator)) {
    const converts = operator === '==' || operator === '!=';
    const equal = equality(first, second, converts, scope);
    return { conditions: EQUALITIES[operator]! ? equal : not(equal) };
  }
  if (Object.hasOwn(COMPARISONS, operator)) {
    const comparison = operator as Comparison;
    if (third === undefined) return compared(comparison, first, second, scope);
    return allHold([compared(comparison, first, second, scope), compared(comparison, second, third, scope)]);
  }
  throw new Unsupported(`the operator ${operator} is not supported`);
}

/** As `guardOf`, where the guard cannot depend on the time. */
export function conditionsOf(logic: Json, scope: Scope): Conditions {
  const { conditions, from, until } = guardOf(logic, scope);
  if (from !== undefined || until !== undefined) {
    throw new Unsupported(`${TIMESTAMP} is supported only in the outermost "and" of a rule`);
  }
  return conditions;
}

/** All guards hold. */
export function allHold(guards: readonly Guard[]): Guard {
  const froms = guards.flatMap(({ from }) => from ?? []);
  const untils = guards.flatMap(({ until }) => until ?? []);
  return {
    conditions: allOf(guards.map(({ conditions }) => conditions)),
    ...(froms.length > 0 && { from: Math.max(...froms) }),
    ...(untils.length > 0 && { until: Math.min(...untils) }),
  };
}

/** The attribute that `{"var": …}` reads. @throws {Unsupported} for anything else */
export function attributeOf(logic: Json): string {
  const expression = operation(logic);
  if (expression?.operator !== 'var')
    throw new Unsupported(`${JSON.stringify(logic)} is not supported in place of an attribute`);
  const [name, fallback] = expression.operands;
  if (typeof name !== 'string' || name === '' || name.startsWith('$')) {
    throw new Unsupported(`the attribute ${JSON.stringify(name ?? null)} is not supported`);
  }
  if (fallback !== undefined && fallback !== null)
    throw new Unsupported(`a default for the attribute ${name} is not supported`);
  return name;
}

function isVariable(logic: Json, name?: string): boolean {
  if (!isObject(logic) || Object.keys(logic).join() !== 'var') return false;
  return (
    name === undefined || logic['var'] === name || (Array.isArray(logic['var']) && logic['var'][0] === name)
  );
}

function equality(first: Json, second: Json, converts: boolean, scope: Scope): Conditions {
  const [read, literal] = isObject(first) ? [first, second] : [second, first];
  if (isObject(literal) || Array.isArray(literal))
    throw new Unsupported('comparing two attributes, or with a list, is not supported');
  if (isVariable(read, FLAG_KEY)) {
    if (scope.flagKey === undefined) throw new Unsupported(`${FLAG_KEY} is not supported in an evaluator`);
    return scope.flagKey === literal ? ALWAYS : NEVER;
  }
  if (isObject(read) && !isVariable(read) && typeof literal === 'boolean') {
    return literal ? conditionsOf(read, scope) : not(conditionsOf(read, scope));
  }
  const attribute = attributeOf(read);
  const message = converts ? equalsOneType(attribute, literal, SYSTEM) : null;
  if (message !== null) scope.changed(message);
  return literal === null ? absent(attribute) : { [attribute]: literal };
}

function compared(operator: Comparison, first: Json, second: Json, scope: Scope): Guard {
  if (!isObject(first)) {
    if (!isObject(second)) throw new Unsupported(`${operator} without an attribute is not supported`);
    return compared(COMPARISONS[operator].mirrored, second, first, scope);
  }
  if (isVariable(first, TIMESTAMP)) return scheduled(operator, second);
  const attribute = attributeOf(first);
  const { ours, holds } = COMPARISONS[operator];
  if (typeof second !== 'number' && typeof second !== 'string') {
    throw new Unsupported(`${operator} supports only numbers and strings`);
  }
  if (typeof second === 'string' && second.trim() !== '' && Number.isFinite(Number(second))) {
    throw new Unsupported(
      `${operator} with the string ${JSON.stringify(second)}, which flagd compares as a number, is not supported`,
    );
  }
  if (typeof second === 'number') scope.changed(comparesNumbers(attribute, SYSTEM));
  const test = { [attribute]: { [ours]: second } };
  // A missing attribute is 0 to JsonLogic.
  const isMissingMet = typeof second === 'number' && holds(0, second);
  return { conditions: isMissingMet ? anyOf([test, absent(attribute)]) : test };
}

/** A comparison with the current time. */
function scheduled(operator: Comparison, seconds: Json): Guard {
  if (typeof seconds !== 'number') throw new Unsupported(`${TIMESTAMP} can be compared only with a number`);
  // flagd's clock counts whole seconds.
  const whole = operator === '>=' || operator === '<' ? Math.ceil(seconds) : Math.floor(seconds) + 1;
  return operator === '>' || operator === '>='
    ? { conditions: ALWAYS, from: whole }
    : { conditions: ALWAYS, until: whole };
}

function within(needle: Json, haystack: Json): Conditions {
  if (Array.isArray(haystack)) {
    if (haystack.some((item) => isObject(item) || Array.isArray(item)))
      throw new Unsupported('"in" a list of objects is not supported');
    return oneOf(attributeOf(needle), haystack);
  }
  if (!isObject(haystack)) throw new Unsupported('"in" is not supported for an attribute in a string');
  if (typeof needle !== 'string' && typeof needle !== 'number')
    throw new Unsupported('"in" is not supported for two attributes');
  const attribute = attributeOf(haystack);
  return anyOf([hasText(attribute, [String(needle)], 'anywhere'), { [attribute]: needle }]);
}

function version(attribute: string, operator: string, given: Json | undefined): Conditions {
  const wanted = asText(given);
  const [, major, minor = '0'] = /^[vV]?(\d+)(?:\.(\d+))?/.exec(wanted) ?? [];
  if (major === undefined) throw new Unsupported(`${wanted} is not a version`);
  // The pre-release 0 is the lowest version with that number.
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
  throw new Unsupported(`the sem_ver operator ${operator} is not supported`);
}

/** An `if` whose branches are conditions themselves. */
function ifChain(operands: readonly Json[], untimed: (logic: Json) => Conditions): Conditions {
  const [condition = null, then = null, ...rest] = operands;
  if (operands.length === 0) return NEVER;
  if (operands.length === 1) return untimed(condition);
  const met = untimed(condition);
  return anyOf([allOf([met, untimed(then)]), allOf([not(met), ifChain(rest, untimed)])]);
}

function isTruthy(literal: Json): boolean {
  return Array.isArray(literal) ? literal.length > 0 : Boolean(literal);
}
