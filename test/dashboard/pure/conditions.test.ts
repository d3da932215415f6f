import { describe, expect, it } from 'vitest';
import { saidConditions, type Said } from '../../../dashboard/src/words/conditions.js';
import { OPERATORS } from '../../../src/assignment/operators.js';

function lines(said: readonly Said[], depth = 0): string[] {
  return said.flatMap(({ text, parts }) => [`${'  '.repeat(depth)}${text}`, ...lines(parts, depth + 1)]);
}

describe('conditions in words', () => {
  it('are sentences, nested as the conditions are', () => {
    const conditions = {
      country: { $in: ['DE', 'AT'] },
      age: { $gte: 18, $lt: 65 },
      $or: [{ plan: 'pro' }, { $inGroup: 'beta', targetingKey: { $ne: 'u1' } }],
      $not: { $notInGroup: ['a', 'b'] },
      'device.os': { $regex: '^ios', $options: 'i' },
      tags: { $elemMatch: { $eq: 'new' } },
      seen: { $exists: false },
    };
    expect(lines(saidConditions(conditions))).toEqual([
      'country is one of “DE”, “AT”',
      'age is at least 18',
      'age is less than 65',
      'At least one of these holds',
      '  plan is “pro”',
      '  All of these hold',
      '    in the segment beta',
      "    the unit's id is not “u1”",
      'Not this',
      '  not in one of the segments a, b',
      'device.os matches /^ios/i',
      'an element of tags for which',
      '  it is “new”',
      'seen is not given',
    ]);
  });

  it.each(Object.keys(OPERATORS))('%s has words', (operator) => {
    const [said] = saidConditions({ a: { [operator]: true } });
    expect(said!.text).not.toContain(operator);
  });
});
