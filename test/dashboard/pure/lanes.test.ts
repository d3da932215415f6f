import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lanesOf } from '../../../dashboard/src/pictures/lanes.js';

it('what would lie over another has a lane of its own', () => {
  const items = fc.array(
    fc.record({ x: fc.integer({ min: 0, max: 900 }), width: fc.integer({ min: 1, max: 300 }) }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(items, (all) => {
      const lanes = lanesOf(all);
      all.forEach((one, index) =>
        all.forEach((other, at) => {
          if (index === at || lanes[index] !== lanes[at]) return;
          const [left, right] = one.x <= other.x ? [one, other] : [other, one];
          expect(left.x + left.width).toBeLessThanOrEqual(right.x);
        }),
      );
    }),
  );
});

it('what has room stays in the first lane', () => {
  expect(lanesOf([])).toEqual([]);
  expect(
    lanesOf([
      { x: 200, width: 100 },
      { x: 0, width: 150 },
    ]),
  ).toEqual([0, 0]);
});
