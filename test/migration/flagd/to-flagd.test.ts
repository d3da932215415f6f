import { expect, test } from 'vitest';
import { fromFlagd } from '../../../src/migration/flagd/from-flagd.js';
import { toFlagd } from '../../../src/migration/flagd/to-flagd.js';
import { flagSchema, segmentSchema, type FlagInput } from '../../../src/model/flag.js';

function exported(flags: FlagInput[], segments: object[] = [], environment?: string) {
  const definitions = {
    flags: flags.map((flag) => flagSchema.parse({ enabled: true, ...flag })),
    segments: segments.map((segment) => segmentSchema.parse(segment)),
  };
  return toFlagd(definitions, environment);
}

test('a flag of each kind', () => {
  const { document } = exported(
    [
      { flag_id: 'b', rollout_percentage: 12.5, target_segments: ['pro', 'listed'], tags: ['x'] },
      {
        flag_id: 'm',
        variants: { control: { weight: 0 }, t: { weight: 0, config: 3 } },
        off_variant: null,
        rules: [{ conditions: { age: { $lt: 18 } }, value: 't', schedule: { from: '2030-01-01T00:00:00Z' } }],
      },
      {
        flag_id: 'c',
        value_type: 'number',
        default: 20,
        segments: { pro: 50 },
        rules: [{ conditions: { a: 1 }, value: 7 }],
      },
    ],
    [{ segment_id: 'pro', conditions: { plan: 'pro' } }],
  );
  expect(document).toEqual({
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    flags: {
      b: {
        state: 'ENABLED',
        variants: { on: true, off: false },
        targeting: {
          if: [
            { '!': [{ or: [{ $ref: 'pro' }, { in: ['listed', { var: 'segments' }] }] }] },
            'off',
            {
              fractional: [
                ['on', 1],
                ['off', 7],
              ],
            },
          ],
        },
        metadata: { tags: 'x' },
      },
      m: {
        state: 'ENABLED',
        variants: { control: 'control', t: 3 },
        targeting: {
          if: [
            {
              and: [
                { '>=': [{ var: '$flagd.timestamp' }, 1893456000] },
                { and: [{ '!==': [{ var: 'age' }, null] }, { '<': [{ var: 'age' }, 18] }] },
              ],
            },
            't',
          ],
        },
      },
      c: {
        state: 'ENABLED',
        variants: { default: 20, rule: 7, pro: 50 },
        defaultVariant: 'default',
        targeting: { if: [{ '===': [{ var: 'a' }, 1] }, 'rule', { $ref: 'pro' }, 'pro'] },
      },
    },
    $evaluators: { pro: { '===': [{ var: 'plan' }, 'pro'] } },
  });
});

test('evaluators that refer to others stand before them: flagd replaces one after the other', () => {
  const { document } = exported(
    [],
    [
      { segment_id: 'inner', conditions: { a: 1 } },
      { segment_id: 'outer', conditions: { $inGroup: 'inner' } },
      { segment_id: 'outermost', conditions: { $notInGroup: 'outer' } },
    ],
  );
  expect(Object.keys(document.$evaluators!)).toEqual(['outermost', 'outer', 'inner']);
});

test('outside of its schedule, a flag serves its off variant', () => {
  const schedule = { until: '2030-01-01T00:00:00Z' };
  const { document } = exported([
    { flag_id: 'b', schedule },
    { flag_id: 'm', schedule, variants: { a: { weight: 100 } }, off_variant: null },
  ]);
  const window = { '<': [{ var: '$flagd.timestamp' }, 1893456000] };
  expect(document.flags).toMatchObject({
    b: { defaultVariant: 'off', targeting: { if: [window, 'on', 'off'] } },
    m: { targeting: { if: [window, 'a'] } },
  });
  expect(document.flags['m']).not.toHaveProperty('defaultVariant');
});

test('everything that flagd cannot express is noted, and a disabled flag stays disabled', () => {
  const { document, notes } = exported(
    [
      { flag_id: 'needs', prerequisites: [{ flag_id: 'other' }] },
      { flag_id: 'off', enabled: false },
      { flag_id: 'here', environments: ['production'] },
      {
        flag_id: 'rules',
        rules: [
          { conditions: { tags: { $size: 2 } }, value: false },
          { conditions: { name: { $regex: 'ann', $options: 'i' } }, value: false },
          { conditions: { name: { $regex: '^a.c' } }, value: false },
          { conditions: { $inGroup: 'odd' }, value: false },
          { conditions: { x: 1 }, description: 'why', value: false },
        ],
      },
    ],
    [{ segment_id: 'odd', conditions: { a: { $type: 'string' } } }],
  );
  expect(Object.keys(document.flags)).toEqual(['off', 'here', 'rules']);
  expect(document.flags['off']).toEqual({
    state: 'ENABLED',
    defaultVariant: 'off',
    variants: { on: true, off: false },
  });
  expect(notes.map(({ kind, source, message }) => `${kind} ${source}: ${message}`)).toEqual([
    'lost flags.needs: the flag is left out: flagd has no prerequisites',
    'lost flags.off: the flag is off: its rules are left out',
    'lost flags.here.environments: flagd has no environments: choose one with --environment to export what is served there',
    'lost flags.rules.rules[0]: the rule is left out: the operator $size is not supported',
    'lost flags.rules.rules[1]: the rule is left out: patterns that ignore case are not supported',
    'lost flags.rules.rules[2]: the rule is left out: the pattern a.c is not supported',
    'lost segments.odd: the segment is left out: the operator $type is not supported',
    'lost flags.rules.rules[3]: the rule is left out: it depends on the segment odd, which is left out',
    'lost flags.rules.rules[4].description: branches of the targeting have no such field',
    'changed : equality here also looks into lists; in flagd it does not',
  ]);
});

test('with an environment, flags are exported as they are served there', () => {
  const flags: FlagInput[] = [
    { flag_id: 'here', environments: ['production'] },
    { flag_id: 'rule', rules: [{ conditions: {}, environments: ['production'], value: false }] },
  ];
  expect(exported(flags, [], 'staging').document.flags).toMatchObject({
    here: { defaultVariant: 'off' },
    rule: { defaultVariant: 'on' },
  });
});

test('an export can be imported', () => {
  const flags: FlagInput[] = [
    { flag_id: 'b', rules: [{ conditions: { plan: { $in: ['pro'] } }, value: false }] },
  ];
  const again = fromFlagd(exported(flags).document);
  expect(again.flags).toEqual([
    { flag_id: 'b', enabled: true, rules: [{ conditions: { plan: 'pro' }, value: false }] },
  ]);
});
