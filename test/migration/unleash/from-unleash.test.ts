import { expect, test } from 'vitest';
import { fromUnleash } from '../../../src/migration/unleash/from-unleash.js';
import { flag, imported, notes } from '../fixtures.js';

test('strategies are alternatives: units that a rollout does not admit fall through to the next', () => {
  const { rules, variants } = flag('unleash-client', 'beta-page');
  const absent = { $not: { $exists: true, $ne: null } };
  const session = { $nor: [{ sessionId: absent }] };
  const [country, app] = [
    { country: { $in: ['DE', 'AT'] }, $inGroup: 'payers' },
    { appVersion: { $vgt: '2.1.0' } },
  ];
  const schedule = { from: '2024-06-01T00:00:00.000Z' };
  expect(rules).toEqual([
    { conditions: { targetingKey: { $in: ['ann', 'bob'] } }, value: 'on' },
    { conditions: { ...country, ...app, ...session }, schedule, variants: { on: 55, off: 45 } },
    { conditions: { ...country, ...app }, variants: { on: 50, off: 50 } },
    { conditions: { ...country, ...session }, schedule, variants: { on: 37, off: 63 } },
    { conditions: country, variants: { on: 30, off: 70 } },
    { conditions: { ...app, ...session }, schedule, variants: { on: 55, off: 45 } },
    { conditions: app, variants: { on: 50, off: 50 } },
    { conditions: session, schedule, variants: { on: 10, off: 90 } },
  ]);
  expect(variants).toEqual({ on: { weight: 0, config: true }, off: { weight: 100, config: false } });
});

test("variants of strategies, overrides first; units that are not admitted get the code's default", () => {
  const theme = flag('unleash-client', 'theme');
  expect(theme).toMatchObject({
    prerequisites: [{ flag_id: 'demo', variants: ['on'] }],
    off_variant: null,
    variants: {
      dark: { weight: 0, config: { bg: '#000' } },
      light: { weight: 0, config: { bg: '#fff' } },
      plain: { weight: 0, config: 'plain' },
      disabled: { weight: 0, config: null },
    },
  });
  expect(theme.rules?.map(({ value, variants }) => value ?? variants)).toEqual([
    'dark',
    { dark: 50, light: 50 },
    { plain: 20, disabled: 80 },
  ]);
});

test('a feature whose strategies are all lost is served to nobody', () => {
  expect(flag('unleash-client', 'grand')).toEqual({
    flag_id: 'grand',
    enabled: true,
    rollout_percentage: 0,
    prerequisites: [{ flag_id: 'demo', variants: ['off'] }],
  });
});

test('the export: strategies in their order, tags, and the settings of the environment', () => {
  expect(imported('unleash-export').flags).toEqual([
    {
      flag_id: 'checkout',
      description: 'The new one',
      environments: ['production'],
      tags: ['shop', 'team:pay'],
      rules: [{ conditions: { $inGroup: 'pro-users' }, variants: { on: 25, off: 75 } }],
      variants: { on: { weight: 0, config: true }, off: { weight: 100, config: false } },
      off_variant: 'off',
    },
    {
      flag_id: 'palette',
      environments: ['production'],
      variants: { warm: { weight: 70, config: 1 }, cold: { weight: 30, config: 2 } },
      off_variant: null,
      prerequisites: [{ flag_id: 'checkout', variants: ['on'] }],
    },
  ]);
});

test('everything that is not carried over is noted', () => {
  expect(notes('unleash-client').filter((note) => note.startsWith('lost'))).toEqual([
    'lost features[1].strategies[3]: the strategy is left out: strategies of type remoteAddress are not supported',
    'lost features[4].strategies[0]: the strategy is left out: strategies of type custom-one are not supported',
    'lost features[4].strategies[1]: the strategy is left out: the operator IN_CIDR is not supported',
    'lost features[4].strategies[2]: the strategy is left out: there is no segment 9',
    'lost features[3]: the flag is left out: features[3].dependencies[0] requires theme to be off, when it serves no variant',
  ]);
  expect(notes('unleash-export').filter((note) => note.startsWith('lost'))).toEqual([
    'lost featureEnvironments[2]: is for another environment than production: import it with --environment',
    'lost featureStrategies[4]: is for another environment than production: import it with --environment',
    'lost segments[1]: the segment is left out: the document does not have its constraints: add them from GET /api/admin/segments',
    'lost featureStrategies[1]: the strategy is left out: it depends on the segment 8, which is left out',
    'lost featureStrategies[2]: the strategy is left out: it is disabled',
    'lost features[1]: the flag is left out: it is archived',
  ]);
});

test('a variant with the same name and another value is another variant', () => {
  const strategy = (value: string) => ({
    name: 'default',
    constraints: [{ contextName: 'x', operator: 'IN', values: [value] }],
    variants: [{ name: 'v', weight: 1000, payload: { type: 'string', value } }],
  });
  const { flags } = fromUnleash({
    features: [{ name: 'f', enabled: true, strategies: [strategy('a'), strategy('b')] }],
  });
  expect(flags[0]).toMatchObject({
    rules: [
      { conditions: { x: 'a' }, value: 'v' },
      { conditions: { x: 'b' }, value: 'v-2' },
    ],
    variants: { v: { config: 'a' }, 'v-2': { config: 'b' } },
  });
});

test.each([
  [{}, 'features: is missing'],
  [{ features: [{ enabled: true }] }, 'features[0].name: is missing'],
  [
    {
      features: [
        { name: 'f', enabled: true, variants: [{ name: 'v', payload: { type: 'number', value: 'x' } }] },
      ],
    },
    'features[0].variants[0].payload.value: must be a number written as a string',
  ],
])('a malformed document is refused, naming the path: %j', (document, message) => {
  expect(() => fromUnleash(document)).toThrow(message);
});
