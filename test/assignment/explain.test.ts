import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conditionsText, unmetText } from '../../src/assignment/condition-words.js';
import { listed } from '../../src/assignment/condition.js';
import { explain } from '../../src/assignment/explain.js';
import { randomSnapshot, randomSubjects } from '../agreement/random-snapshots.js';
import { runs } from '../properties.js';

describe('an explanation', () => {
  it('comes to what the evaluation gives, for random flags, contexts and moments', () => {
    const checks = new Set<string>();
    let explained = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2090, 0) }),
        fc.boolean(),
        (seed, now, stale) => {
          const { ruleset } = randomSnapshot(seed, 12);
          const moment = { now, stale: stale && seed % 4 === 0 };
          for (const { unit, context } of randomSubjects(seed, 8)) {
            for (const flag of ruleset.flags.values()) {
              const evaluation = ruleset.evaluate(flag.key, unit, context, moment);
              const explanation = explain(flag, unit, context, moment, ruleset);
              // The very same object: units that get the same share one.
              expect(explanation.evaluation).toBe(evaluation);
              expect(explanation.steps.length).toBeGreaterThan(0);
              for (const { check, text } of explanation.steps) {
                checks.add(check);
                expect(text).not.toMatch(/undefined|\[object/);
              }
              explained += 1;
            }
          }
        },
      ),
      { numRuns: runs(60) },
    );
    expect(explained).toBeGreaterThan(5_000);
    for (const check of ['schedule', 'prerequisite', 'rule', 'targeting_key', 'fence', 'fresh', 'opt_out'])
      expect(checks).toContain(check);
    for (const check of ['audience', 'holdout', 'layer', 'slot', 'otherwise', 'environment', 'enabled'])
      expect(checks).toContain(check);
  });

  it('says of conditions that are not met what the context has instead', () => {
    const unmet = (conditions: object, context: object, unit: string | null = 'u'): string | null =>
      unmetText(conditions as Record<string, unknown>, context as Record<string, unknown>, unit, listed);
    expect(unmet({ country: { $in: ['NO', 'SE'] } }, { country: 'DK' })).toBe('country is "DK"');
    expect(unmet({ country: 'DK', age: { $gte: 18 } }, { country: 'DK' })).toBe('age is missing');
    expect(unmet({ $and: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 3 })).toBe('b is 3');
    expect(unmet({ $inGroup: ['beta', 'pro'] }, {})).toBe('is not in segments beta or pro');
    expect(unmet({ $notInGroup: ['beta', 'pro'] }, { segments: ['pro'] })).toBe('is in segment pro');
    expect(unmet({ targetingKey: 'v' }, {}, null)).toBe('targetingKey is missing');
    expect(unmet({ a: 1 }, { a: 1 })).toBeNull();
  });

  it('words conditions', () => {
    expect(
      conditionsText({ country: { $in: ['NO', 'SE'] }, 'account.level': { $gte: 2, $lt: 5 }, plan: 'pro' }),
    ).toBe(
      'country is one of "NO", "SE" and account.level is at least 2 and account.level is less than 5 and plan is "pro"',
    );
    expect(conditionsText({ $or: [{ beta: true }, { $inGroup: 'beta' }] })).toBe(
      'any of (beta is true; in segment beta)',
    );
    expect(conditionsText({ app: { $vlt: '9.2.0' }, email: { $exists: false } })).toBe(
      'app is before version "9.2.0" and email is missing',
    );
    expect(conditionsText({})).toBe('everybody');
  });
});
