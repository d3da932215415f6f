import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../src/assignment/condition.js';

function holds(condition: object, context: object, unit: string | null = 'u'): boolean {
  return compileCondition(condition)(context as Record<string, unknown>, unit);
}

describe('conditions', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: 1 }, { a: true }, false],
    [{ a: 0 }, { a: -0 }, true],
    [{ a: null }, { a: null }, true],
    [{ a: null }, {}, false],
    [{ a: 1 }, { a: [2, 1] }, true],
    [{ a: { b: 1, c: [1] } }, { a: { c: [1], b: 1 } }, true],
    [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }, false],
    [{ a: [1, 2] }, { a: [1, 2] }, true],
    [{ a: [1, 2] }, { a: [[1, 2], 3] }, true],
    [{ a: [1, 2] }, { a: [2, 1] }, false],
    [{ 'a.b': { $gt: 3 } }, { a: { b: 4 } }, true],
    [{ 'a.b': { $gt: 3 } }, { a: [{ b: 4 }] }, false],
    [{ a: { $gte: 'b', $lt: 'd' } }, { a: 'c' }, true],
    [{ a: { $gt: 3 } }, { a: '4' }, false],
    [{ a: { $lte: 3 } }, { a: NaN }, false],
    [{ a: { $lt: '\u{1f600}' } }, { a: '\uffff' }, false],
    [{ a: { $in: ['x', 'y'] } }, { a: 'y' }, true],
    [{ a: { $in: ['x', 'y', 'z', 1] } }, { a: [1] }, true],
    [{ a: { $in: ['x', 'y', 'z', { b: 1 }] } }, { a: { b: 1 } }, true],
    [{ a: { $nin: ['x'] } }, {}, true],
    [{ a: { $nin: ['x'] } }, { a: ['x', 'y'] }, false],
    [{ a: { $ne: 1 } }, {}, true],
    [{ a: { $exists: false } }, {}, true],
    [{ a: { $exists: true } }, { a: null }, true],
    [{ a: { $type: 'array' } }, { a: [] }, true],
    [{ a: { $type: ['null', 'object'] } }, { a: null }, true],
    [{ a: { $type: 'object' } }, { a: null }, false],
    [{ a: { $type: 'number' } }, {}, false],
    [{ a: { $regex: '^b+$' } }, { a: 'bbb' }, true],
    [{ a: { $regex: 'b' } }, { a: 5 }, false],
    [{ a: { $regex: 'b' } }, { a: 'b'.repeat(1_001) }, false],
    [{ a: { $all: [1, { b: 2 }] } }, { a: [{ b: 2 }, 3, 1] }, true],
    [{ a: { $all: [1, 2] } }, { a: [1] }, false],
    [{ a: { $all: [] } }, { a: 'no list' }, false],
    [{ a: { $size: 2 } }, { a: [1, 2] }, true],
    [{ a: { $size: { $gt: 2 } } }, { a: [1, 2] }, false],
    [{ a: { $size: 0 } }, {}, false],
    [{ a: { $elemMatch: { $gt: 3, $lt: 5 } } }, { a: [1, 4] }, true],
    [{ a: { $elemMatch: { $gt: 3, $lt: 5 } } }, { a: [2, 6] }, false],
    [
      { a: { $elemMatch: { b: 1, c: { $gt: 1 } } } },
      {
        a: [
          { b: 1, c: 1 },
          { b: 1, c: 2 },
        ],
      },
      true,
    ],
    [{ a: { $elemMatch: { targetingKey: 'u' } } }, { a: [{ targetingKey: 'v' }] }, false],
    [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, { a: [{ b: 2 }] }, true],
    [{ a: { $veq: '1.2' } }, { a: 'v1.2.0+build' }, true],
    [{ a: { $vgt: '1.9.0' } }, { a: '1.10.0' }, true],
    [{ a: { $vlt: '2.0.0' } }, { a: '2.0.0-rc.1' }, true],
    [{ a: { $vgte: '1.0.0-alpha.beta' } }, { a: '1.0.0-alpha.1' }, false],
    [{ a: { $vlt: '1.0.0-beta.11' } }, { a: '1.0.0-beta.2' }, true],
    [{ a: { $vgt: '9007199254740993.0.0' } }, { a: '9007199254740994.0.0' }, true],
    [{ a: { $vlte: '1.0.0' } }, { a: 'one' }, false],
    [{ a: { $vne: '1.0.0' } }, { a: 'one' }, true],
    [{ $or: [{ a: 1 }, { b: 2 }] }, { b: 2 }, true],
    [{ $nor: [{ a: 1 }, { b: 2 }] }, { b: 2 }, false],
    [{ $not: { a: 1 } }, { a: 2 }, true],
    [{ a: { $not: { $in: [1] } } }, { a: 1 }, false],
    [{ a: { $not: 1 } }, {}, true],
    [{ constructor: { $exists: true } }, {}, false],
    [{ targetingKey: 'u' }, { targetingKey: 'somebody else' }, true],
    [{ $inGroup: ['beta', 'pro'] }, { segments: ['pro'] }, true],
    [{ $notInGroup: 'pro' }, { segments: 'pro' }, true],
  ])('%j over %j is %s', (condition, context, wanted) => {
    expect(holds(condition, context)).toBe(wanted);
  });

  it('read the id of the unit, if there is one', () => {
    expect(holds({ targetingKey: { $exists: true } }, {}, null)).toBe(false);
    expect(holds({ targetingKey: 'v' }, { targetingKey: 'v' }, null)).toBe(false);
  });
});
