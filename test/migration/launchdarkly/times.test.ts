import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCondition } from '../../../src/assignment/condition.js';
import { timeTest } from '../../../src/migration/launchdarkly/times.js';
import { portableConditions } from '../../../src/model/conditions.js';
import { runs } from '../../properties.js';

/** Whether a context with the attribute meets the test, by the evaluator that serves flags. */
function meets(op: 'before' | 'after', wanted: string | number, given: string | number | string[]): boolean {
  const { conditions, errors } = portableConditions(timeTest('at', op, wanted));
  expect(errors).toEqual([]);
  return compileCondition(conditions)({ at: given }, null);
}

describe('times of LaunchDarkly', () => {
  test.each([
    ['after', '2000-01-01T08:00:00Z', '2000-01-01T08:00:00Z', false],
    ['after', '2000-01-01T08:00:00Z', '2000-01-01T08:00:00.000Z', false],
    ['before', '2000-01-01T08:00:00.000Z', '2000-01-01T08:00:00Z', false],
    ['after', '2000-01-01T08:00:00.000Z', '2000-01-01T08:00:00.000001Z', true],
    ['after', '2000-01-01T08:00:00.25Z', '2000-01-01T08:00:00.3Z', true],
    ['before', '2000-01-01T08:00:00.25Z', '2000-01-01T08:00:00Z', true],
    ['before', '2000-01-01T08:00:00.25Z', '2000-01-01T07:59:59.9Z', true],
    // The clause may have any offset.
    ['after', '2000-01-01T08:00:00-08:00', '2000-01-01T15:59:59Z', false],
    ['after', '2000-01-01T08:00:00-08:00', '2000-01-01T16:00:01Z', true],
    ['after', 946_713_600_000, 946_713_600_001, true],
    ['before', '2000-01-01T08:00:00Z', 946_713_599_999, true],
    // Texts with an offset, and what is no time, meet neither.
    ['after', '2000-01-01T08:00:00Z', '2030-01-01T00:00:00+01:00', false],
    ['before', '2000-01-01T08:00:00Z', '1990-01-01T00:00:00+01:00', false],
    ['after', '2000-01-01T08:00:00Z', 'tomorrow', false],
  ] as const)('%s %j is met by %j: %j', (op, wanted, given, expected) => {
    expect(meets(op, wanted, given)).toBe(expected);
  });

  const time = fc.integer({ min: -60_000_000_000_000, max: 250_000_000_000_000 });
  /** Close to the other time: mostly within the same second. */
  const near = fc.tuple(time, fc.constantFrom(0, 1, -1, 10, -10, 250, -250, 999, -1000, 1000, 86_400_000));

  test('any two times in UTC compare as Date.parse does, with any number of digits', () => {
    fc.assert(
      fc.property(near, fc.constantFrom('before', 'after'), fc.nat(3), ([wanted, by], op, cut) => {
        const given = wanted + by;
        const iso = new Date(given).toISOString();
        // Shorter forms of the same time, as far as they are the same.
        const forms = [iso, iso.replace('Z', '000Z'), iso.replace(new RegExp(`0{${cut}}Z$`), 'Z')]
          .map((form) => form.replace('.Z', 'Z'))
          .filter((form) => Date.parse(form) === given);
        const expected = op === 'before' ? given < wanted : given > wanted;
        for (const form of [given, ...forms])
          expect([form, meets(op, wanted, form)]).toEqual([form, expected]);
        expect(meets(op, new Date(wanted).toISOString(), forms[0]!)).toBe(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  test.each(['soon', 1e300, 1e15, '+012030-01-01T00:00:00Z', null])('%j is not a time', (value) => {
    expect(() => timeTest('at', 'after', value)).toThrow('is not a time before the year 10000');
  });
});
