import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Heartbeats } from '../../src/serving/heartbeats.js';
import { instanceId } from '../../src/serving/process-identity.js';
import { Door } from './door.js';

let door: Door;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

it('a stop is complete only once every replica obeys, also those that have the same name', async () => {
  const { instances } = door.api.store;
  const serving = [{ revision: 0 }, { revision: 0 }];
  const replicas = serving.map(
    (snapshot, n) =>
      new Heartbeats(
        instances,
        { snapshot: snapshot as never, broken: [] },
        instanceId('0.0.0.0'),
        `start${n}`,
      ),
  );
  for (const replica of replicas) await replica.begin();
  const set = await door.call('post', '/v1/emergency-stops', { body: { reason: 'drill' } });
  const report = async (): Promise<[obeying: number, of: number, complete: unknown]> => {
    for (const replica of replicas) await replica.send();
    // Reports share what one of them has read, for less than the time between two heartbeats.
    await sleep(250);
    const { body } = await door.call('get', `/v1/emergency-stops/${String(set.body['emergency_stop_id'])}`);
    const seen = body['instances'] as { obeys: boolean }[];
    return [seen.filter(({ obeys }) => obeys).length, seen.length, body['complete']];
  };
  expect(await report()).toEqual([0, 2, false]);
  serving[0]!.revision = Number(set.body['fence_revision']);
  expect(await report()).toEqual([1, 2, false]);
  serving[1]!.revision = Number(set.body['fence_revision']);
  expect(await report()).toEqual([2, 2, true]);
});
