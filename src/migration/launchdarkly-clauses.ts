import type { Json } from '../model/json.js';
import { absent, all, any, hasText, not, oneOf, type Conditions } from './conditions.js';
import { asText, Unsupported, type Fields } from './fields.js';
import type { Ledger } from './ledger.js';
import { LAUNCHDARKLY } from './meaningless.js';

/** Membership of a segment by its key. @throws {Unsupported} */
export type SegmentMember = (key: string) => Conditions;

/** All clauses of a rule. @throws {Unsupported} naming what our conditions can not say */
export function clausesOf(rule: Fields, segment: SegmentMember): Conditions {
  // All are read, so that each is accounted for, before the first that can not be carried ends it.
  const clauses = rule.objects('clauses').map((clause) => readClause(clause));
  return all(clauses.map((clause) => conditionsOf(clause, segment, rule.ledger)));
}

interface Clause {
  path: string;
  kind: string;
  attribute: string;
  isReference: boolean;
  op: string;
  values: Json[];
  negate: boolean;
}

function readClause(clause: Fields): Clause {
  const values = clause.json('values') ?? [];
  const op = clause.name('op');
  if (op === 'segmentMatch') {
    const negate = clause.flag('negate') ?? false;
    clause.close(LAUNCHDARKLY.segmentClause);
    return {
      path: clause.path,
      kind: 'user',
      attribute: '',
      isReference: false,
      op,
      values: listOf(values),
      negate,
    };
  }
  const made = {
    path: clause.path,
    kind: clause.text('contextKind') ?? 'user',
    attribute: clause.text('attribute') ?? '',
    // A clause with a context kind names its attribute as a path, older ones as it is.
    isReference: clause.has('contextKind'),
    op,
    values: listOf(values),
    negate: clause.flag('negate') ?? false,
  };
  clause.close(LAUNCHDARKLY.clause);
  return made;
}

function listOf(values: Json): Json[] {
  return Array.isArray(values) ? values : [values];
}

function conditionsOf(clause: Clause, segment: SegmentMember, ledger: Ledger): Conditions {
  if (clause.op === 'segmentMatch') {
    const member = any(clause.values.map((key) => segment(asText(key))));
    return clause.negate ? not(member) : member;
  }
  if (clause.attribute === 'kind') throw new Unsupported('the attribute kind: a context is a user here');
  const attribute = attributeIn(clause.kind, clause.attribute, clause.isReference);
  if (clause.kind !== 'user') noteKind(clause.kind, clause.path, ledger);
  const met = any(clause.values.map((value) => tested(attribute, value, clause, ledger)));
  // A missing attribute meets no clause, negated or not.
  return clause.negate ? all([not(met), not(absent(attribute))]) : met;
}

/** Where an attribute of a kind of context is here: those of the user stand at the top, its key is who the unit is. */
export function attributeIn(kind: string, name: string, isReference: boolean): string {
  if (name === '') throw new Unsupported('a clause without an attribute');
  const own = isReference && name.startsWith('/') ? pointer(name) : name;
  if (!name.startsWith('/') && name.includes('.'))
    throw new Unsupported(`the attribute ${name}: dots are paths here`);
  if (own.startsWith('$')) throw new Unsupported(`the attribute ${name}`);
  if (kind === 'user') return own === 'key' ? 'targetingKey' : own;
  return `${kind}.${own}`;
}

function pointer(name: string): string {
  const parts = name.slice(1).split('/');
  if (parts.some((part) => part === '' || /[~.]/.test(part))) throw new Unsupported(`the attribute ${name}`);
  return parts.join('.');
}

export function noteKind(kind: string, path: string, ledger: Ledger): void {
  ledger.changed(path, `the context of kind ${kind} is the attribute ${kind} here, an object`);
}

function tested(attribute: string, value: Json, { op, path }: Clause, ledger: Ledger): Conditions {
  const is = (operator: string, operand: Json): Conditions => ({ [attribute]: { [operator]: operand } });
  switch (op) {
    case 'in':
      return oneOf(attribute, [value]);
    case 'startsWith':
      return hasText(attribute, [textOf(value, op)], 'start');
    case 'endsWith':
      return hasText(attribute, [textOf(value, op)], 'end');
    case 'contains':
      return hasText(attribute, [textOf(value, op)], 'anywhere');
    case 'matches':
      return is('$regex', textOf(value, op));
    case 'lessThan':
      return is('$lt', numberOf(value, op));
    case 'lessThanOrEqual':
      return is('$lte', numberOf(value, op));
    case 'greaterThan':
      return is('$gt', numberOf(value, op));
    case 'greaterThanOrEqual':
      return is('$gte', numberOf(value, op));
    case 'before':
    case 'after': {
      const time = typeof value === 'number' ? value : Date.parse(asText(value));
      if (!Number.isFinite(time))
        throw new Unsupported(`${op} with ${JSON.stringify(value)}, which is no time`);
      ledger.changed(path, 'times in texts are compared as texts: write them as 2030-01-31T12:00:00.000Z');
      const operator = op === 'before' ? '$lt' : '$gt';
      return any([is(operator, time), is(operator, new Date(time).toISOString())]);
    }
    case 'semVerEqual':
      return is('$veq', textOf(value, op));
    case 'semVerLessThan':
      return is('$vlt', textOf(value, op));
    case 'semVerGreaterThan':
      return is('$vgt', textOf(value, op));
  }
  throw new Unsupported(`the operator ${op}`);
}

function textOf(value: Json, op: string): string {
  if (typeof value !== 'string') throw new Unsupported(`${op} with anything but a text`);
  return value;
}

function numberOf(value: Json, op: string): number {
  if (typeof value !== 'number') throw new Unsupported(`${op} with anything but a number`);
  return value;
}
