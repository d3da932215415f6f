import { afterAll, beforeAll, expect, it } from 'vitest';
import { Door } from './door.js';

let door: Door;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

it('repeats the first answer to a new key, and stores nothing of it that anybody could use', async () => {
  const body = { name: 'n', role: 'viewer' };
  const headers = { 'idempotency-key': 'k1' };
  const first = await door.call('post', '/v1/keys', { body, headers });
  const again = await door.call('post', '/v1/keys', { body, headers });
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.body).toEqual(first.body);
  expect((await door.call('get', '/v1/keys?limit=1000')).body['items']).toHaveLength(1);
  const stored = await everything();
  expect(stored).toContain(String(first.body['key_id']));
  expect(stored).not.toContain(String(first.body['key']));
});

it('stores no unit id of a request with a key', async () => {
  const headers = { 'idempotency-key': 'k2' };
  const definition = {
    experiment_id: 'e',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  };
  expect((await door.call('post', '/v1/experiments', { body: definition })).status).toBe(201);
  const body = { unit_ids: ['zebra@mail.example'], reason: 'r' };
  const made = await door.call('post', '/v1/experiments/e/exclusions', { body, headers });
  expect(made.status).toBe(200);
  expect(await everything()).not.toContain('zebra');
});

/** All documents of all collections, as text. */
async function everything(): Promise<string> {
  const { database } = door.api.store;
  const names = ['keys', 'idempotency', 'audit', 'timeline', 'exclusions', 'experiments', 'serving'];
  const all = await Promise.all(names.map((name) => database.collection(name).find().toArray()));
  return JSON.stringify(all);
}
