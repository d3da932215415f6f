import type { Json } from '../model/json.js';
import type { Schedule } from './cascade.js';
import { all, any, hasText, not, oneOf, type Conditions, type Place } from './conditions.js';
import { asText, Unsupported, type Fields } from './fields.js';
import { UNLEASH } from './meaningless.js';

/** What holds for a unit, and when. */
export interface Constrained {
  conditions: Conditions;
  schedule?: Schedule | undefined;
}

const NUMBERS: Readonly<Record<string, string>> = {
  NUM_EQ: '$eq',
  NUM_GT: '$gt',
  NUM_GTE: '$gte',
  NUM_LT: '$lt',
  NUM_LTE: '$lte',
};
const VERSIONS: Readonly<Record<string, string>> = {
  SEMVER_EQ: '$veq',
  SEMVER_GT: '$vgt',
  SEMVER_GTE: '$vgte',
  SEMVER_LT: '$vlt',
  SEMVER_LTE: '$vlte',
};
const PLACES: Readonly<Record<string, Place>> = {
  STR_STARTS_WITH: 'start',
  STR_ENDS_WITH: 'end',
  STR_CONTAINS: 'anywhere',
};

/** All constraints of a strategy or a segment. @throws {Unsupported} naming what ours can not say */
export function constraintsOf(fields: Fields): Constrained {
  const constraints = fields.objects('constraints').map(read);
  return every(constraints.map(constrained));
}

export function every(parts: readonly Constrained[]): Constrained {
  const froms = parts.flatMap(({ schedule }) => schedule?.from ?? []).sort();
  const untils = parts.flatMap(({ schedule }) => schedule?.until ?? []).sort();
  const [from, until] = [froms.at(-1), untils[0]];
  const conditions = all(parts.map((one) => one.conditions));
  if (from === undefined && until === undefined) return { conditions };
  return {
    conditions,
    schedule: { ...(from !== undefined && { from }), ...(until !== undefined && { until }) },
  };
}

interface Constraint {
  contextName: string;
  operator: string;
  values: string[];
  value: Json | undefined;
  inverted: boolean;
  ignoreCase: boolean;
}

const WITH_VALUES = new Set(['IN', 'NOT_IN', 'IN_CIDR', ...Object.keys(PLACES)]);
const WITH_CASE = new Set(['REGEX', ...Object.keys(PLACES)]);

function read(fields: Fields): Constraint {
  const operator = fields.name('operator');
  const hasValues = WITH_VALUES.has(operator);
  const values = hasValues ? fields.texts('values').map((one) => one.trim()) : [];
  const isDate = operator.startsWith('DATE_');
  const made = {
    // Dates are compared with the clock, whatever the field is called.
    contextName: isDate ? 'currentTime' : fields.name('contextName'),
    operator,
    values: values.filter((one) => one !== ''),
    value: hasValues ? undefined : (fields.json('value') ?? undefined),
    inverted: fields.flag('inverted') ?? false,
    ignoreCase: WITH_CASE.has(operator) && (fields.flag('caseInsensitive') ?? false),
  };
  fields.close(isDate ? UNLEASH.dateConstraint : UNLEASH.constraint);
  return made;
}

/** The name of an attribute here: their `userId` is who the unit is. */
export function attributeOf(contextName: string): string {
  if (contextName === 'userId') return 'targetingKey';
  if (contextName.includes('.'))
    throw new Unsupported(`the context field ${contextName}: dots are paths here`);
  if (contextName === '' || contextName.startsWith('$'))
    throw new Unsupported(`the context field ${contextName}`);
  return contextName;
}

function constrained(constraint: Constraint): Constrained {
  const { operator, value, inverted } = constraint;
  if (operator === 'DATE_AFTER' || operator === 'DATE_BEFORE') {
    const time = Date.parse(asText(value));
    if (!Number.isFinite(time))
      throw new Unsupported(`${operator} with ${JSON.stringify(value)}, which is no time`);
    const side = (operator === 'DATE_AFTER') === inverted ? 'until' : 'from';
    return { conditions: {}, schedule: { [side]: new Date(time).toISOString() } };
  }
  const conditions = tested(constraint);
  return { conditions: inverted ? not(conditions) : conditions };
}

function tested({ contextName, operator, values, value, ignoreCase }: Constraint): Conditions {
  const attribute = attributeOf(contextName);
  const is = (name: string, operand: Json): Conditions => ({ [attribute]: { [name]: operand } });
  if (operator === 'IN') return among(attribute, values);
  if (operator === 'NOT_IN') return not(among(attribute, values));
  if (PLACES[operator]) return hasText(attribute, values, PLACES[operator], ignoreCase);
  if (NUMBERS[operator]) {
    const number = Number(value);
    if (value === undefined || Number.isNaN(number))
      throw new Unsupported(`${operator} with ${JSON.stringify(value)}`);
    return is(NUMBERS[operator], number);
  }
  if (VERSIONS[operator]) return is(VERSIONS[operator], asText(value));
  if (operator === 'REGEX') {
    return { [attribute]: { $regex: asText(value), ...(ignoreCase && { $options: 'i' }) } };
  }
  throw new Unsupported(`the operator ${operator}`);
}

/** They compare texts: a number or a boolean of the context meets its text. */
function among(attribute: string, values: readonly string[]): Conditions {
  if (attribute === 'targetingKey') return oneOf(attribute, values);
  const others = values.flatMap((one): Json[] => {
    if (one === 'true' || one === 'false') return [one === 'true'];
    return String(Number(one)) === one ? [Number(one)] : [];
  });
  return any([oneOf(attribute, [...values, ...others])]);
}
