import { describe, expect, test } from 'vitest';
import { fromFlagd } from '../../src/migration/flagd/from-flagd.js';
import { fromGrowthbook } from '../../src/migration/growthbook/from-growthbook.js';
import { fromLaunchdarkly } from '../../src/migration/launchdarkly/from-launchdarkly.js';
import { fromUnleash } from '../../src/migration/unleash/from-unleash.js';
import type { ImportResult } from '../../src/migration/import-result.js';
import { flag, imported, notes } from './fixtures.js';

const summary = ({ flags, notes: all }: ImportResult) => ({
  flags: flags.map(({ flag_id }) => flag_id),
  notes: all.map(
    ({ kind, source, name, message }) => `${kind} ${source}${name ? ` (${name})` : ''}: ${message}`,
  ),
});

test("today's export of Unleash loses nothing", () => {
  expect(notes('unleash-export-present').filter((note) => note.startsWith('lost'))).toEqual([]);
  expect(flag('unleash-export-present', 'palette').variants).toMatchObject({
    warm: { config: 0.5 },
    cold: { config: 7 },
  });
  expect(imported('unleash-export-present').flags.map(({ flag_id }) => flag_id)).toEqual([
    'checkout',
    'palette',
    'banner',
  ]);
});

test("the second version of GrowthBook's API: the rules of the environment, other pages, holdouts", () => {
  expect(flag('growthbook-rest-v2', 'checkout')).toMatchObject({
    metadata: { team: 'payments' },
    rules: [{ description: 'staff first', value: true }],
    rollout_percentage: 20,
  });
  expect(flag('growthbook-rest-v2', 'page-size').prerequisites).toEqual([
    { flag_id: 'checkout', variants: ['on'] },
  ]);
  expect(notes('growthbook-rest-v2').map((note) => note.split(':')[0])).toEqual([
    'lost features[0].environments.dev',
    'lost features[0].rules[2]',
    'changed features[0].rules[1].rampScheduleId',
    'lost features[1].holdout',
    'lost hasMore',
    'changed features[0].rules[1]',
    'lost features[1].rules[0]',
  ]);
});

const payload = (type: string, value: string) => ({
  name: `${type} ${value}`,
  enabled: true,
  variants: [{ name: 'v', weight: 1000, payload: { type, value } }],
});

test.each([
  ['.5', 0.5],
  ['5.', 5],
  ['007', 7],
  ['0x10', 16],
  ['+5', 5],
  [' 12 ', 12],
  ['1e3', 1000],
  ['', 0],
])('a number of Unleash is what its SDKs read: %j', (text, number) => {
  const { flags } = fromUnleash({ features: [payload('number', text)] });
  expect(flags[0]!.variants!['v']!.config).toBe(number);
});

describe('one broken flag is lost alone, and named', () => {
  const good = { name: 'good', enabled: true, strategies: [] };
  test.each([
    [payload('number', 'x'), 'features[1].variants[0].payload.value must be a number written as a string'],
    [payload('json', ''), 'features[1].variants[0].payload.value must be a json written as a string'],
    [payload('json', '{"a":9007199254740993}'), 'variants.v.config.a: whole numbers go to 2^53'],
    [payload('json', '{"__proto__":1}'), 'variants.v.config.__proto__: no key may have this name'],
    [payload('json', `${'['.repeat(40)}${']'.repeat(40)}`), 'variants.v.config.0.0'],
    [{ ...good, enabled: false }, 'features[0] has the same name'],
  ])('Unleash: %j', (broken, why) => {
    const result = summary(fromUnleash({ features: [good, broken] }));
    expect(result.flags).toEqual(['good']);
    expect(
      result.notes.find((note) =>
        note.startsWith(`lost features[1] (${broken.name}): the flag is left out: ${why}`),
      ),
    ).toBeDefined();
  });

  test.each([
    [
      { defaultValue: 1, rules: [{ force: 2, coverage: '0.5' }] },
      'features.bad.rules[0].coverage must be a number',
    ],
    [7, 'features.bad must be an object'],
  ])('GrowthBook: %j', (bad, why) => {
    expect(summary(fromGrowthbook({ features: { good: { defaultValue: true }, bad } }))).toEqual({
      flags: ['good'],
      notes: [`lost features.bad (bad): the flag is left out: ${why}`],
    });
  });

  test.each([
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', 'yes', true],
    ['boolean', 'FALSE', true],
    ['boolean', '', true],
    ['number', '1e3', 1000],
    ['number', '12px', 12],
    ['number', '0x10', 0],
    ['number', '', 0],
  ])('GrowthBook: a %s of the REST API is what its SDKs get: %j', (valueType, defaultValue, value) => {
    const { flags, notes: all } = fromGrowthbook({ features: [{ id: 'f', valueType, defaultValue }] });
    const { rollout_percentage = 100, variants } = flags[0]!;
    const served = variants ? Object.values(variants)[0]!.config : rollout_percentage === 100;
    expect({ served, all }).toEqual({ served: value, all: [] });
  });

  const on = { on: true, off: false };
  test.each([
    [{ variants: on, defaultVariant: 'on' }, 'state is missing'],
    [
      { state: 'ENABLED', variants: on, defaultVariant: 'gone' },
      "defaultVariant gone is not one of the flag's variants",
    ],
    [{ state: 'ENABLED', variants: on, targeting: { if: [{ '<': [1, 2] }, 'on'] } }, null],
    [
      {
        state: 'ENABLED',
        variants: on,
        defaultVariant: 'on',
        targeting: { if: [{ '>': [{ var: '$flagd.timestamp' }, 1e15] }, 'off'] },
      },
      null,
    ],
  ])('flagd: %j', (bad, why) => {
    const good = { state: 'ENABLED', variants: on, defaultVariant: 'on' };
    const { flags, notes: all } = summary(fromFlagd({ flags: { good, bad } }));
    expect(flags).toEqual(why === null ? ['good', 'bad'] : ['good']);
    if (why === null) expect(all.some((note) => note.startsWith('lost flags.bad.targeting.if'))).toBe(true);
    else expect(all).toEqual([`lost flags.bad (bad): the flag is left out: flags.bad.${why}`]);
  });

  test('LaunchDarkly: a rule that serves a variation which is not there', () => {
    const flagWith = (rules: unknown[]) => ({
      on: true,
      variations: [true, false],
      fallthrough: { variation: 0 },
      rules,
    });
    const bad = flagWith([{ clauses: [], variation: 7 }]);
    expect(summary(fromLaunchdarkly({ flags: { good: flagWith([]), bad } }))).toEqual({
      flags: ['good'],
      notes: [
        'lost flags.bad (bad): the flag is left out: flags.bad.rules[0].variation there is no variation 7',
      ],
    });
  });
});

describe('flagd', () => {
  test('flags as a list, and a flag without variants, which is true or false', () => {
    const { flags } = fromFlagd({
      flags: [
        { key: 'a', state: 'ENABLED', defaultVariant: 'true' },
        { key: 'b', state: 'ENABLED', variants: { x: 1 }, defaultVariant: 'x' },
      ],
    });
    expect(flags.map(({ flag_id }) => flag_id)).toEqual(['a', 'b']);
    expect(flags[0]).toEqual({ flag_id: 'a', enabled: true });
  });

  test('a note about a split has the place of its entry', () => {
    const targeting = { fractional: [{ var: 'email' }, ['on', 1], ['gone', 1]] };
    const { notes: all } = fromFlagd({
      flags: {
        f: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting },
      },
    });
    expect(all.map(({ source }) => source)).toContain('flags.f.targeting.fractional[2]');
  });
});

describe('comparisons that convert there and not here are noted', () => {
  const unleash = (constraint: object) =>
    fromUnleash({
      features: [{ name: 'f', enabled: true, strategies: [{ name: 'default', constraints: [constraint] }] }],
    });
  test.each([
    ['NUM_GTE', { value: '18' }, 'age is compared as a number'],
    ['NUM_EQ', { value: '18' }, 'age is compared as a number'],
    ['STR_STARTS_WITH', { values: ['49'] }, 'age is compared as a text'],
    ['REGEX', { value: '^\\d+$' }, 'age is compared as a text'],
    ['SEMVER_GT', { value: '1.2.3' }, 'age may also be a version such as 1.2'],
  ])('Unleash: %s', (operator, operand, message) => {
    const { notes: all } = unleash({ contextName: 'age', operator, ...operand });
    expect(all).toMatchObject([{ kind: 'changed', source: 'features[0].strategies[0].constraints[0]' }]);
    expect(all[0]!.message).toContain(message);
  });
  test.each([
    ['IN', { values: ['1337'] }],
    ['STR_ENDS_WITH', { values: ['@shop.example'] }],
    ['REGEX', { value: '^a' }],
  ])('but not where nothing converts: %s', (operator, operand) => {
    expect(unleash({ contextName: 'age', operator, ...operand }).notes).toEqual([]);
  });
  test.each([
    ['NUM_GT', ''],
    ['SEMVER_EQ', '1.2'],
  ])('an operand that the systems read differently is lost: %s %j', (operator, value) => {
    expect(unleash({ contextName: 'age', operator, value }).notes).toMatchObject([{ kind: 'lost' }]);
  });

  test.each([
    [{ age: { $gt: 18 } }, 'age is compared as a number'],
    [{ plan_id: 5 }, 'plan_id equals only the number 5'],
    [{ isPro: false }, 'isPro equals only the boolean false'],
    [{ plan: '5' }, 'plan equals only the string "5"'],
    [{ code: { $regex: '^[0-9]{3}$' } }, 'code is compared as a text'],
    [{ $or: [{ a: 'x' }, { $not: { b: true } }] }, 'b equals only the boolean true'],
    [{ plan: 'pro' }, null],
    [{ plan: { $in: [5] } }, null],
    [{ plan: { $eq: 5 } }, null],
  ])('GrowthBook: %j', (condition, message) => {
    const { notes: all } = fromGrowthbook({
      features: { f: { defaultValue: 'a', rules: [{ condition, force: 'b' }] } },
    });
    expect(all.map((note) => note.message.slice(0, message?.length))).toEqual(
      message === null ? [] : [message],
    );
  });

  test('GrowthBook: an empty group, which its SDKs may ignore', () => {
    const group = { id: 'g', type: 'list', attributeKey: 'plan', values: [] };
    const rule = {
      type: 'force',
      value: 'b',
      savedGroupTargeting: [{ matchType: 'all', savedGroups: ['g'] }],
    };
    const feature = { id: 'f', valueType: 'string', defaultValue: 'a', rules: [rule] };
    const { notes: all } = fromGrowthbook({ features: [feature], savedGroups: [group] });
    expect(all).toMatchObject([{ kind: 'changed', source: 'savedGroups[0]' }]);
    expect(all[0]!.message).toContain('is empty');
  });

  test.each([
    [{ '==': [{ var: 'n' }, 5] }, 'n equals only the number 5'],
    [{ '!=': [{ var: 'n' }, '5'] }, 'n equals only the string "5"'],
    [{ '<': [{ var: 'n' }, 5] }, 'n is compared as a number'],
    [{ '===': [{ var: 'n' }, 5] }, null],
    [{ '==': [{ var: 'n' }, 'x'] }, null],
  ])('flagd: %j', (condition, message) => {
    const targeting = { if: [condition, 'b'] };
    const { notes: all } = fromFlagd({
      flags: { f: { state: 'ENABLED', variants: { a: 'A', b: 'B' }, defaultVariant: 'a', targeting } },
    });
    expect(all.map((note) => note.message.slice(0, message?.length))).toEqual(
      message === null ? [] : [message],
    );
  });
});

test('patterns that other engines read differently are lost with a note', () => {
  const strategy = (value: string) => ({
    name: 'default',
    constraints: [{ contextName: 'x', operator: 'REGEX', value }],
  });
  const strategies = ['^[[:alpha:]]+$', '\\Aab\\z', '^\\pL+$', '^ok$'].map(strategy);
  const { flags, notes: all } = fromUnleash({ features: [{ name: 'f', enabled: true, strategies }] });
  expect(all.filter(({ kind }) => kind === 'lost').map(({ source }) => source)).toEqual(
    [0, 1, 2].map((index) => `features[0].strategies[${index}]`),
  );
  expect(flags[0]!.rules).toHaveLength(1);
});

test.each(['^[[:alpha:]]+$', '\\Aab\\z', '^\\pL+$', '(?i)ab', 'a++', '^\\h'])(
  'so are they in the other systems: %s',
  (pattern) => {
    const clause = { attribute: 'x', op: 'matches', values: [pattern] };
    const served = { on: true, variations: [true, false], offVariation: 1, fallthrough: { variation: 1 } };
    const results = [
      fromLaunchdarkly({ flags: { f: { ...served, rules: [{ clauses: [clause], variation: 0 }] } } }),
      ...['$regex', '$regexi'].map((operator) =>
        fromGrowthbook({
          features: {
            f: { defaultValue: false, rules: [{ condition: { x: { [operator]: pattern } }, force: true }] },
          },
        }),
      ),
    ];
    for (const { flags, notes: all } of results) {
      expect(flags[0]!.rules).toBeUndefined();
      expect(all.filter(({ kind }) => kind === 'lost').map(({ source }) => source)).toEqual([
        expect.stringContaining('rules[0]'),
      ]);
    }
  },
);

test('records of an export that belong to nothing in it are noted', () => {
  const { flags, notes: all } = fromUnleash({
    features: [{ name: 'f' }, { name: 'g' }],
    featureStrategies: [
      { id: 's', name: 'default', featureName: 'f', parameters: {}, constraints: [] },
      { id: 't', name: 'default', featureName: 'gone', parameters: {}, constraints: [] },
      { id: 'u', name: 'default', parameters: {}, constraints: [] },
    ],
    featureEnvironments: [
      { name: 'f', featureName: 'f', environment: 'dev', enabled: true },
      { name: 'g', featureName: 'g', environment: 'dev', enabled: true },
      { name: 'gone', featureName: 'gone', environment: 'dev', enabled: true },
    ],
    featureTags: [{ featureName: 'gone', tagType: 'simple', tagValue: 'x' }],
    featureStrategySegments: [{ featureStrategyId: 'v', segmentId: 1 }],
    dependencies: [{ feature: 'gone', dependencies: [] }],
  });
  // g would be served to everybody: the strategy that says nobody's name may be its own.
  expect(flags.map(({ flag_id }) => flag_id)).toEqual(['f']);
  expect(all.map(({ source }) => source)).toEqual([
    'featureEnvironments[2]',
    'featureStrategies[1]',
    'featureStrategies[2]',
    'featureStrategySegments[0]',
    'featureTags[0]',
    'dependencies[0]',
    'features[1]',
  ]);
});

test('segments of Unleash with the same id: the second is lost, and named', () => {
  const segment = (name: string) => ({ id: 1, name, constraints: [] });
  const { segments, notes: all } = fromUnleash({
    features: [{ name: 'f', enabled: true }],
    segments: [segment('a'), segment('b'), { id: 2, name: 'c', constraints: 7 }],
  });
  expect(segments.map(({ segment_id }) => segment_id)).toEqual(['a']);
  expect(all).toMatchObject([
    { source: 'segments[1]', name: '1', message: 'the segment is left out: segments[0] has the same id' },
    {
      source: 'segments[2]',
      name: '2',
      message: 'the segment is left out: segments[2].constraints must be a list',
    },
  ]);
});
