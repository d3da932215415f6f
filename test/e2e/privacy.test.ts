import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/servers/ports.js';
import { CLIENT_SECRET, settingsFor } from '../identity-provider.js';
import { ADMIN_KEY, eventually, Rampart, SECRET } from './harness.js';
import { foundIn } from './needles.js';
import { SampleBodies } from './sample-body.js';

// What nobody may find again: unit ids (which are e-mail addresses here) and secrets go through every call of the real
// product. Then everything that it wrote is searched for them: files of MongoDB and Temporal, logs, metrics, certificates.

const CANARY = 'mail.canary.7f3a';
const unitOf = (n: number): string => `${n}.${CANARY}@example.org`;
const [EXCLUDED, OVERRIDDEN, OPTED_OUT, ERASED, SWEPT] = [1, 2, 3, 4, 99].map(unitOf) as [
  string,
  string,
  string,
  string,
  string,
];
/** A secret of no use to anybody: a key that is none. */
const WRONG_KEY = 'a-wrong-key-of-somebody-5c1d';
/** What a person writes: stored in MongoDB, and on its way through Temporal. */
const REASON = 'reason.canary.91be';

let rampart: Rampart;
/** The key that was made on the way, as it was shown once. */
let made_key = '';
/** Answers of calls that are not about single units. */
const answers: [path: string, body: string][] = [];

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: object }> } }>>;
  components: { schemas: Record<string, object> };
}

beforeAll(async () => {
  const port = await freePort();
  const settings = settingsFor('http://127.0.0.1:9', `http://127.0.0.1:${port}`);
  rampart = await Rampart.start({ ...settings, LOG_LEVEL: 'trace' }, port);
  const made = async (...call: Parameters<Rampart['call']>): Promise<void> => {
    const { status, body } = await rampart.call(...call);
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  };
  await made('PUT', '/v1/policies/slow', {
    ramp: [{ coverage: 100 }],
    poll: { ramping: '1s', running: '1s' },
    min_duration: '20s',
    max_duration: '1h',
    rollout: [{ coverage: 100 }],
    watch: '10m',
    no_traffic_grace: '1h',
    stale_after: '1h',
  });
  await made('POST', '/v1/experiments', {
    ...{ experiment_id: 'canary', name: 'canary', policy_id: 'slow' },
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  await made('POST', '/v1/experiments/canary/start', { start_date: 'now', duration: '30m' });
  await eventually(async () => /ramping|running/.test(String((await rampart.experiment('canary'))['state'])));
  await eventually(async () => (await rampart.assign('canary', unitOf(0)))['in_experiment'] === true);
  await live();
  await sweep();
  await read();
}, 240_000);

afterAll(() => rampart.dispose());

const about = (unit_id: string): string => encodeURIComponent(unit_id);

/** What happens to units in a life: every kind of record of them is there at the end of it. */
async function live(): Promise<void> {
  const experiment = '/v1/experiments/canary';
  for (let n = 0; n < 20; n += 1) {
    const unit_id = unitOf(n);
    const attributes = { email: unit_id, ip: '192.0.2.77' };
    const { body } = await rampart.call('POST', `${experiment}/assignments`, { unit_id, attributes });
    expect(body['in_experiment']).toBe(true);
    const event = {
      event_id: `${unit_id}:click`,
      type: 'click',
      unit_id,
      timestamp: new Date().toISOString(),
    };
    await rampart.call('POST', '/v1/events', [{ ...event, properties: { email: unit_id } }]);
  }
  await rampart.call('POST', `${experiment}/exclusions`, { unit_ids: [EXCLUDED], reason: REASON });
  await rampart.call('PUT', `${experiment}/overrides/${about(OVERRIDDEN)}`, { variant: 'treatment' });
  await rampart.call('PUT', `/v1/privacy/opt-outs/${about(OPTED_OUT)}`);
  await rampart.call('POST', `${experiment}/pause`, { reason: REASON });
  await rampart.call('POST', `${experiment}/resume`, { reason: REASON });
  await rampart.call('POST', '/v1/keyring/rotate');
  const totals = async (): Promise<number> => {
    const { body } = await rampart.call('GET', `${experiment}/totals`);
    const variants = body['variants'] as Record<string, { units: number }>;
    return Object.values(variants).reduce((sum, { units }) => sum + units, 0);
  };
  await eventually(async () => (await totals()) >= 17);
  const exported = await rampart.call('GET', `/v1/privacy/units/${about(ERASED)}`);
  expect(exported.body).toMatchObject({ unit_id: ERASED, experiments: [{ experiment_id: 'canary' }] });
  const erased = await rampart.call('DELETE', `/v1/privacy/units/${about(ERASED)}`);
  expect(erased).toMatchObject({ status: 200, body: { pending: [], removed: { units: 1 } } });
  expect((await rampart.call('GET', `/v1/privacy/units/${about(ERASED)}`)).status).toBe(404);
  const made = await rampart.call(
    'POST',
    '/v1/keys',
    { name: 'n', role: 'viewer' },
    { 'idempotency-key': 'k' },
  );
  made_key = String(made.body['key']);
}

/** Every call that the product has, with a unit wherever it may be; then the same without sense, and by nobody. */
async function sweep(): Promise<void> {
  const document = (await (await fetch(`${rampart.url}/openapi.json`)).json()) as Document;
  const bodies = new SampleBodies(document.components.schemas, SWEPT);
  let calls = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    if (/\/v1\/(stream|live)$|^\/auth\//.test(path)) continue;
    for (const [method, { requestBody }] of Object.entries(methods)) {
      const target = filled(path, SWEPT);
      const schema = requestBody?.content['application/json']?.schema;
      const sample = schema && bodies.of(schema);
      const nonsense = { [SWEPT]: SWEPT, unit_id: SWEPT, nonsense: { email: SWEPT } };
      for (const [query, body, key] of [
        ['', sample, ADMIN_KEY],
        [`?unit_id=${about(SWEPT)}`, sample, ADMIN_KEY],
        ['', nonsense, ADMIN_KEY],
        ['', sample, WRONG_KEY],
      ] as const) {
        calls += 1;
        const response = await send(method, target + query, key, body, calls);
        expect(response, `${method} ${target}`).not.toBe(500);
      }
    }
  }
  expect(calls).toBeGreaterThan(400);
}

async function send(method: string, target: string, key: string, body: unknown, n: number): Promise<number> {
  const response = await fetch(rampart.url + target, {
    method: method.toUpperCase(),
    headers: {
      authorization: `Bearer ${key}`,
      'idempotency-key': `${SWEPT} ${n}`,
      'user-agent': SWEPT,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && method !== 'get' && { body: JSON.stringify(body) }),
  });
  await response.text();
  return response.status;
}

function filled(path: string, unit_id: string): string {
  const parameters: Record<string, string> = {
    ...{ experiment_id: 'canary', unit_id, flag_id: 'canary', policy_id: 'slow', n: '1' },
  };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => about(parameters[name] ?? 'none'));
}

/** What the product says of everything but single units. */
async function read(): Promise<void> {
  const certificate = '/v1/experiments/canary/decisions/1/certificate';
  await eventually(async () => (await rampart.call('GET', certificate)).status === 200);
  const document = (await (await fetch(`${rampart.url}/openapi.json`)).json()) as Document;
  for (const [path, methods] of Object.entries(document.paths)) {
    const isOfUnits = /exclusions|overrides|privacy/.test(path);
    if (!('get' in methods) || isOfUnits || /\/v1\/(stream|live)$|^\/auth\//.test(path)) continue;
    const response = await fetch(rampart.url + filled(path, 'none'), {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    });
    answers.push([path, await response.text()]);
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The ids of units, and every secret of the installation. */
const hidden = (): [what: string, text: string][] => [
  ['the id of a unit', CANARY],
  ['the key of an admin', ADMIN_KEY],
  ['the secret', SECRET],
  ["the identity provider's secret", CLIENT_SECRET],
  ['a key that was made', made_key],
  ['a wrong key', WRONG_KEY],
];

/** Where something hidden stands. */
function finds(places: readonly (readonly [name: string, bytes: Buffer])[]): string[] {
  return places.flatMap(([name, bytes]) =>
    hidden().flatMap(([what, text]) => foundIn(bytes, text).map((form) => `${what} ${form} in ${name}`)),
  );
}

describe('what the product writes has no unit and no secret in it', () => {
  it('the search finds what is there, in every form', () => {
    const text = `${CANARY}@example.org`;
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const bytes = Buffer.from(lead + text);
      expect(foundIn(Buffer.from(bytes.toString('base64')), CANARY)).toContain('in base64');
      expect(foundIn(Buffer.from(bytes.toString('base64url')), CANARY)).toContain('in base64');
      expect(foundIn(Buffer.from(bytes.toString('hex')), CANARY)).toContain('in hexadecimal');
      expect(foundIn(bytes, CANARY)).toContain('in the clear');
    }
  });

  it('in metrics, certificates, reports, definitions, the timeline and the audit trail', () => {
    const paths = answers.map(([path]) => path);
    for (const path of ['/metrics', '/v1/audit', '/v1/experiments/{experiment_id}/timeline', '/v1/snapshot'])
      expect(paths).toContain(path);
    const [, certificate = ''] = answers.find(([path]) => path.includes('certificate')) ?? [];
    expect(certificate).toContain('certificate_version');
    expect(finds(answers.map(([path, body]) => [path, Buffer.from(body)] as const))).toEqual([]);
  });

  it('in the log, with everything that it can say', () => {
    expect(rampart.log).toContain('"level":');
    expect(finds([['the log', Buffer.from(rampart.log)]])).toEqual([]);
  });

  it("in what Temporal's own command line shows, unless the API decrypts it for an admin", async () => {
    const program = await readlink(`/proc/${await rampart.pidOf('temporal.db')}/exe`);
    const address = await rampart.variable('TEMPORAL_ADDRESS');
    const show = async (...codec: string[]): Promise<string> => {
      const argv = [
        'workflow',
        'show',
        '-w',
        'experiment:canary',
        '--address',
        address,
        '-o',
        'json',
        ...codec,
      ];
      return (await promisify(execFile)(program, argv, { maxBuffer: 1e8 })).stdout;
    };
    // Its payloads are base64.
    const isIn = (history: string): boolean => foundIn(Buffer.from(history), REASON).length > 0;
    expect(isIn(await show())).toBe(false);
    const endpoint = ['--codec-endpoint', `${rampart.url}/v1/temporal-codec`];
    expect(isIn(await show(...endpoint, '--codec-auth', `Bearer ${ADMIN_KEY}`))).toBe(true);
    await expect(show(...endpoint, '--codec-auth', `Bearer ${WRONG_KEY}`)).rejects.toThrow();
  });

  it('in the files of MongoDB and Temporal, where the search does find what is no secret', async () => {
    expect(await rampart.end()).toBe(0);
    const files = await Promise.all(
      (await filesIn(rampart.dataDir)).map(async (path) => [path, await readFile(path)] as const),
    );
    const with_ = (text: string): string[] =>
      files.filter(([, bytes]) => bytes.includes(text)).map(([path]) => path);
    const isTemporal = (path: string): boolean => /temporal/i.test(path);
    expect(with_('experiment:canary').some(isTemporal)).toBe(true);
    expect(with_('binary/encrypted').some(isTemporal)).toBe(true);
    const ofMongo = with_(REASON);
    expect(ofMongo.length).toBeGreaterThan(0);
    // What people write goes through Temporal as well, and is not there.
    expect(ofMongo.filter(isTemporal)).toEqual([]);
    expect(finds(files)).toEqual([]);
  });
});
