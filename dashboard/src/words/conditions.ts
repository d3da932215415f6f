/** A condition in words, with the conditions that it is made of. */
export interface Said {
  text: string;
  parts: Said[];
}

type Conditions = Record<string, unknown>;

/** What each operator says between an attribute and its operand. */
export const OPERATOR_WORDS = {
  $eq: 'is',
  $ne: 'is not',
  $gt: 'is greater than',
  $gte: 'is at least',
  $lt: 'is less than',
  $lte: 'is at most',
  $in: 'is one of',
  $nin: 'is none of',
  $type: 'is of type',
  $regex: 'matches',
  $all: 'has all of',
  $veq: 'is the version',
  $vne: 'is not the version',
  $vgt: 'is a later version than',
  $vgte: 'is at least the version',
  $vlt: 'is an earlier version than',
  $vlte: 'is at most the version',
} as const;

const GROUPS: Record<string, string> = {
  $and: 'All of these hold',
  $or: 'At least one of these holds',
  $nor: 'None of these holds',
};

/** Conditions as sentences, each with what is nested in it. All of them must hold. */
export function saidConditions(conditions: unknown): Said[] {
  if (!isObject(conditions)) return [{ text: operandText(conditions), parts: [] }];
  return Object.entries(conditions).flatMap(([key, operand]) => entry(key, operand));
}

function entry(key: string, operand: unknown): Said[] {
  if (key in GROUPS) {
    const list = Array.isArray(operand) ? operand : [operand];
    return [{ text: GROUPS[key]!, parts: list.map(together) }];
  }
  if (key === '$not') return [{ text: 'Not this', parts: saidConditions(operand) }];
  if (key === '$inGroup') return [{ text: `in ${groupText(operand)}`, parts: [] }];
  if (key === '$notInGroup') return [{ text: `not in ${groupText(operand)}`, parts: [] }];
  const name = key === 'targetingKey' ? "the unit's id" : key;
  if (!isObject(operand) || !Object.keys(operand).some((one) => one.startsWith('$')))
    return [{ text: `${name} is ${operandText(operand)}`, parts: [] }];
  return Object.entries(operand)
    .filter(([operator]) => operator !== '$options')
    .map(([operator, value]) => tested(name, operator, value, operand));
}

/** One element of a list of conditions: itself where it is one, else a group of its own. */
function together(conditions: unknown): Said {
  const parts = saidConditions(conditions);
  return parts.length === 1 ? parts[0]! : { text: 'All of these hold', parts };
}

function tested(name: string, operator: string, value: unknown, all: Conditions): Said {
  switch (operator) {
    case '$exists':
      return { text: `${name} is ${value === false ? 'not given' : 'given'}`, parts: [] };
    case '$not':
      return { text: `${name}: not this`, parts: entry(name, value) };
    case '$size':
      return { text: `the length of ${name}`, parts: entry('it', value) };
    case '$elemMatch':
      return {
        text: `an element of ${name} for which`,
        parts:
          isObject(value) && Object.keys(value).some((key) => key in OPERATOR_WORDS)
            ? entry('it', value)
            : saidConditions(value),
      };
    case '$regex': {
      const { $options = '' } = all;
      return {
        text: `${name} matches /${operandText(value, false)}/${operandText($options, false)}`,
        parts: [],
      };
    }
  }
  return {
    text: `${name} ${OPERATOR_WORDS[operator as keyof typeof OPERATOR_WORDS] ?? operator} ${operandText(value)}`,
    parts: [],
  };
}

function groupText(operand: unknown): string {
  const names = (Array.isArray(operand) ? operand : [operand]).map(String);
  return names.length === 1 ? `the segment ${names[0]}` : `one of the segments ${names.join(', ')}`;
}

function operandText(value: unknown, isQuoted = true): string {
  if (Array.isArray(value)) return value.map((one) => operandText(one)).join(', ');
  if (typeof value === 'string') return isQuoted ? `“${value}”` : value;
  return JSON.stringify(value) ?? 'nothing';
}

function isObject(value: unknown): value is Conditions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
