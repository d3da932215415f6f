import { request } from 'node:http';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, Door, filled } from './door.js';

let door: Door;
let log = '';
const PARAMETERS = { experiment_id: 'e1', flag_id: 'f1', unit_id: 'zebra-unit', n: '1' };

beforeAll(async () => {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log += chunk.toString();
      done();
    },
  });
  door = await Door.open({}, pino(sink));
});

afterAll(() => door.close());

/** A request by any method: `fetch` knows no TRACE. */
async function ask(method: string, path: string): Promise<{ status: number; allow: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const sent = request({ host: '127.0.0.1', port: door.port, method, path, headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode!, allow: response.headers.allow });
    });
    sent.on('error', reject).end();
  });
}

// Strangers from one network have one line a minute together, so this comes first.
it('writes down who tried what is not theirs, without what they named', async () => {
  const viewer = await door.key({ role: 'viewer' });
  log = '';
  await door.call('put', '/v1/privacy/opt-outs/zebra-unit', { key: viewer });
  await door.call('put', '/v1/privacy/opt-outs/zebra-unit', { key: 'a-guess' });
  const lines = log.split('\n').filter((line) => line.includes('a request was refused'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    {
      route: '/v1/privacy/opt-outs/{unit_id}',
      code: 'forbidden',
      key_id: expect.stringMatching(/^key_/) as string,
    },
    { route: '/v1/privacy/opt-outs/{unit_id}', code: 'unauthenticated' },
  ]);
  expect(log).not.toMatch(/zebra|a-guess/);
});

describe('methods', () => {
  it.each(['TRACE', 'PROPFIND'])('%s is 405 on every path, with what the path takes', async (method) => {
    const paths = [
      ...door.routes.map(({ path }) => filled(path, PARAMETERS)),
      ...['/v1/events', '/v1/snapshot', '/v1/experiments/e1/assignments', '/healthz', '/metrics'],
      ...['/ofrep/v1/evaluate/flags', '/ofrep/v1/evaluate/flags/f1'],
    ];
    for (const path of new Set(paths)) {
      const { status, allow } = await ask(method, path);
      expect([path, status, allow]).toEqual([path, 405, expect.stringMatching(/GET|POST|PUT|DELETE/)]);
    }
    expect(await ask(method, '/v1/nothing')).toEqual({ status: 404, allow: undefined });
  });

  it('names them', async () => {
    expect(await ask('DELETE', '/v1/flags')).toEqual({ status: 405, allow: 'GET, POST' });
    expect((await door.call('get', '/v1/events')).body['code']).toBe('method_not_allowed');
  });
});

it('every answer says that its type is not to be guessed, and that nobody keeps it', async () => {
  for (const [method, path, body] of [
    ['post', '/ofrep/v1/evaluate/flags', { context: {} }],
    ['post', '/ofrep/v1/evaluate/flags/none', { context: {} }],
    ['post', '/v1/assignments', { unit_id: 'u' }],
    ['post', '/v1/events', []],
    ['get', '/v1/snapshot', undefined],
    ['get', '/v1/flags', undefined],
  ] as const) {
    const { headers } = await door.call(method, path, { body });
    expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
    expect([path, headers.get('cache-control')]).toEqual([path, expect.stringMatching(/no-cache|no-store/)]);
  }
});

it('refuses a key that would have expired before it is made', async () => {
  const body = { name: 'late', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' };
  const { status, body: problem } = await door.call('post', '/v1/keys', { body });
  expect([status, problem['errors']]).toMatchObject([422, [{ path: 'expires_at', code: 'out_of_range' }]]);
});

it('drops nothing that is sent to a call that takes no body', async () => {
  const without = door.routes.filter(({ method, body }) => method === 'post' && !body);
  expect(without.length).toBeGreaterThan(0);
  for (const { path } of without) {
    const answer = await door.call('post', filled(path, PARAMETERS), { body: { reason: 'because' } });
    expect([path, answer.status, answer.body['code']]).toEqual([path, 422, 'validation_failed']);
  }
});

it.each([
  ['post', '/v1/assignments', {}],
  ['post', '/v1/experiments/zebra/assignments', {}],
  ['post', '/ofrep/v1/evaluate/flags', {}],
  ['post', '/ofrep/v1/evaluate/flags/zebra', {}],
  ['post', '/v1/events', []],
  ['get', '/v1/snapshot', undefined],
  ['get', '/v1/stream', undefined],
  ['get', '/v1/stream?token=zebra', undefined],
  ['get', '/v1/flags/zebra', undefined],
  ['get', '/v1/live', undefined],
] as const)('counts every refusal, and has one line of those of a key: %s %s', async (method, path, body) => {
  const refused = async (): Promise<number> => {
    const text = await (await fetch(`${door.url}/metrics`)).text();
    return [...text.matchAll(/^rampart_requests_refused_total\{.*\} (\d+)$/gm)]
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0);
  };
  const isManagement = path.startsWith('/v1/flags') || path === '/v1/live';
  const key = await door.key({ role: isManagement ? 'server' : 'operator', environments: ['staging'] });
  log = '';
  const before = await refused();
  for (const one of ['zebra-guess', key, 'zebra-other-guess', key])
    expect([401, 403]).toContain((await door.call(method, path, { body, key: one })).status);
  expect((await refused()) - before).toBe(4);
  const lines = log.split('\n').filter((line) => line.includes('"code":"forbidden"'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(
    path.includes('token')
      ? []
      : [{ method: method.toUpperCase(), route: expect.any(String) as string, count: 1 }],
  );
  expect(log).not.toMatch(/zebra|127\.0\.0\.1/);
});
