import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cascade, type PartialRule } from '../../src/migration/cascade.js';
import type { Serve } from '../../src/migration/flag-plan.js';
import { runs } from '../properties.js';

const rule = (conditions: object, hash: string, to: number, variant = 'on'): PartialRule => ({
  path: 'rule',
  conditions: conditions as PartialRule['conditions'],
  hash,
  ranges: [{ from: 0, to, variant }],
});

function share(serve: Serve, variant: string): number {
  return serve instanceof Map ? (serve.get(variant) ?? 0) : serve === variant ? 1 : 0;
}

test('rules with the same hash serve the largest of their shares; with different hashes, each takes its share of what is left', () => {
  const sameHash = cascade([rule({}, 'a', 0.3), rule({}, 'a', 0.5)], 'off', '');
  expect(share(sameHash.otherwise, 'on')).toBeCloseTo(0.5);
  const otherHash = cascade([rule({}, 'a', 0.3), rule({}, 'b', 0.5)], 'off', '');
  expect(share(otherHash.otherwise, 'on')).toBeCloseTo(0.65);
});

test('units that fall through a rule get their chance in the next', () => {
  const { rules, otherwise } = cascade([rule({ x: 1 }, 'a', 0.3), rule({ y: 1 }, 'b', 0.5)], 'off', '');
  expect(rules.map(({ conditions, serve }) => [conditions, share(serve, 'on')])).toEqual([
    [{ x: 1, y: 1 }, expect.closeTo(0.65)],
    [{ x: 1 }, expect.closeTo(0.3)],
    [{ y: 1 }, expect.closeTo(0.5)],
  ]);
  expect(otherwise).toBe('off');
});

test('more than a hundred combinations are refused', () => {
  const rules = Array.from({ length: 8 }, (_, n) => rule({ [`x${n}`]: 1 }, `hash${n}`, 0.5));
  expect(() => cascade(rules, 'off', '')).toThrow('more than 100 rules');
});

test('the shares are those of units that go through the rules one by one', () => {
  const given = fc.array(
    fc.record({
      attribute: fc.constantFrom('x', 'y', null),
      hash: fc.constantFrom('a', 'b'),
      to: fc.double({ min: 0.05, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(given, fc.boolean(), fc.boolean(), (specs, x, y) => {
      const has: Record<string, boolean> = { x, y };
      const flat = cascade(
        specs.map(({ attribute, hash, to }, n) =>
          rule(attribute === null ? {} : { [attribute]: 1 }, hash, to, `v${n}`),
        ),
        'off',
        '',
      );
      const met = flat.rules.find(({ conditions }) => Object.keys(conditions).every((name) => has[name]));
      const serve = met ? met.serve : flat.otherwise;
      // A unit for every point of a grid over both hashes.
      const side = 40;
      const counts = new Map<string, number>();
      for (let n = 0; n < side * side; n += 1) {
        const at: Record<string, number> = {
          a: (Math.floor(n / side) + 0.5) / side,
          b: ((n % side) + 0.5) / side,
        };
        const index = specs.findIndex(
          ({ attribute, hash, to }) => (attribute === null || has[attribute]) && at[hash]! < to,
        );
        const variant = index < 0 ? 'off' : `v${index}`;
        counts.set(variant, (counts.get(variant) ?? 0) + 1);
      }
      for (const variant of ['off', ...specs.map((_, n) => `v${n}`)]) {
        expect(Math.abs(share(serve, variant) - (counts.get(variant) ?? 0) / side / side)).toBeLessThan(0.06);
      }
    }),
    { numRuns: runs(300) },
  );
});
