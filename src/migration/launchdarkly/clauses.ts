import type { Json } from '../../model/json.js';
import { absent, allOf, anyOf, hasText, not, oneOf, type Conditions } from '../build-conditions.js';
import { asText, type Fields } from '../fields.js';
import type { Ledger } from '../ledger.js';
import { Unsupported } from '../migration-errors.js';
import { IGNORED } from './ignored-fields.js';
import { TIMES_ARE_IN_UTC, timeTest } from './times.js';

/** Membership of a segment by its key. @throws {Unsupported} */
export type SegmentMembership = (key: string) => Conditions;

/** All clauses of a rule. @throws {Unsupported} naming what our conditions cannot express */
export function clausesOf(rule: Fields, membership: SegmentMembership): Conditions {
  // All clauses are read, so that their fields are accounted for, before one that is not supported ends it.
  const clauses = rule.objects('clauses').map((clause) => readClause(clause));
  return allOf(clauses.map((clause) => conditionsOf(clause, membership, rule.ledger)));
}

interface Clause {
  path: string;
  kind: string;
  attribute: string;
  /** Whether the attribute may be a path, such as `/os/version`. */
  isReference: boolean;
  op: string;
  values: Json[];
  negate: boolean;
}

function readClause(clause: Fields): Clause {
  const values = clause.json('values') ?? [];
  const op = clause.requiredString('op');
  if (op === 'segmentMatch') {
    const negate = clause.boolean('negate') ?? false;
    clause.close(IGNORED.segmentClause);
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
  const read = {
    path: clause.path,
    kind: contextKindOf(clause),
    attribute: clause.string('attribute') ?? '',
    // Only clauses with a context kind, which are newer, have paths.
    isReference: Boolean(clause.peek('contextKind')),
    op,
    values: listOf(values),
    negate: clause.boolean('negate') ?? false,
  };
  clause.close(IGNORED.clause);
  return read;
}

/** The kind of the contexts that something is about: a missing or empty one is the user. */
export function contextKindOf(fields: Fields): string {
  return fields.string('contextKind') || 'user';
}

function listOf(values: Json): Json[] {
  return Array.isArray(values) ? values : [values];
}

function conditionsOf(clause: Clause, membership: SegmentMembership, ledger: Ledger): Conditions {
  if (clause.op === 'segmentMatch') {
    const isMember = anyOf(clause.values.map((key) => membership(asText(key))));
    return clause.negate ? not(isMember) : isMember;
  }
  if (clause.attribute === 'kind')
    throw new Unsupported('the attribute kind is not supported: every context is a user here');
  const attribute = attributeIn(clause.kind, clause.attribute, clause.isReference);
  if (clause.kind !== 'user') noteContextKind(clause.kind, clause.path, ledger);
  const met = anyOf(clause.values.map((value) => attributeTest(attribute, value, clause, ledger)));
  // A missing attribute meets no clause, not even a negated one.
  return clause.negate ? allOf([not(met), not(absent(attribute))]) : met;
}

/**
 * The name here of an attribute of a context: those of a user are at the top level, and the user's key is the targetingKey.
 * A context of another kind is an object at the top level.
 */
export function attributeIn(kind: string, name: string, isReference: boolean): string {
  if (name === '') throw new Unsupported('a clause has no attribute');
  const path = isReference && name.startsWith('/') ? pathOf(name) : name;
  if (!name.startsWith('/') && name.includes('.'))
    throw new Unsupported(`the attribute ${name} is not supported: dots separate the parts of a path here`);
  if (path.startsWith('$')) throw new Unsupported(`the attribute ${name} is not supported`);
  if (kind === 'user') return path === 'key' ? 'targetingKey' : path;
  return `${kind}.${path}`;
}

/** `/os/version` as `os.version`. */
function pathOf(reference: string): string {
  const parts = reference.slice(1).split('/');
  if (parts.some((part) => part === '' || /[~.]/.test(part)))
    throw new Unsupported(`the attribute ${reference} is not supported`);
  return parts.join('.');
}

export function noteContextKind(kind: string, path: string, ledger: Ledger): void {
  ledger.changed(path, `the context of kind ${kind} becomes the attribute ${kind}, an object`);
}

function attributeTest(attribute: string, value: Json, { op, path }: Clause, ledger: Ledger): Conditions {
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
    case 'after':
      ledger.changed(path, TIMES_ARE_IN_UTC);
      return timeTest(attribute, op, value);
    case 'semVerEqual':
      return is('$veq', textOf(value, op));
    case 'semVerLessThan':
      return is('$vlt', textOf(value, op));
    case 'semVerGreaterThan':
      return is('$vgt', textOf(value, op));
  }
  throw new Unsupported(`the operator ${op} is not supported`);
}

function textOf(value: Json, op: string): string {
  if (typeof value !== 'string') throw new Unsupported(`${op} supports only strings`);
  return value;
}

function numberOf(value: Json, op: string): number {
  if (typeof value !== 'number') throw new Unsupported(`${op} supports only numbers`);
  return value;
}
