import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cascade, type Outcome, type PartialRule, type Shares } from '../../src/migration/cascade.js';

const rule = (conditions: object, line: string, to: number, outcome = 'on'): PartialRule => ({
  path: 'rule',
  conditions: conditions as PartialRule['conditions'],
  line,
  pieces: [{ from: 0, to, outcome }],
});

function share(serve: Outcome | Shares, outcome: string): number {
  return serve instanceof Map ? (serve.get(outcome) ?? 0) : serve === outcome ? 1 : 0;
}

test('rules of one hash let in the most of them, rules of several what each leaves to the next', () => {
  const alike = cascade([rule({}, 'a', 0.3), rule({}, 'a', 0.5)], 'off', '');
  expect(share(alike.otherwise, 'on')).toBeCloseTo(0.5);
  const apart = cascade([rule({}, 'a', 0.3), rule({}, 'b', 0.5)], 'off', '');
  expect(share(apart.otherwise, 'on')).toBeCloseTo(0.65);
});

test('whom a rule does not let in, the next may', () => {
  const { rules, otherwise } = cascade([rule({ x: 1 }, 'a', 0.3), rule({ y: 1 }, 'b', 0.5)], 'off', '');
  expect(rules.map(({ conditions, serve }) => [conditions, share(serve, 'on')])).toEqual([
    [{ x: 1, y: 1 }, expect.closeTo(0.65)],
    [{ x: 1 }, expect.closeTo(0.3)],
    [{ y: 1 }, expect.closeTo(0.5)],
  ]);
  expect(otherwise).toBe('off');
});

test('more than a hundred combinations are refused', () => {
  const rules = Array.from({ length: 8 }, (_, n) => rule({ [`x${n}`]: 1 }, `line${n}`, 0.5));
  expect(() => cascade(rules, 'off', '')).toThrow('more than 100 rules');
});

test('shares are those of units that go through the rules one by one', () => {
  const given = fc.array(
    fc.record({
      attribute: fc.constantFrom('x', 'y', null),
      line: fc.constantFrom('a', 'b'),
      to: fc.double({ min: 0.05, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(given, fc.boolean(), fc.boolean(), (specs, x, y) => {
      const has: Record<string, boolean> = { x, y };
      const made = cascade(
        specs.map(({ attribute, line, to }, n) =>
          rule(attribute === null ? {} : { [attribute]: 1 }, line, to, `v${n}`),
        ),
        'off',
        '',
      );
      const met = made.rules.find(({ conditions }) => Object.keys(conditions).every((name) => has[name]));
      const serve = met ? met.serve : made.otherwise;
      // Every unit of a grid of both hashes.
      const side = 40;
      const counts = new Map<string, number>();
      for (let n = 0; n < side * side; n += 1) {
        const at: Record<string, number> = {
          a: (Math.floor(n / side) + 0.5) / side,
          b: ((n % side) + 0.5) / side,
        };
        const index = specs.findIndex(
          ({ attribute, line, to }) => (attribute === null || has[attribute]) && at[line]! < to,
        );
        const outcome = index < 0 ? 'off' : `v${index}`;
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
      for (const outcome of ['off', ...specs.map((_, n) => `v${n}`)]) {
        expect(Math.abs(share(serve, outcome) - (counts.get(outcome) ?? 0) / side / side)).toBeLessThan(0.06);
      }
    }),
    { numRuns: 300 },
  );
});
