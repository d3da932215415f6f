import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEEPEST } from '../../src/model/plain-json.js';
import { ADMIN_KEY, Door, filled } from './door.js';

const PARAMETERS = { experiment_id: 'e1', flag_id: 'f1', unit_id: 'u1', n: '1' };
const UNIT = 'zebra9999@mail.example';

let door: Door;
let log = '';

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

/** Where a logger writes that this test reads. */
function sinkInto(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });
}

function nested(levels: number): string {
  return '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);
}

/** Every call that takes a body: method, path, whether it is a call of OFREP. */
function takers(): [method: string, path: string, isOfrep: boolean][] {
  const management = door.routes
    .filter(({ body, method }) => body !== undefined || method === 'post')
    .map(({ method, path }): [string, string, boolean] => [method, filled(path, PARAMETERS), false]);
  return [
    ...management,
    ['post', '/v1/events', false],
    ['post', '/v1/assignments', false],
    ['post', '/v1/experiments/e1/assignments', false],
    ['post', '/ofrep/v1/evaluate/flags', true],
    ['post', '/ofrep/v1/evaluate/flags/f1', true],
  ];
}

describe('every call that takes a body', () => {
  const refused: [what: string, body: string, code: string][] = [
    ['nested one too deep', nested(DEEPEST + 1), 'too_deep'],
    ['nested so deep that a stack would not hold it', nested(20_000), 'too_deep'],
    ['lists nested too deep', '['.repeat(20_000) + ']'.repeat(20_000), 'too_deep'],
    ['with a __proto__', '{"context":{"__proto__":{"admin":true}}}', 'validation_failed'],
    ['with a __proto__ that is spelt otherwise', '{"a":[{"\\u005f_proto__":1}]}', 'validation_failed'],
  ];

  it.each(refused)('refuses a body %s', async (_, body, code) => {
    const wrong: string[] = [];
    for (const [method, path, isOfrep] of takers()) {
      const keyed: Record<string, string>[] = method === 'post' ? [{ 'idempotency-key': 'k' }] : [];
      for (const headers of [{}, ...keyed]) {
        const answer = await door.call(method, path, { body, headers });
        const isAsItShould = isOfrep
          ? answer.status === 400 && answer.body['errorCode'] === 'INVALID_CONTEXT'
          : answer.status === 422 && answer.body['code'] === code;
        if (!isAsItShould) wrong.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is refused without one where it needs one, however nothing is sent', async () => {
    const needing = door.routes.filter(({ body, bodyOptional }) => body && !bodyOptional);
    const serving = takers().filter(([, path]) => path.includes('assignments') || path.includes('events'));
    const calls = [
      ...needing.map(({ method, path }) => [method, filled(path, PARAMETERS)] as const),
      ...serving,
    ];
    expect(calls.length).toBeGreaterThan(15);
    const wrong: string[] = [];
    for (const [method, path] of calls) {
      for (const body of ['', new Blob([]).stream()]) {
        const answer = await fetch(door.url + path, {
          method: method.toUpperCase(),
          headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
          body,
          ...(body !== '' && { duplex: 'half' }),
        });
        const { code } = (await answer.json()) as { code: string };
        if (answer.status !== 400 || code !== 'malformed_json')
          wrong.push(`${method} ${path}: ${answer.status} ${code}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never makes or resets a flag by what was left out', async () => {
    const flag = { enabled: true, rollout_percentage: 15 };
    expect((await door.call('put', '/v1/flags/kept', { body: flag })).status).toBe(201);
    for (const body of [{}, '', { rollout_percentage: 100 }, { description: 'another' }]) {
      expect([400, 422]).toContain((await door.call('put', '/v1/flags/kept', { body })).status);
      expect([400, 422]).toContain((await door.call('post', '/v1/flags', { body })).status);
    }
    const empty = await door.call('put', '/v1/flags/kept', { body: {} });
    expect(empty.body['errors']).toMatchObject([{ path: 'enabled', code: 'required' }]);
    expect((await door.call('get', '/v1/flags/kept')).body).toMatchObject({ ...flag, revision: 1 });
  });

  it('names the place', async () => {
    const proto = await door.call('put', '/v1/segments/s', {
      body: '{"conditions":{"$or":[{"__proto__":{"polluted":1}}]}}',
    });
    expect(proto.body['errors']).toMatchObject([{ path: 'conditions.$or.0.__proto__' }]);
    const large = await door.call('put', '/v1/flags/f', {
      body: '{"value_type":"object","default":{"ids":[1,9007199254740993]}}',
    });
    expect(large.body['errors']).toMatchObject([{ path: 'default.ids.1', code: 'out_of_range' }]);
  });

  it('takes what is as deep as allowed, and whole numbers up to 2^53 − 1', async () => {
    const config = `${'['.repeat(DEEPEST - 3)}9007199254740991${']'.repeat(DEEPEST - 3)}`;
    const body = `{"enabled":true,"variants":{"a":{"weight":100,"config":${config}}}}`;
    expect((await door.call('put', '/v1/flags/deep', { body })).status).toBe(201);
  });

  it('refuses odd lines of events, and takes the type of their content in any case', async () => {
    const headers = { 'content-type': 'Application/X-NDJSON' };
    const odd = await door.call('post', '/v1/events', { body: `{}\n${nested(40)}`, headers });
    expect([odd.status, odd.body['code']]).toEqual([422, 'too_deep']);
    expect((odd.body['errors'] as { path: string }[])[0]!.path).toMatch(/^1\.a\.a/);
    const plain = await door.call('post', '/v1/events', { body: '{}\n{}', headers });
    expect([plain.status, plain.body['accepted']]).toEqual([202, 0]);
  });
});

describe('whoever has no good key', () => {
  it('hears so before anything is read of the body', async () => {
    for (const [method, path] of takers()) {
      const { status } = await door.call(method, path, {
        key: 'no such key at all',
        body: '{',
        headers: { 'content-type': 'text/plain' },
      });
      expect([path, status]).toEqual([path, 401]);
    }
  });

  it('is limited by address, while good keys from there go on', async () => {
    const limited = await Door.open({ RAMPART_UNKNOWN_KEY_RATE_LIMIT: '5' });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 60; n += 1) {
        const path = n % 2 ? '/v1/flags' : '/v1/snapshot';
        statuses.push((await limited.call('get', path, { key: `guess${n}` })).status);
      }
      expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(20);
      expect((await limited.call('get', '/v1/flags')).status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe('a slow client', () => {
  const open = (): Socket => connect(door.port, '127.0.0.1');

  it('is not waited for', async () => {
    const { server } = door.api;
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    const { requestTimeout, headersTimeout } = server;
    Object.assign(server, { requestTimeout: 300, headersTimeout: 300 });
    try {
      const head = 'POST /v1/assignments HTTP/1.1\r\nHost: x\r\n';
      const slow = [open(), open()];
      slow[0]!.write(head);
      slow[1]!.write(`${head}Authorization: Bearer an-admin-key-for-tests\r\nContent-Length: 9\r\n\r\n{`);
      const answers = await Promise.all(slow.map((socket) => text(socket)));
      expect(answers.map((answer) => answer.includes(' 408 '))).toEqual([true, true]);
    } finally {
      Object.assign(server, { requestTimeout, headersTimeout });
    }
  });

  it('cannot open connections without end', async () => {
    const { server } = door.api;
    const most = server.maxConnections;
    server.closeAllConnections();
    server.maxConnections = 3;
    const sockets = Array.from({ length: 6 }, open);
    const closed = sockets.map((socket) => {
      socket.on('error', () => undefined);
      return once(socket, 'close');
    });
    await Promise.all([closed[3], closed[4], closed[5]]);
    server.maxConnections = most;
    for (const socket of sockets) socket.destroy();
  });
});

describe('the log', () => {
  it('names the route of a request that failed, and no unit', async () => {
    const broken = await Door.open({}, pino({ level: 'trace' }, sinkInto()));
    const { store } = broken.api;
    const failing = new Proxy({}, { get: () => () => Promise.reject(new Error('boom')) });
    for (const name of ['optOuts', 'experiments', 'overrides', 'exclusions', 'audit'] as const) {
      Object.assign(store, { [name]: failing });
    }
    try {
      log = '';
      const routes = broken.routes.filter(({ path }) => path.includes('{unit_id}'));
      expect(routes.length).toBeGreaterThanOrEqual(7);
      for (const { method, path } of routes) {
        const target = filled(path, { ...PARAMETERS, unit_id: UNIT });
        const body = method === 'put' && path.includes('overrides') ? { body: { variant: 'a' } } : {};
        const { status } = await broken.call(method, target, body);
        expect([path, status]).toEqual([path, 500]);
        expect(log).toContain(path);
      }
      expect(log).toContain('boom');
      expect(log).not.toContain('zebra');
      expect(log).not.toContain('an-admin-key');
    } finally {
      await broken.close();
    }
  });
});
