import { expect, test } from 'vitest';
import { fromFlagd } from '../../../src/migration/flagd/from-flagd.js';
import { flag, imported, notes } from '../fixtures.js';

const SET = { flagSetId: 'shop', version: 'v17' };

test('a flag of true and false becomes a boolean flag, and a split of everybody its rollout percentage', () => {
  expect(flag('flagd', 'show-banner')).toEqual({
    flag_id: 'show-banner',
    enabled: true,
    metadata: SET,
    rules: [{ conditions: { $inGroup: 'staff' }, value: true }],
    rollout_percentage: 25,
  });
  expect(flag('flagd', 'dark-mode')).toEqual({ flag_id: 'dark-mode', enabled: true, metadata: SET });
});

test('nested ifs become rules in order; keys that are not valid ids are renamed and noted', () => {
  expect(flag('flagd', 'header-colour')).toEqual({
    flag_id: 'header-colour',
    metadata: { ...SET, team: 'web' },
    rules: [
      {
        conditions: { email: { $regex: '^qa\\+' }, $nor: [{ email: { $regex: '@rival\\.example$' } }] },
        value: 'blue',
      },
      { conditions: { plan: 'pro', seats: { $gte: 10 } }, value: 'deep-green' },
      { conditions: { plan: 'pro' }, value: 'blue' },
    ],
    variants: {
      red: { weight: 100, config: '#c00' },
      blue: { weight: 0, config: '#00c' },
      'deep-green': { weight: 0, config: '#0c0' },
    },
    off_variant: null,
  });
  expect(notes('flagd', 'flags["header colour"]')).toEqual([
    'changed flags["header colour"]: is renamed header-colour: ids have only letters, digits and . _ : -',
    'lost flags["header colour"].metadata.reviewers: metadata values must be strings of at most 500 characters, numbers or booleans',
    'changed flags["header colour"].targeting: seats is compared as a number: flagd also takes a text such as "21", which meets nothing here',
    'changed flags["header colour"].variants["deep green"]: is renamed deep-green: ids have only letters, digits and . _ : -',
  ]);
});

test("without a default variant, units that no rule matches get the code's default", () => {
  const search = flag('flagd', 'search');
  expect(search.off_variant).toBeNull();
  expect(search.variants).toMatchObject({ v1: { weight: 0 }, v2: { weight: 0 } });
  expect(search.rules?.[0]).toEqual({
    conditions: { 'app.version': { $vgte: '2.3.0' } },
    variants: { v1: 33.33, v2: 66.67 },
  });
});

test('times become the schedule of the rule', () => {
  expect(flag('flagd', 'sale').rules).toEqual([
    {
      conditions: { $nor: [{ country: 'US' }] },
      schedule: { from: '2020-09-13T12:26:40.000Z', until: '2096-10-02T07:06:40.000Z' },
      value: true,
    },
  ]);
});

test('evaluators become segments, each after those that it refers to', () => {
  expect(imported('flagd').segments).toEqual([
    { segment_id: 'internal', conditions: { email: { $regex: '@shop\\.example$' } } },
    { segment_id: 'staff', conditions: { $or: [{ $inGroup: 'internal' }, { role: 'staff' }] } },
  ]);
});

test('a branch that cannot be expressed is lost; a flag is lost only where its whole targeting cannot be expressed', () => {
  expect(flag('flagd', 'limits').rules).toEqual([{ conditions: { tier: 'gold' }, value: 'high' }]);
  expect(notes('flagd', 'flags.limits')).toEqual([
    'lost flags.limits.targeting.if[0]: the branch is left out: "in" is not supported for an attribute in a string',
    'lost flags.limits.targeting.if[2]: the branch is left out: the operator some is not supported',
  ]);
  expect(imported('flagd').flags.map(({ flag_id }) => flag_id)).not.toContain('computed');
  expect(notes('flagd', 'flags.computed')).toEqual([
    'lost flags.computed: the flag is left out: the operator cat is not supported as a result',
  ]);
  expect(notes('flagd', 'flags.future')).toEqual(['lost flags.future.rolloutPlan: is an unknown field']);
});

test('keys that would become the same id get numbers, and a key that is a valid id keeps it', () => {
  const definition = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' };
  const { flags } = fromFlagd({ flags: { 'a b': definition, 'a?b': definition, 'a-b': definition } });
  expect(flags.map(({ flag_id }) => flag_id)).toEqual(['a-b-2', 'a-b-3', 'a-b']);
});

test('an evaluator that refers to itself is lost, with everything that depends on it', () => {
  const {
    flags,
    segments,
    notes: all,
  } = fromFlagd({
    $evaluators: { a: { and: [{ $ref: 'b' }, { '==': [{ var: 'x' }, 1] }] }, b: { '!': [{ $ref: 'a' }] } },
    flags: {
      f: {
        state: 'ENABLED',
        variants: { on: true, off: false },
        defaultVariant: 'off',
        targeting: { if: [{ $ref: 'b' }, 'on', null] },
      },
    },
  });
  expect(segments).toEqual([]);
  expect(flags).toEqual([{ flag_id: 'f', enabled: true, rollout_percentage: 0 }]);
  expect(all.map(({ kind, source }) => `${kind} ${source}`)).toContain('lost flags.f.targeting.if[0]');
});

test.each([
  [[], ': must be an object'],
  [{}, 'flags: is missing'],
  [{ flags: { f: { variants: { on: true } } } }, 'flags.f.state: is missing'],
  [{ flags: { f: { state: 'ON', variants: { on: true } } } }, 'flags.f.state: must be ENABLED or DISABLED'],
  [{ flags: { f: { state: 'ENABLED' } } }, 'flags.f.variants: is missing'],
  [
    { flags: { f: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'off' } } },
    "flags.f.defaultVariant: off is not one of the flag's variants",
  ],
])('a malformed document is refused, naming the path: %j', (document, message) => {
  expect(() => fromFlagd(document)).toThrow(message.replace(/^: /, ''));
});
