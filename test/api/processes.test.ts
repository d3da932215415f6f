import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Unserved } from '../../src/store/instances.js';
import { Door } from './door.js';

let door: Door;
const WRONG = { id: 'flag:odd', message: 'too new for me' };

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

async function beat(name: string, counter: number, serving_revision: number, unserved: Unserved[] = []) {
  const { store, start_id } = door.api;
  await store.instances.beat({
    ...{ instance_id: name, start_id: name === 'api-1' ? start_id : name, counter, serving_revision },
    ...{ process: null, unserved },
  });
}

describe('GET /v1/processes', () => {
  it('names every process with what it serves, and which one answers', async () => {
    await beat('api-1', 1, 7);
    await beat('api-2', 1, -1, [WRONG]);
    await door.api.store.instances.hearSdk('checkout', 6);
    const { status, body } = await door.call('get', '/v1/processes');
    expect(status).toBe(200);
    expect(body['items']).toEqual([
      { instance_id: 'api-1', kind: 'api', live: true, answers: true, serving_revision: 7 },
      {
        ...{ instance_id: 'api-2', kind: 'api', live: true, answers: false, serving_revision: null },
        unserved: [WRONG],
      },
      { instance_id: 'sdk:checkout', kind: 'sdk', live: true, answers: false, serving_revision: 6 },
    ]);
  });

  it('is for everybody who may read; who sees some environments alone is not told of the definitions', async () => {
    const key = await door.key({ role: 'viewer', environments: ['staging'] });
    const { status, body } = await door.call('get', '/v1/processes', { key });
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('flag:odd');
    const client = await door.key({ role: 'client' });
    expect((await door.call('get', '/v1/processes', { key: client })).status).toBe(403);
  });

  it('has pages', async () => {
    const { body } = await door.call('get', '/v1/processes?limit=2');
    expect([(body['items'] as unknown[]).length, body['next_cursor']]).toEqual([2, 'api-2']);
  });

  it('says from when a lost one serves the control by itself', async () => {
    const { liveness, store } = door.api;
    await beat('api-2', 2, 7);
    liveness.observe(await store.instances.all(), performance.now() - 60_000);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { body } = await door.call('get', '/v1/processes');
    const [, lost] = body['items'] as { live: boolean; since: string; serves_control_at: string }[];
    expect(lost!.live).toBe(false);
    expect(Date.parse(lost!.serves_control_at) - Date.parse(lost!.since)).toBe(600_000);
  });
});
