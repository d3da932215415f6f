import type { Json } from '../../model/json.js';
import { allOf, hasText, not, oneOf, type Conditions, type TextPosition } from '../build-conditions.js';
import { asText, type Fields } from '../fields.js';
import type { PlannedSchedule } from '../flag-plan.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { comparesNumbers, comparesTexts, couldBeInNumber, couldMatchNumber } from '../typing-notes.js';
import { IGNORED } from './ignored-fields.js';

/** Which units a strategy is for, and when. */
export interface ScheduledConditions {
  conditions: Conditions;
  schedule?: PlannedSchedule | undefined;
}

const NUMBER_OPERATORS: Readonly<Record<string, string>> = {
  NUM_EQ: '$eq',
  NUM_GT: '$gt',
  NUM_GTE: '$gte',
  NUM_LT: '$lt',
  NUM_LTE: '$lte',
};
const VERSION_OPERATORS: Readonly<Record<string, string>> = {
  SEMVER_EQ: '$veq',
  SEMVER_GT: '$vgt',
  SEMVER_GTE: '$vgte',
  SEMVER_LT: '$vlt',
  SEMVER_LTE: '$vlte',
};
const TEXT_OPERATORS: Readonly<Record<string, TextPosition>> = {
  STR_STARTS_WITH: 'start',
  STR_ENDS_WITH: 'end',
  STR_CONTAINS: 'anywhere',
};

/** All constraints of a strategy or a segment. @throws {Unsupported} naming what our conditions cannot express */
export function constraintsOf(fields: Fields): ScheduledConditions {
  const constraints = fields.objects('constraints').map(readConstraint);
  return allHold(constraints.map((constraint) => conditionsOf(constraint, fields.ledger)));
}

/** All of them hold. */
export function allHold(parts: readonly ScheduledConditions[]): ScheduledConditions {
  const froms = parts.flatMap(({ schedule }) => schedule?.from ?? []).sort();
  const untils = parts.flatMap(({ schedule }) => schedule?.until ?? []).sort();
  const [from, until] = [froms.at(-1), untils[0]];
  const conditions = allOf(parts.map((part) => part.conditions));
  if (from === undefined && until === undefined) return { conditions };
  return {
    conditions,
    schedule: { ...(from !== undefined && { from }), ...(until !== undefined && { until }) },
  };
}

interface Constraint {
  path: string;
  contextName: string;
  operator: string;
  /** Of operators with several values. */
  values: string[];
  /** Of operators with one value. */
  value: Json | undefined;
  inverted: boolean;
  ignoreCase: boolean;
}

const OPERATORS_WITH_VALUES = new Set(['IN', 'NOT_IN', 'IN_CIDR', ...Object.keys(TEXT_OPERATORS)]);
const OPERATORS_WITH_CASE = new Set(['REGEX', ...Object.keys(TEXT_OPERATORS)]);

function readConstraint(fields: Fields): Constraint {
  const operator = fields.requiredString('operator');
  const hasValues = OPERATORS_WITH_VALUES.has(operator);
  const values = hasValues ? fields.strings('values').map((value) => value.trim()) : [];
  const isDate = operator.startsWith('DATE_');
  const read = {
    path: fields.path,
    // Dates are compared with the clock, whatever context field they name.
    contextName: isDate ? 'currentTime' : fields.requiredString('contextName'),
    operator,
    values: values.filter((value) => value !== ''),
    value: hasValues ? undefined : (fields.json('value') ?? undefined),
    inverted: fields.boolean('inverted') ?? false,
    ignoreCase: OPERATORS_WITH_CASE.has(operator) && (fields.boolean('caseInsensitive') ?? false),
  };
  fields.close(isDate ? IGNORED.dateConstraint : IGNORED.constraint);
  return read;
}

/** The name of a context field here: `userId` identifies the unit. */
export function attributeOf(contextName: string): string {
  if (contextName === 'userId') return 'targetingKey';
  if (contextName.includes('.'))
    throw new Unsupported(
      `the context field ${contextName} is not supported: dots separate the parts of a path here`,
    );
  if (contextName === '' || contextName.startsWith('$'))
    throw new Unsupported(`the context field ${contextName} is not supported`);
  return contextName;
}

function conditionsOf(constraint: Constraint, ledger: Ledger): ScheduledConditions {
  const { operator, value, inverted } = constraint;
  if (operator === 'DATE_AFTER' || operator === 'DATE_BEFORE') {
    const time = Date.parse(asText(value));
    if (!Number.isFinite(time))
      throw new Unsupported(`${operator} has the value ${JSON.stringify(value)}, which is not a time`);
    const side = (operator === 'DATE_AFTER') === inverted ? 'until' : 'from';
    return { conditions: {}, schedule: { [side]: new Date(time).toISOString() } };
  }
  const conditions = attributeTest(constraint);
  const converts = conversionOf(constraint);
  if (converts !== null) ledger.changed(constraint.path, converts);
  return { conditions: inverted ? not(conditions) : conditions };
}

function attributeTest({ contextName, operator, values, value, ignoreCase }: Constraint): Conditions {
  const attribute = attributeOf(contextName);
  const is = (name: string, operand: Json): Conditions => ({ [attribute]: { [name]: operand } });
  if (operator === 'IN') return equalsOneOf(attribute, values);
  if (operator === 'NOT_IN') return not(equalsOneOf(attribute, values));
  if (TEXT_OPERATORS[operator]) return hasText(attribute, values, TEXT_OPERATORS[operator], ignoreCase);
  if (NUMBER_OPERATORS[operator]) {
    const number = Number(value);
    if (value === undefined || asText(value).trim() === '' || Number.isNaN(number))
      throw new Unsupported(`${operator} has the value ${JSON.stringify(value)}, which is not a number`);
    return is(NUMBER_OPERATORS[operator], number);
  }
  if (VERSION_OPERATORS[operator]) {
    const wanted = asText(value);
    if (!WHOLE_VERSION.test(wanted))
      throw new Unsupported(`${operator} has the value ${wanted}, which is not a version such as 1.2.3`);
    return is(VERSION_OPERATORS[operator], wanted);
  }
  if (operator === 'REGEX') {
    return { [attribute]: { $regex: asText(value), ...(ignoreCase && { $options: 'i' }) } };
  }
  throw new Unsupported(`the operator ${operator} is not supported`);
}

const SYSTEM = 'Unleash';
/** To Unleash, other texts are no versions. */
const WHOLE_VERSION = /^\d+\.\d+\.\d+(?:[-+]|$)/;

/** What the test of a constraint takes in Unleash, which converts whatever the context has, and does not take here. */
function conversionOf({ contextName, operator, values, value = null }: Constraint): string | null {
  const attribute = attributeOf(contextName);
  if (attribute === 'targetingKey') return null;
  if (NUMBER_OPERATORS[operator]) return comparesNumbers(attribute, SYSTEM);
  if (VERSION_OPERATORS[operator])
    return `${attribute} may also be a version such as 1.2 or v1.2.3 here, which meets nothing in ${SYSTEM}`;
  const isOfTexts =
    operator === 'REGEX'
      ? couldMatchNumber(value)
      : TEXT_OPERATORS[operator] !== undefined && values.some(couldBeInNumber);
  return isOfTexts ? comparesTexts(attribute, SYSTEM) : null;
}

/** Unleash compares strings: a number or boolean of the context equals its string. */
function equalsOneOf(attribute: string, values: readonly string[]): Conditions {
  if (attribute === 'targetingKey') return oneOf(attribute, values);
  const typed = values.flatMap((value): Json[] => {
    if (value === 'true' || value === 'false') return [value === 'true'];
    return String(Number(value)) === value ? [Number(value)] : [];
  });
  return oneOf(attribute, [...values, ...typed]);
}
