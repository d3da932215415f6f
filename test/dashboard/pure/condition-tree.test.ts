import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conditionsOf,
  operandFor,
  OPERATORS,
  treeOf,
  typed,
  valueOf,
  type Conditions,
} from '../../../dashboard/src/conditions/tree.js';
import { compileCondition, conditionErrors } from '../../../src/assignment/condition.js';
import { OPERATORS as ENGINE } from '../../../src/assignment/operators.js';

const literal = fc.oneof(
  fc.constantFrom<unknown>(1, 2, 'a', 'b', '1', 'true', '1.2.3', true, null, '', ' x'),
  fc.constantFrom<unknown>([1], ['a', 'b'], { k: 1 }, {}),
);
const OPERANDS: Record<string, fc.Arbitrary<unknown>> = {
  $exists: fc.boolean(),
  $type: fc.oneof(fc.constantFrom('string', 'number'), fc.constant(['string', 'null'])),
  $regex: fc.constantFrom('^a', 'b$'),
  $in: fc.array(literal, { maxLength: 3 }),
  $nin: fc.array(literal, { maxLength: 3 }),
  $all: fc.array(literal, { maxLength: 2 }),
  $eq: literal,
  $ne: literal,
};
const operandOf = (name: string): fc.Arbitrary<unknown> =>
  OPERANDS[name] ?? (name.startsWith('$v') ? fc.constantFrom('1.2.3', '2.0.0') : fc.constantFrom(1, 'a'));
const test = fc.oneof(
  literal,
  fc
    .uniqueArray(fc.constantFrom(...Object.keys(ENGINE)), { minLength: 1, maxLength: 3 })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, operandOf(name)])))),
  fc.constantFrom<unknown>({ $not: { $gt: 1 } }, { $size: 1 }, { $elemMatch: { $eq: 'a' } }),
);
const groups = fc.oneof(
  fc.constantFrom('one', 'two'),
  fc.array(fc.constantFrom('one', 'two'), { minLength: 1 }),
);

/** One entry of conditions: a test, segments, or conditions in conditions. */
const entry = fc.letrec<{ entry: [string, unknown]; conditions: Conditions }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(fc.constantFrom('a', 'b', 'a.k', 'targetingKey'), test),
    fc.tuple(fc.constantFrom('$inGroup', '$notInGroup'), groups),
    fc.tuple(
      fc.constantFrom('$and', '$or', '$nor'),
      fc.array(tie('conditions'), { minLength: 1, maxLength: 2 }),
    ),
    fc.tuple(fc.constant('$not'), tie('conditions')),
  ),
  conditions: fc.array(tie('entry'), { maxLength: 2 }).map((entries) => Object.fromEntries(entries)),
})).entry;
const conditions = fc.array(entry, { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

const context = fc.record(
  { a: literal, b: literal, segments: fc.subarray(['one', 'two']) },
  { requiredKeys: [] },
);

describe('conditions as a tree', () => {
  it('say the same once they were taken apart and put together', () => {
    fc.assert(
      fc.property(conditions, fc.array(context, { minLength: 1, maxLength: 5 }), (written, contexts) => {
        const again = conditionsOf(treeOf(written));
        expect(conditionErrors(again)).toEqual([]);
        const [before, after] = [compileCondition(written), compileCondition(again)];
        for (const one of contexts)
          for (const unit of ['u1', null]) expect(after(one, unit)).toBe(before(one, unit));
        // Once more changes nothing: what is shown is what is saved.
        expect(conditionsOf(treeOf(again))).toEqual(again);
      }),
    );
  });

  it('leave out what names no attribute or no segment yet, and groups of nothing else', () => {
    const blank = { is: 'test', attribute: '', operator: '$eq', operand: 'x' } as const;
    const known = { ...blank, attribute: 'plan' };
    expect(
      conditionsOf({
        is: 'group',
        join: 'all',
        parts: [
          blank,
          known,
          { is: 'segment', isIn: true, names: [] },
          { is: 'group', join: 'any', parts: [blank] },
          { is: 'group', join: 'none', parts: [blank, { ...known, operator: '$ne' }] },
        ],
      }),
    ).toEqual({ plan: 'x', $nor: [{ plan: { $ne: 'x' } }] });
  });

  it('have words for every operator of the engine, and an operand that each of them takes', () => {
    expect(Object.keys(OPERATORS).sort()).toEqual(Object.keys(ENGINE).sort());
    for (const operator of Object.keys(OPERATORS))
      for (const before of ['1.2.3', ['1.2.3', 'b']])
        expect(conditionErrors({ a: { [operator]: operandFor(operator, before) } }), operator).toEqual([]);
  });
});

describe('a value that is typed', () => {
  it('is what it looks like, and comes back as it was typed', () => {
    expect(['18', '"18"', 'true', 'de', '1.2.3', 'null', '-', '"'].map(valueOf)).toEqual([
      ...[18, '18', true, 'de', '1.2.3', null, '-', '"'],
    ]);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!Object.is(value, -0));
        expect(valueOf(typed(value))).toEqual(value);
      }),
    );
  });
});
