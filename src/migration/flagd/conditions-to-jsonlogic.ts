import type { Json } from '../../model/json.js';
import { ABSENT } from '../build-conditions.js';
import { asText, isObject } from '../fields.js';
import { Unsupported } from '../migration-errors.js';
import { TRUTHY } from './jsonlogic-to-conditions.js';

/** Membership of a segment, as JsonLogic. @throws {Unsupported} */
export type SegmentReference = (segment: string) => Json;
/** Called where the JsonLogic expression differs a little in meaning. */
export type OnDifference = (message: string) => void;

const COMPARISONS: Readonly<
  Record<string, { operator: string; holds: (zero: number, operand: number) => boolean }>
> = {
  $gt: { operator: '>', holds: (a, b) => a > b },
  $gte: { operator: '>=', holds: (a, b) => a >= b },
  $lt: { operator: '<', holds: (a, b) => a < b },
  $lte: { operator: '<=', holds: (a, b) => a <= b },
};
const VERSIONS: Readonly<Record<string, string>> = {
  $veq: '=',
  $vgt: '>',
  $vgte: '>=',
  $vlt: '<',
  $vlte: '<=',
};
const NULL_IS_MISSING = 'flagd takes an attribute that is null for a missing one';
export const NO_LISTS = 'equality here also looks into lists; in flagd it does not';

/**
 * Our conditions as JsonLogic with flagd's operators.
 *
 * @throws {Unsupported} naming what JsonLogic cannot express
 */
export function logicOf(conditions: Json, reference: SegmentReference, onDifference: OnDifference): Json {
  if (!isObject(conditions)) throw new Unsupported('a condition must be an object');
  const entry = ([key, operand]: [string, Json]): Json => {
    const list = (): Json[] => (operand as Json[]).map((item) => logicOf(item, reference, onDifference));
    const groups = (): Json =>
      or((Array.isArray(operand) ? operand : [operand]).map((name) => reference(asText(name))));
    switch (key) {
      case '$and':
        return and(list());
      case '$or':
        return or(list());
      case '$nor':
        return negated(or(list()));
      case '$not':
        return negated(logicOf(operand, reference, onDifference));
      case '$inGroup':
        return groups();
      case '$notInGroup':
        return negated(groups());
    }
    return attributeTest(key, operand, onDifference);
  };
  return and(Object.entries(conditions).map(entry));
}

export function and(parts: readonly Json[]): Json {
  const kept = parts.filter((part) => part !== true);
  if (kept.includes(false)) return false;
  return kept.length === 0 ? true : kept.length === 1 ? kept[0]! : { and: kept };
}

export function or(parts: readonly Json[]): Json {
  const kept = parts.filter((part) => part !== false);
  if (kept.includes(true)) return true;
  return kept.length === 0 ? false : kept.length === 1 ? kept[0]! : { or: kept };
}

function negated(logic: Json): Json {
  return typeof logic === 'boolean' ? !logic : { '!': [logic] };
}

/** Tests that the import makes of JsonLogic: they become again what they were. */
const ABSENT_TEXT = JSON.stringify(ABSENT);
const TRUTHY_TEXT = JSON.stringify(TRUTHY);

function attributeTest(attribute: string, operand: Json, onDifference: OnDifference): Json {
  const variable = { var: attribute };
  const text = JSON.stringify(operand);
  if (text === ABSENT_TEXT) return { '===': [variable, null] };
  if (text === TRUTHY_TEXT) return { '!!': [variable] };
  if (!isObject(operand) || !Object.keys(operand).some((key) => key.startsWith('$'))) {
    return equality(variable, operand, onDifference);
  }
  return and(
    Object.entries(operand).flatMap(([operator, value]) =>
      operator === '$options' ? [] : [operation(attribute, operator, value, operand, onDifference)],
    ),
  );
}

function equality(variable: Json, operand: Json, onDifference: OnDifference): Json {
  if (operand !== null && typeof operand === 'object')
    throw new Unsupported('equality with a list or an object is not supported');
  onDifference(operand === null ? NULL_IS_MISSING : NO_LISTS);
  return { '===': [variable, operand] };
}

function operation(
  attribute: string,
  operator: string,
  operand: Json,
  attributeTests: Record<string, Json>,
  onDifference: OnDifference,
): Json {
  const variable = { var: attribute };
  const comparison = COMPARISONS[operator];
  if (comparison) {
    const compared = { [comparison.operator]: [variable, operand] };
    // To JsonLogic a missing attribute is 0.
    return comparison.holds(0, Number(operand)) ? { and: [{ '!==': [variable, null] }, compared] } : compared;
  }
  if (VERSIONS[operator]) return { sem_ver: [variable, VERSIONS[operator], operand] };
  switch (operator) {
    case '$eq':
      return equality(variable, operand, onDifference);
    case '$ne':
      return negated(equality(variable, operand, onDifference));
    case '$in':
      return among(variable, operand as Json[], onDifference);
    case '$nin':
      return negated(among(variable, operand as Json[], onDifference));
    case '$vne':
      return negated({ sem_ver: [variable, '=', operand] });
    case '$not':
      return negated(attributeTest(attribute, operand, onDifference));
    case '$exists':
      onDifference(NULL_IS_MISSING);
      return operand === true ? { '!==': [variable, null] } : { '===': [variable, null] };
    case '$regex':
      if (attributeTests['$options'] === 'i')
        throw new Unsupported('patterns that ignore case are not supported');
      return matching(variable, asText(operand));
  }
  throw new Unsupported(`the operator ${operator} is not supported`);
}

function among(variable: Json, operands: readonly Json[], onDifference: OnDifference): Json {
  if (operands.some((value) => value !== null && typeof value === 'object')) {
    throw new Unsupported('$in with lists or objects is not supported');
  }
  onDifference(operands.includes(null) ? NULL_IS_MISSING : NO_LISTS);
  return { in: [variable, [...operands]] };
}

/** Supports patterns that only look for certain texts: at the start, at the end, anywhere, or as the whole string. */
function matching(variable: Json, pattern: string): Json {
  const [fromStart, toEnd] = [
    pattern.startsWith('^'),
    pattern.endsWith('$') && !/(^|[^\\])(\\\\)*\\\$$/.test(pattern),
  ];
  const body = pattern.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined);
  const group = /^\(\?:(.*)\)$/s.exec(body);
  const texts = (group ? group[1]!.split(/(?<!\\)\|/) : [body]).map(literalOf);
  return or(
    texts.map((text): Json => {
      if (fromStart && toEnd) return { '===': [variable, text] };
      if (fromStart) return { starts_with: [variable, text] };
      return toEnd ? { ends_with: [variable, text] } : { in: [text, variable] };
    }),
  );
}

/** The text that a pattern without special characters matches. */
function literalOf(pattern: string): string {
  if (!/^(?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*$/su.test(pattern))
    throw new Unsupported(`the pattern ${pattern} is not supported`);
  return pattern.replace(/\\(.)/gsu, '$1');
}
