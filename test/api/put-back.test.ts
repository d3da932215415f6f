import { afterAll, beforeAll, expect, it } from 'vitest';
import { Door, filled } from './door.js';

let door: Door;
beforeAll(async () => {
  door = await Door.open();
});
afterAll(() => door.close());

/** A definition of each kind, by the path of its kind. */
const DEFINITIONS: Record<string, object> = {
  '/v1/flags/{flag_id}': {
    variants: { a: { weight: 50, config: { size: 1 } }, b: { weight: 50 } },
    rules: [{ conditions: { plan: 'pro' }, variants: { a: 100 } }],
  },
  '/v1/segments/{segment_id}': { conditions: { plan: 'pro' } },
  '/v1/metrics/{metric_id}': {
    ...{
      kind: 'mean',
      aggregate: 'last',
      event: 'session',
      value: 'level',
      direction: 'increase',
      window: '7d',
    },
    where: { plan: { $regex: '^pro', $options: 'i' }, contact: { $exists: true } },
    personal_properties: ['contact'],
  },
  '/v1/policies/{policy_id}': { holdback: 0, min_duration: '3d' },
  '/v1/layers/{layer_id}': { description: 'of the front page' },
  '/v1/holdouts/{holdout_id}': { share: 2 },
  '/v1/webhooks/{webhook_id}': { url: 'https://hooks.example.com/rampart', events: ['held'] },
};

/** What changes from one answer to the next. */
function lasting(body: object): object {
  const {
    revision: _,
    updated_at: __,
    version: ___,
    warnings: ____,
    // Told once.
    secret: _____,
    ...rest
  } = body as Record<string, unknown>;
  return rest;
}

it('knows a definition of every kind', () => {
  const kinds = door.routes.filter(({ identity }) => identity !== undefined).map(({ path }) => path);
  expect(Object.keys(DEFINITIONS).sort()).toEqual(kinds.sort());
});

it.each(Object.entries(DEFINITIONS))('takes back what PUT and GET %s answer', async (path, definition) => {
  const target = filled(path, { [path.slice(path.indexOf('{') + 1, -1)]: 'mine' });
  const first = await door.call('put', target, { body: definition });
  expect(first.status).toBe(201);
  const again = await door.call('put', target, { body: first.body });
  expect([again.status, lasting(again.body)]).toEqual([200, lasting(first.body)]);
  const { body: read } = await door.call('get', target);
  const back = await door.call('put', target, { body: read });
  expect([back.status, lasting(back.body)]).toEqual([200, lasting(read)]);
  const { items } = (await door.call('get', target.slice(0, target.lastIndexOf('/')))).body as {
    items: Record<string, unknown>[];
  };
  const listed = items.find((item) => Object.values(item).includes('mine'))!;
  expect((await door.call('put', target, { body: listed })).status).toBe(200);
});

it('takes back built-in definitions', async () => {
  for (const target of ['/v1/metrics/click_through_rate', '/v1/policies/standard', '/v1/policies/demo']) {
    const { body } = await door.call('get', target);
    const back = await door.call('put', target, { body });
    expect([back.status, lasting(back.body)]).toEqual([200, lasting(body)]);
  }
});

it('still refuses fields that no answer has', async () => {
  const body = { enabled: true, revisions: 1 };
  expect((await door.call('put', '/v1/flags/other', { body })).status).toBe(422);
});
