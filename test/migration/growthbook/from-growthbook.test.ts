import { expect, test } from 'vitest';
import { fromGrowthbook } from '../../../src/migration/growthbook/from-growthbook.js';
import { flag, imported, notes } from '../fixtures.js';

const PRESENT = { $not: { $exists: true, $ne: null } };

test('force rules with coverage and the same hash overlap, and become one split', () => {
  expect(flag('growthbook-payload', 'new-nav')).toEqual({
    flag_id: 'new-nav',
    rules: [
      { conditions: { $inGroup: 'grp_staff' }, value: 'on' },
      { conditions: { country: { $in: ['DE', 'FR'] } }, variants: { on: 40, off: 60 } },
    ],
    variants: { on: { weight: 10, config: true }, off: { weight: 90, config: false } },
    off_variant: 'off',
  });
});

test('an experiment becomes weights; units outside of its coverage and namespace get the default', () => {
  expect(flag('growthbook-payload', 'button-colour').rules).toEqual([
    {
      conditions: {
        $or: [
          { browser: { $regex: 'chrome|firefox', $options: 'i' } },
          { age: { $lt: 30 } },
          { age: PRESENT },
        ],
        $inGroup: 'grp_payers',
      },
      variants: { blue: 83.34, red: 8.33, green: 8.33 },
    },
  ]);
  expect(notes('growthbook-payload', 'features["button colour"].rules')).toEqual([
    'changed features["button colour"].rules[0].namespace: the share of the namespace ns1 stays, but its experiments no longer exclude each other: use a layer',
    'changed features["button colour"].rules[0]: age is compared as a number: GrowthBook also takes a text such as "21", which meets nothing here',
    'changed features["button colour"].rules[0]: the shares stay the same, but units are reassigned',
  ]);
});

test('a prerequisite of the whole feature requires the variants whose values meet its condition', () => {
  expect(flag('growthbook-payload', 'search-config')).toMatchObject({
    prerequisites: [{ flag_id: 'dark_mode', variants: ['on'] }],
    off_variant: null,
  });
  expect(flag('growthbook-rest', 'page-size')).toMatchObject({
    enabled: false,
    prerequisites: [{ flag_id: 'checkout', variants: ['on'] }],
    variants: { '20': { weight: 60 }, '50': { weight: 40 } },
  });
});

test('saved groups become segments', () => {
  expect(imported('growthbook-payload').segments).toEqual([
    { segment_id: 'grp_staff', conditions: { targetingKey: { $in: ['u1', 'u2'] } } },
    { segment_id: 'grp_payers', conditions: { plan: { $ne: 'free' }, deleted: PRESENT } },
    { segment_id: 'grp_list', conditions: { company: { $in: ['acme', 'globex'] } } },
  ]);
});

test('the REST API: values as strings, schedules, tags, owner, and the selected environment', () => {
  expect(flag('growthbook-rest', 'checkout')).toEqual({
    flag_id: 'checkout',
    description: 'The new checkout',
    environments: ['production'],
    tags: ['shop', 'q3-goals'],
    owner: 'ann@example.com',
    rules: [
      {
        description: 'staff first',
        conditions: { email: { $regex: '@shop\\.example$' } },
        schedule: { from: '2024-03-01T00:00:00.000Z' },
        value: 'on',
      },
      { conditions: { $nor: [{ $inGroup: 'grp_blocked' }] }, variants: { on: 20, off: 80 } },
    ],
    variants: { on: { weight: 0, config: true }, off: { weight: 100, config: false } },
    off_variant: 'off',
  });
});

test('everything that is not carried over is noted', () => {
  expect(notes('growthbook-payload').filter((note) => note.startsWith('lost'))).toEqual([
    'lost features.per-parent.rules[2].fallbackAttribute: units are assigned by targetingKey only',
    'lost experiments[0]: is an experiment on pages (visual editor, URL redirect), not a flag',
    'lost features.per-parent.rules[0]: the rule is left out: it depends on another feature: here only a whole flag can have prerequisites',
    'lost features.per-parent.rules[1]: the rule is left out: the operator $glob is not supported',
    'lost features.orphan.rules[0].parentConditions[0]: the flag is left out: its prerequisite gone is not in the document',
    'lost savedGroups.grp_unused: the segment is left out: nothing refers to it, and it does not name the attribute that it lists',
  ]);
  expect(notes('growthbook-rest').filter((note) => note.startsWith('lost'))).toEqual([
    'lost features[3]: belongs to the project prj_other: import it with --project',
    'lost features[0].environments.dev: is for another environment than production: import it with --environment',
    'lost features[0].environments.production.rules[2]: the rule is disabled',
    'lost features[1].environments.production.rules[1]: the rule is left out: a rule of type experiment-ref does not have its weights here: import the payload of an SDK connection, which has them',
    'lost features[2]: the flag is left out: it is archived',
  ]);
});

test.each([
  [{ encryptedFeatures: 'x' }, 'encryptedFeatures: is encrypted'],
  [
    { features: { f: { rules: [{ force: 1, range: 'x' }] } } },
    'features.f.rules[0].range: must be a list of two numbers',
  ],
  [
    { features: [{ id: 'f', environments: { a: {}, b: {} } }] },
    'environment: choose one of a, b with --environment',
  ],
  [
    { features: [{ id: 'f', valueType: 'json', defaultValue: '{', environments: { a: { enabled: true } } }] },
    'features[0].defaultValue: must be a string of JSON',
  ],
])('a malformed document is refused, naming the path: %j', (document, message) => {
  expect(() => fromGrowthbook(document)).toThrow(message);
});
