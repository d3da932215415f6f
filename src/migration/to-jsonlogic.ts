import type { Json } from '../model/json.js';
import { asText, isObject, Unsupported } from './fields.js';

/** A segment by its name, as JsonLogic. @throws {Unsupported} */
export type Reference = (segment: string) => Json;
/** Told where JsonLogic says nearly the same. */
export type Nearly = (message: string) => void;

const COMPARISONS: Readonly<
  Record<string, { theirs: string; holds: (zero: number, operand: number) => boolean }>
> = {
  $gt: { theirs: '>', holds: (a, b) => a > b },
  $gte: { theirs: '>=', holds: (a, b) => a >= b },
  $lt: { theirs: '<', holds: (a, b) => a < b },
  $lte: { theirs: '<=', holds: (a, b) => a <= b },
};
const VERSIONS: Readonly<Record<string, string>> = {
  $veq: '=',
  $vgt: '>',
  $vgte: '>=',
  $vlt: '<',
  $vlte: '<=',
};
export const NULL_IS_MISSING = 'an attribute that is null counts as missing there';
export const NO_LISTS = 'equality looks into lists here, there it does not';

/**
 * Our conditions as JsonLogic with flagd's operators.
 *
 * @throws {Unsupported} naming what it can not say
 */
export function logicOf(conditions: Json, reference: Reference, nearly: Nearly): Json {
  if (!isObject(conditions)) throw new Unsupported('a condition that is no object');
  const entry = ([key, operand]: [string, Json]): Json => {
    const list = (): Json[] => (operand as Json[]).map((one) => logicOf(one, reference, nearly));
    const groups = (): Json =>
      or((Array.isArray(operand) ? operand : [operand]).map((one) => reference(asText(one))));
    switch (key) {
      case '$and':
        return and(list());
      case '$or':
        return or(list());
      case '$nor':
        return negated(or(list()));
      case '$not':
        return negated(logicOf(operand, reference, nearly));
      case '$inGroup':
        return groups();
      case '$notInGroup':
        return negated(groups());
    }
    return test(key, operand, nearly);
  };
  return and(Object.entries(conditions).map(entry));
}

export function and(parts: readonly Json[]): Json {
  const kept = parts.filter((one) => one !== true);
  if (kept.includes(false)) return false;
  return kept.length === 0 ? true : kept.length === 1 ? kept[0]! : { and: kept };
}

export function or(parts: readonly Json[]): Json {
  const kept = parts.filter((one) => one !== false);
  if (kept.includes(true)) return true;
  return kept.length === 0 ? false : kept.length === 1 ? kept[0]! : { or: kept };
}

function negated(logic: Json): Json {
  return typeof logic === 'boolean' ? !logic : { '!': [logic] };
}

/** What the import makes of a test for null, and of an attribute that is to be true of JsonLogic. */
const ABSENT = JSON.stringify({ $not: { $exists: true, $ne: null } });
const TRUTHY = JSON.stringify({ $exists: true, $nin: [null, false, 0, ''], $not: { $size: 0 } });

function test(attribute: string, operand: Json, nearly: Nearly): Json {
  const variable = { var: attribute };
  const text = JSON.stringify(operand);
  if (text === ABSENT) return { '===': [variable, null] };
  if (text === TRUTHY) return { '!!': [variable] };
  if (!isObject(operand) || !Object.keys(operand).some((key) => key.startsWith('$'))) {
    return equality(variable, operand, nearly);
  }
  return and(
    Object.entries(operand).flatMap(([operator, value]) =>
      operator === '$options' ? [] : [operation(attribute, operator, value, operand, nearly)],
    ),
  );
}

function equality(variable: Json, operand: Json, nearly: Nearly): Json {
  if (operand !== null && typeof operand === 'object')
    throw new Unsupported('equality with a list or an object');
  nearly(operand === null ? NULL_IS_MISSING : NO_LISTS);
  return { '===': [variable, operand] };
}

function operation(
  attribute: string,
  operator: string,
  operand: Json,
  whole: Record<string, Json>,
  nearly: Nearly,
): Json {
  const variable = { var: attribute };
  const comparison = COMPARISONS[operator];
  if (comparison) {
    const { theirs, holds } = comparison;
    const compared = { [theirs]: [variable, operand] };
    // A missing attribute is 0 there.
    return holds(0, Number(operand)) ? { and: [{ '!==': [variable, null] }, compared] } : compared;
  }
  if (VERSIONS[operator]) return { sem_ver: [variable, VERSIONS[operator], operand] };
  switch (operator) {
    case '$eq':
      return equality(variable, operand, nearly);
    case '$ne':
      return negated(equality(variable, operand, nearly));
    case '$in':
      return among(variable, operand as Json[], nearly);
    case '$nin':
      return negated(among(variable, operand as Json[], nearly));
    case '$vne':
      return negated({ sem_ver: [variable, '=', operand] });
    case '$not':
      return negated(test(attribute, operand, nearly));
    case '$exists':
      nearly(NULL_IS_MISSING);
      return operand === true ? { '!==': [variable, null] } : { '===': [variable, null] };
    case '$regex':
      if (whole['$options'] === 'i') throw new Unsupported('a pattern that ignores case');
      return matching(variable, asText(operand));
  }
  throw new Unsupported(`the operator ${operator}`);
}

function among(variable: Json, operands: readonly Json[], nearly: Nearly): Json {
  if (operands.some((one) => one !== null && typeof one === 'object')) {
    throw new Unsupported('$in with lists or objects');
  }
  nearly(operands.includes(null) ? NULL_IS_MISSING : NO_LISTS);
  return { in: [variable, [...operands]] };
}

/** Patterns that look for given texts at the start, at the end, anywhere or as the whole. */
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

function literalOf(pattern: string): string {
  if (!/^(?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*$/su.test(pattern))
    throw new Unsupported(`the pattern ${pattern}`);
  return pattern.replace(/\\(.)/gsu, '$1');
}
