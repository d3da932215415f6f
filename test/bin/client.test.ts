import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientCommand } from '../../src/bin/client.js';
import { Unreachable } from '../../src/bin/http.js';
import { ConfigError } from '../../src/config.js';

type Given = [method: string, path: string, body?: unknown];

let server: Server;
let environment: NodeJS.ProcessEnv;
const asked: Given[] = [];
/** The answers of the API, one by one; after the last, 200 and an empty object. */
let answers: { status: number; body: unknown }[] = [];
const printed = { out: '', err: '' };

beforeAll(async () => {
  server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      asked.push([
        request.method!,
        request.url!,
        ...(body === '' ? [] : [JSON.parse(body) as unknown]),
      ] as Given);
      const { status, body: answer } = answers.shift() ?? { status: 200, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  environment = { RAMPART_URL: `http://127.0.0.1:${port}`, RAMPART_KEY: 'key' };
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  asked.length = 0;
  answers = [];
  Object.assign(printed, { out: '', err: '' });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** @param line words without spaces */
async function run(line: string): Promise<number> {
  const [command, ...argv] = line.split(' ');
  return clientCommand(command!, argv, environment);
}

describe('a command line becomes one request', () => {
  const experiment = '/v1/experiments/x';
  it.each<[line: string, ...Given]>([
    ['list', 'GET', '/v1/experiments'],
    ['list --state running --tag a/b', 'GET', '/v1/experiments?state=running&tag=a%2Fb'],
    ['get x', 'GET', experiment],
    [
      'start x --start-date now --duration 14d',
      'POST',
      `${experiment}/start`,
      { start_date: 'now', duration: '14d' },
    ],
    ['privacy export u@x', 'GET', '/v1/privacy/units/u%40x'],
    ['privacy erase u1', 'DELETE', '/v1/privacy/units/u1'],
    ['privacy erase u1 --keep-opt-out', 'DELETE', '/v1/privacy/units/u1?keep_opt_out=true'],
    ['privacy erasure erasure_1', 'GET', '/v1/privacy/erasures/erasure_1'],
    ['privacy opt-outs --limit 5', 'GET', '/v1/privacy/opt-outs?limit=5'],
    ['keyring', 'GET', '/v1/keyring'],
    ['keyring rotate', 'POST', '/v1/keyring/rotate'],
    ['keys rotate', 'POST', '/v1/keyring/rotate'],
    ['pause x', 'POST', `${experiment}/pause`, {}],
    ['resume x --reason mended', 'POST', `${experiment}/resume`, { reason: 'mended' }],
    ['advance x', 'POST', `${experiment}/advance`, {}],
    ['approve x', 'POST', `${experiment}/approve`, {}],
    ['reject x --reason later', 'POST', `${experiment}/reject`, { reason: 'later' }],
    ['stop x --reason enough', 'POST', `${experiment}/stop`, { reason: 'enough' }],
    ['ramp x --coverage 25', 'POST', `${experiment}/ramp`, { coverage: 25 }],
    ['drop x --variant b', 'POST', `${experiment}/drop`, { variant: 'b' }],
    ['close x', 'POST', `${experiment}/close`, {}],
    [
      'extend x --end-date 2030-01-01T00:00:00Z',
      'POST',
      `${experiment}/extend`,
      { end_date: '2030-01-01T00:00:00Z' },
    ],
    [
      'conclude x --variant b --reason known',
      'POST',
      `${experiment}/conclude`,
      { variant: 'b', reason: 'known' },
    ],
    [
      'exclusions x --unit u1 --unit u2 --reason testers',
      'POST',
      `${experiment}/exclusions`,
      { unit_ids: ['u1', 'u2'], reason: 'testers' },
    ],
    ['override x --unit a/b --variant b', 'PUT', `${experiment}/overrides/a%2Fb`, { variant: 'b' }],
    ['override x --unit u --lift', 'DELETE', `${experiment}/overrides/u`],
    ['certificate x 2', 'GET', `${experiment}/decisions/2/certificate`],
    ['rehearsal x', 'POST', `${experiment}/rehearsals`, {}],
    ['backtest x --policy strict', 'POST', `${experiment}/backtests`, { policy: 'strict' }],
    ['opt-out u', 'PUT', '/v1/privacy/opt-outs/u'],
    ['opt-out u --lift', 'DELETE', '/v1/privacy/opt-outs/u'],
    ['stale-flags --days 7', 'GET', '/v1/reports/stale-flags?days=7'],
    ['webhooks list', 'GET', '/v1/webhooks'],
    ['webhooks get ops', 'GET', '/v1/webhooks/ops'],
    ['webhooks test ops', 'POST', '/v1/webhooks/ops/test'],
    ['webhooks secret ops', 'POST', '/v1/webhooks/ops/secret'],
    ['webhooks delete a/b', 'DELETE', '/v1/webhooks/a%2Fb'],
    ['webhooks deliveries ops --status dead', 'GET', '/v1/webhooks/ops/deliveries?status=dead'],
    ['webhooks redeliver ops dlv_1', 'POST', '/v1/webhooks/ops/deliveries/dlv_1/redeliver'],
    ['keys create --role viewer', 'POST', '/v1/keys', { role: 'viewer', name: 'viewer' }],
    ['emergency-stop --all --reason fire', 'POST', '/v1/emergency-stops', { reason: 'fire' }],
    [
      'emergency-stop x y --reason fire',
      'POST',
      '/v1/emergency-stops',
      { reason: 'fire', experiment_ids: ['x', 'y'] },
    ],
    ['emergency-stops', 'GET', '/v1/emergency-stops'],
    ['emergency-stops stop_1', 'GET', '/v1/emergency-stops/stop_1'],
    ['release stop_1', 'POST', '/v1/emergency-stops/stop_1/release', {}],
    ['force stop_1 --reason lost', 'POST', '/v1/emergency-stops/stop_1/force', { reason: 'lost' }],
    [
      'evaluate f --unit u --attributes {"plan":"pro"}',
      'POST',
      '/ofrep/v1/evaluate/flags/f',
      { context: { plan: 'pro', targetingKey: 'u' } },
    ],
  ])('%s', async (line, method, path, body) => {
    expect(await run(line)).toBe(0);
    expect(asked).toEqual([body === undefined ? [method, path] : [method, path, body]]);
    expect(printed).toEqual({ out: '{}\n', err: '' });
  });
});

describe('create', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rampart-cli-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('sends the content of the file', async () => {
    const file = join(folder, 'experiment.json');
    await writeFile(file, '{"experiment_id":"x"}');
    expect(await clientCommand('create', [file], environment)).toBe(0);
    expect(asked).toEqual([['POST', '/v1/experiments', { experiment_id: 'x' }]]);
  });

  it('of a webhook goes to the id that it names', async () => {
    const file = join(folder, 'webhook.json');
    await writeFile(file, '{"webhook_id":"ops","url":"https://example.com"}');
    expect(await clientCommand('webhooks', ['put', file], environment)).toBe(0);
    expect(asked).toEqual([['PUT', '/v1/webhooks/ops', { webhook_id: 'ops', url: 'https://example.com' }]]);
    await writeFile(file, '{}');
    expect(await clientCommand('webhooks', ['put', file], environment)).toBe(2);
    expect(printed.err).toContain('webhook_id is missing');
  });

  it.each(['none.json', 'broken.json'])('asks nothing without JSON (%s): 2', async (name) => {
    await writeFile(join(folder, 'broken.json'), '{');
    expect(await clientCommand('create', [join(folder, name)], environment)).toBe(2);
    expect(asked).toEqual([]);
    expect(JSON.parse(printed.err)).toHaveProperty('code');
  });
});

describe('a failure', () => {
  it('of the API is printed as it is on standard error: 1', async () => {
    const body = { code: 'fenced', detail: 'an emergency stop' };
    answers = [{ status: 409, body }];
    expect(await run('advance x')).toBe(1);
    expect([printed.out, JSON.parse(printed.err)]).toEqual(['', body]);
  });

  it.each([
    'get',
    'emergency-stop --reason fire',
    'override x --unit u',
    'evaluate',
    'keys',
    'webhooks',
    'webhooks nonsense x',
    'webhooks redeliver ops',
    'release',
    'certificate x',
  ])('of an incomplete command prints its usage, and asks nothing: 2 (%s)', async (line) => {
    expect(await run(line)).toBe(2);
    expect(asked).toEqual([]);
    expect(printed.err).toMatch(/^usage: rampart /);
  });

  it('names an unknown option, attributes that are no JSON object, or the missing key', async () => {
    await expect(run('get x --froce')).rejects.toThrow(ConfigError);
    await expect(run('evaluate f --attributes [1]')).rejects.toThrow('--attributes must be a JSON object');
    await expect(clientCommand('get', ['x'], {})).rejects.toThrow('RAMPART_KEY is missing');
  });

  it('to reach the API is one line that names the variable', async () => {
    const nobody = { ...environment, RAMPART_URL: 'http://127.0.0.1:9' };
    const failed = clientCommand('get', ['x'], nobody);
    await expect(failed).rejects.toThrow(Unreachable);
    await expect(failed).rejects.toThrow(/http:\/\/127\.0\.0\.1:9 .*RAMPART_URL/);
  });
});

describe('waiting for an emergency stop', () => {
  const report = (acknowledged: number, obeys: boolean, complete: boolean, live = true) => ({
    status: 200,
    body: {
      emergency_stop_id: 'stop_1',
      experiments: 2,
      acknowledged,
      instances: [
        { instance_id: 'host:1:0', obeys: true, live: true },
        { instance_id: 'host:2:0', obeys, live },
      ],
      complete,
    },
  });

  it('prints progress, also while the API has no report, and the report at the end', async () => {
    answers = [
      { status: 202, body: { emergency_stop_id: 'stop_1' } },
      report(0, false, false),
      { status: 503, body: { code: 'unavailable', detail: 'MongoDB does not answer; try again' } },
      report(2, false, false, false),
      report(2, true, true),
    ];
    expect(await run('emergency-stop --all --reason fire --wait')).toBe(0);
    expect(asked.slice(1)).toEqual(Array.from({ length: 4 }, () => ['GET', '/v1/emergency-stops/stop_1']));
    expect(printed.err.trim().split('\n')).toEqual([
      '0 of 2 experiments rolled back; 1 of 2 processes obey; host:2:0 does not obey yet',
      'no report: MongoDB does not answer; try again',
      '2 of 2 experiments rolled back; 1 of 2 processes obey; host:2:0 is lost, and may serve what it had',
    ]);
    expect(JSON.parse(printed.out)).toMatchObject({ complete: true });
  });

  it('ends at once if there is no such stop: 1', async () => {
    answers = [{ status: 404, body: { code: 'not_found' } }];
    expect(await run('emergency-stops stop_1 --wait')).toBe(1);
  });
});
