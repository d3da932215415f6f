import { expect, test } from 'vitest';
import { fromLaunchdarkly } from '../../../src/migration/launchdarkly/from-launchdarkly.js';
import { timeTest } from '../../../src/migration/launchdarkly/times.js';
import { flag, imported, notes } from '../fixtures.js';

const ABSENT = { $not: { $exists: true, $ne: null } };

test('targets come first, all clauses must hold, and a negated clause needs its attribute', () => {
  expect(flag('launchdarkly-data', 'new-ui')).toEqual({
    flag_id: 'new-ui',
    enabled: true,
    rules: [
      { conditions: { targetingKey: { $in: ['ann', 'bob'] } }, value: true },
      {
        conditions: {
          $and: [
            { $or: [{ email: { $regex: '@shop\\.example$' } }, { email: { $regex: '@shop\\.test$' } }] },
            { $nor: [{ country: 'KP' }] },
            { $nor: [{ country: ABSENT }] },
          ],
        },
        value: true,
      },
      { conditions: { $inGroup: 'beta' }, value: true },
    ],
    rollout_percentage: 0,
  });
});

test('context kinds become attributes, rollouts become weights, and prerequisites are kept', () => {
  const ranking = flag('launchdarkly-data', 'ranking');
  expect(ranking).toMatchObject({
    prerequisites: [{ flag_id: 'new-ui', variants: ['on'] }],
    off_variant: 'legacy',
    variants: { 'variation-0': { weight: 33.33 }, 'variation-1': { weight: 66.67 }, legacy: { weight: 0 } },
  });
  expect(ranking.rules).toEqual([
    { conditions: { targetingKey: 'carl' }, value: 'variation-1' },
    { conditions: { 'organization.key': 'acme' }, value: 'variation-0' },
    {
      description: 'new devices',
      conditions: { 'device.os.version': { $vgt: '14.0.0' }, age: { $gte: 18 } },
      variants: { 'variation-0': 50, 'variation-1': 50 },
    },
    { conditions: timeTest('created', 'after', 1700000000000), value: 'legacy' },
  ]);
});

test('a context kind that is empty is the user, as one that is missing', () => {
  const withKind = (contextKind?: string) => {
    const clause = { attribute: 'country', op: 'in', values: ['FR'], contextKind };
    const flagged = {
      on: true,
      variations: [true, false],
      offVariation: 1,
      fallthrough: { rollout: { contextKind, variations: [{ variation: 0, weight: 100_000 }] } },
      targets: [{ contextKind, variation: 1, values: ['ann'] }],
      rules: [
        { clauses: [clause], variation: 1 },
        { clauses: [{ op: 'segmentMatch', contextKind, values: ['s'] }], variation: 1 },
      ],
    };
    const segment = { includedContexts: [{ contextKind, values: ['bob'] }], rules: [{ clauses: [clause] }] };
    return fromLaunchdarkly({ flags: { f: flagged }, segments: { s: segment } });
  };
  expect(withKind('')).toEqual(withKind());
  expect(withKind('').flags[0]!.rules).toHaveLength(3);
});

test('segments: included units, and those that rules match and that are not excluded', () => {
  expect(imported('launchdarkly-data').segments).toEqual([
    {
      segment_id: 'beta',
      conditions: {
        $or: [
          { targetingKey: 'dora' },
          { 'organization.key': 'globex' },
          { $nor: [{ targetingKey: 'eve' }], plan: { $regex: 'pro' } },
        ],
      },
    },
  ]);
});

test('flag values, and flags without an off variation', () => {
  expect(flag('launchdarkly-data', 'maintenance')).toEqual({
    flag_id: 'maintenance',
    enabled: true,
    rollout_percentage: 0,
  });
  expect(flag('launchdarkly-data', 'title').variants).toEqual({
    'variation-0': { weight: 100, config: 'Hello there' },
  });
  expect(flag('launchdarkly-data', 'size')).toMatchObject({ enabled: false, off_variant: null });
});

test('the REST API: names, tags, maintainer and the selected environment', () => {
  expect(flag('launchdarkly-rest', 'colour')).toEqual({
    flag_id: 'colour',
    description: 'Colour: of the header',
    environments: ['production'],
    tags: ['web'],
    owner: 'ann@example.com',
    metadata: { temporary: true, jira: 'SHOP-1' },
    rules: [
      { conditions: { targetingKey: 'ann' }, value: 'Deep-blue' },
      { description: 'old ones', conditions: { app: { $vlt: '2.0.0' } }, value: 'Deep-blue' },
    ],
    variants: {
      Red: { weight: 90, config: '#c00', description: 'as ever' },
      'Deep-blue': { weight: 10, config: '#00c' },
    },
    off_variant: 'Red',
  });
});

test('everything that is not carried over is noted', () => {
  expect(notes('launchdarkly-data').filter((note) => note.startsWith('lost'))).toEqual([
    'lost segments.beta.rules[1]: the rule of the segment is left out: a segment cannot have a share of units',
    'lost flags.ranking.targets[1]: is never used: contextTargets does not refer to it',
    'lost segments.everybody-big: the segment is left out: it is a big segment, whose members are not in the document',
    'lost flags.ranking.rules[3]: the rule is left out: it depends on the segment everybody-big, which is left out',
    'lost flags.migrating.migration: is an unknown field',
    'lost flags.ranking.rules[1]: the rule is left out: name.$regex: look-arounds are not supported',
    'lost flags.needs-off: the flag is left out: its prerequisite off-flag is off and therefore not met, although it serves the required variation',
  ]);
});

test('flags that are prerequisites of each other are lost', () => {
  const flagThatNeeds = (key: string) => ({
    on: true,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 0 },
    prerequisites: [{ key, variation: 0 }],
  });
  const { flags, notes: all } = fromLaunchdarkly({ flags: { a: flagThatNeeds('b'), b: flagThatNeeds('a') } });
  expect(flags).toEqual([]);
  expect(all.map(({ kind, source }) => `${kind} ${source}`)).toEqual([
    'lost flags.b.prerequisites[0]',
    'lost flags.a.prerequisites[0]',
  ]);
});

test.each([
  [{}, 'flags: is missing'],
  [{ flags: { f: { on: true, variations: [1] } } }, 'flags.f.fallthrough: is missing'],
  [
    { flags: { f: { on: true, variations: [1], fallthrough: { variation: 3 } } } },
    'flags.f.fallthrough.variation: there is no variation 3',
  ],
  [
    { flags: { f: { on: true, variations: [1], fallthrough: {} } } },
    'flags.f.fallthrough: must have a variation or a rollout',
  ],
])('a malformed document is refused, naming the path: %j', (document, message) => {
  expect(() => fromLaunchdarkly(document)).toThrow(message);
});
