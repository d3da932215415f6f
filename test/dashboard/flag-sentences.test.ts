import { describe, expect, it } from 'vitest';
import {
  offText,
  servingOf,
  servingSummary,
  type FlagDefinition,
} from '../../dashboard/src/words/flag-sentences.js';
import { selected } from '../../dashboard/src/pages/flags/search.js';
import type { Flag } from '../../dashboard/src/words/flag-kind.js';

const told = (
  flag: Omit<FlagDefinition, 'flag_id' | 'enabled'> & { enabled?: boolean },
  driven: string[] = [],
) => servingOf({ flag_id: 'f', enabled: true, ...flag }, driven).map(({ who, gets }) => `${who}: ${gets}`);

describe('what a flag serves, in sentences', () => {
  it('stands in the order in which it is decided', () => {
    expect(
      told(
        {
          variants: { grid: { weight: 80 }, hybrid: { weight: 20, config: { columns: 2 } } },
          environments: ['production'],
          prerequisites: [{ flag_id: 'other', variants: ['on'] }],
          rules: [
            { conditions: { country: { $in: ['NO', 'SE'] } }, value: 'grid' },
            {
              conditions: {},
              audience: { include: ['active'], exclude: ['new'] },
              variants: { hybrid: 100 },
            },
          ],
          target_segments: ['beta', 'pro'],
        },
        ['layout'],
      ),
    ).toEqual([
      'Outside of production: grid',
      'Unless flag other gives on: grid',
      'country is one of "NO", "SE": grid',
      'In segment active and not in segment new: hybrid',
      'Whom experiment layout enrols: the variant of its arm',
      'Not in segments beta or pro: grid',
      'Everybody else: grid for 80\u202f%, hybrid for 20\u202f%',
    ]);
  });

  it.each([
    [
      { enabled: false, variants: { a: { weight: 100 } }, off_variant: null },
      "Everybody: the code's own default",
    ],
    [{ enabled: false }, 'Everybody: off'],
    [{}, 'Everybody else: on'],
    [{ rollout_percentage: 40 }, 'Everybody else: on for 40\u202f%, off for 60\u202f%'],
    [{ value_type: 'number' as const, default: 20 }, 'Everybody else: 20'],
    [{ variants: { a: { weight: 0 } }, off_variant: 'a' }, 'Everybody else: a'],
  ])('of %j is %s', (flag, sentence) => {
    expect(told(flag)).toEqual([sentence]);
  });

  it('is one line in lists', () => {
    const flag = { flag_id: 'f', enabled: true, rollout_percentage: 0, target_segments: ['pro'] };
    expect(servingSummary(flag)).toBe('off; only segment pro');
    expect(servingSummary({ ...flag, enabled: false })).toBe('off for everybody');
    expect(
      offText({ flag_id: 'f', enabled: true, variants: { b: { weight: 1 }, control: { weight: 99 } } }),
    ).toBe('control');
  });
});

describe('the list of flags', () => {
  const at = { revision: 1, created_at: '', updated_at: '' };
  const flags: Flag[] = [
    { ...at, flag_id: 'search', enabled: true, description: 'Finds songs', driven_by: ['reco'] },
    { ...at, flag_id: 'size', enabled: false, value_type: 'number', default: 1 },
    { ...at, flag_id: 'odd', enabled: true, unserved: { reason: 'r', instances: [] } },
  ];
  const ids = (...args: [Parameters<typeof selected>[1], string[]?]): string[] =>
    selected(flags, args[0], new Set(args[1] ?? [])).map(({ flag_id }) => flag_id);

  it('has what is not served first, and what the filters leave', () => {
    expect(ids({})).toEqual(['odd', 'search', 'size']);
    expect(ids({ q: 'RECO songs' })).toEqual(['search']);
    expect(ids({ kind: 'config' })).toEqual(['size']);
    expect(ids({ only: 'off' })).toEqual(['size']);
    expect(ids({ only: 'driven' })).toEqual(['search']);
    expect(ids({ only: 'stale' }, ['size'])).toEqual(['size']);
    expect(ids({ only: 'unserved', q: 'x' })).toEqual([]);
  });
});
