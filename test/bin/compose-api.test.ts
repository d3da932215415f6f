import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readiness } from '../../api/schemas/process.js';
import { composeApi, type ApiProcess } from '../../src/bin/compose-api.js';
import { parseConfig } from '../../src/config.js';
import type { Flag } from '../../src/model/flag.js';
import type { Stored } from '../../src/store/definitions.js';
import type { Store } from '../../src/store/store.js';

const KEY = 'an-admin-key-for-tests';
const config = parseConfig({
  RAMPART_ADMIN_KEY: KEY,
  RAMPART_SECRET: 'a secret of tests that is long enough',
  LOG_LEVEL: 'silent',
});

const flag: Stored<Flag> = {
  _id: 'search',
  definition: { flag_id: 'search', enabled: true },
  revision: 3,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
  updated_by: 'root',
};
/** What the two servers were asked. */
let questions: string[] = [];
function asked<T>(server: string, answer: Promise<T>): Promise<T> {
  questions.push(server);
  return answer;
}

/** A MongoDB that has one flag. */
const store = {
  database: { isReachable: () => asked('mongodb', Promise.resolve(true)) },
  reconciliation: { latest: () => Promise.resolve(null) },
  flags: { get: (id: string) => Promise.resolve(id === flag._id ? flag : null) },
  instances: { recent: () => Promise.resolve([]) },
  experiments: { underWay: () => Promise.resolve([]), underWayOnFlag: () => Promise.resolve([]) },
} as unknown as Store;
/** A Temporal that is unreachable. */
const temporal = {
  // It was reached once, so that its connection stands.
  connection: { ensureConnected: () => Promise.resolve() },
  workflowService: { getSystemInfo: () => asked('temporal', Promise.reject(new Error('unreachable'))) },
} as unknown as Client;

describe('an API process with stand-ins', () => {
  let api: ApiProcess;
  let url: string;

  beforeAll(async () => {
    api = await composeApi(config, { store, temporal });
    expect(api.server.listening).toBe(false);
    api.server.listen(0, '127.0.0.1');
    await once(api.server, 'listening');
    url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    api.server.close();
  });

  async function ask(path: string, key = KEY): Promise<[status: number, body: unknown]> {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
    return [response.status, await response.json()];
  }

  it('is healthy, and not ready before it has read what it serves', async () => {
    expect(await ask('/healthz')).toEqual([200, { status: 'ok' }]);
    const reason = 'what is served has not been read yet';
    const ready = { ready: false, reason, serving_revision: null, mongodb: 'down', temporal: 'down' };
    expect(await ask('/readyz')).toEqual([503, expect.objectContaining(ready)]);
  });

  it('tells what it knows of the servers, and asks them nothing for that', async () => {
    await api.reachability.ask();
    expect(questions.sort()).toEqual(['mongodb', 'temporal']);
    questions = [];
    expect(await ask('/readyz')).toEqual([503, expect.objectContaining({ mongodb: 'up', temporal: 'down' })]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('rampart_server_up{server="mongodb"} 1');
    expect(metrics).toContain('rampart_server_up{server="temporal"} 0');
    expect(questions).toEqual([]);
  });

  it('names counters and nothing else with _total, as Prometheus wants it', async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const types = [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]);
    expect(types.length).toBeGreaterThan(20);
    for (const [name, type] of types)
      expect([name, type === 'counter']).toEqual([name, name!.endsWith('_total')]);
    for (const [name] of types) expect(metrics).toContain(`# HELP ${name} `);
  });

  it('says why it is not ready once it ends, as its document has it', async () => {
    api.ending.abort();
    const [status, body] = await ask('/readyz');
    expect(status).toBe(503);
    expect(readiness.parse(body)).toMatchObject({ ready: false, reason: 'this process is ending' });
  });

  it('answers a route from the store, to those who have a key', async () => {
    expect(await ask('/v1/flags/search')).toEqual([
      200,
      expect.objectContaining({ flag_id: 'search', enabled: true, revision: 3 }),
    ]);
    expect((await ask('/v1/flags/none'))[0]).toBe(404);
    expect((await ask('/v1/flags/search', 'another-key'))[0]).toBe(401);
  });
});
