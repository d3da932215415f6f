import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unitsOf } from '../../src/store/folding.js';
import { Resealer } from '../../src/operations/reseal.js';
import { launched } from '../store/launched.js';
import { Door } from './door.js';
import { FoldingHere } from './folding-here.js';

const UI = 'http://127.0.0.1:8233';
let door: Door;
let folding: FoldingHere;

beforeAll(async () => {
  door = await Door.open({ RAMPART_TEMPORAL_UI_ORIGIN: UI });
  folding = new FoldingHere(door.api.store);
  const { store, refresher } = door.api;
  const { definition, launch, view } = launched('e', Date.now() - 60_000, {});
  const ranges = [
    { from: 0, to: 5_000, variant: 'control', band: 1 },
    { from: 5_000, to: 10_000, variant: 'treatment', band: 1 },
  ];
  const publication = { allocation: { revision: 1, epoch: 0, ranges }, live: true };
  await store.experiments.create(definition, 'e', 'root');
  await store.experiments.launch('e', launch, view, publication);
  await store.serving.changed('experiment:e');
  await refresher.refresh();
});

afterAll(async () => {
  await folding.stop();
  await door.close();
});

const path = (unit_id: string): string => `/v1/privacy/units/${encodeURIComponent(unit_id)}`;
const exportOf = (unit_id: string) => door.call('get', path(unit_id));
const erase = (unit_id: string, query = '') => door.call('delete', path(unit_id) + query);

/** A unit with everything that can be held of one. */
async function fullUnit(): Promise<{ unit_id: string; pseudonym: string }> {
  const unit_id = `${randomUUID()}@example.org`;
  const variant = await send(unit_id);
  expect((await door.call('put', `/v1/privacy/opt-outs/${encodeURIComponent(unit_id)}`)).status).toBe(200);
  const body = { unit_ids: [unit_id], reason: 'asked to leave' };
  expect((await door.call('post', '/v1/experiments/e/exclusions', { body })).status).toBe(200);
  const override = `/v1/experiments/e/overrides/${encodeURIComponent(unit_id)}`;
  expect((await door.call('put', override, { body: { variant } })).status).toBe(201);
  return { unit_id, pseudonym: door.api.ingest.pseudonymOf(unit_id) };
}

/** Sends an exposure of a unit to its own arm, and a click; answers the arm once both are folded. */
async function send(unit_id: string): Promise<string> {
  const timestamp = new Date().toISOString();
  const assigned = await door.call('post', '/v1/experiments/e/assignments', {
    body: { unit_id, exposure: false },
  });
  const variant = String(assigned.body['variant']);
  const common = { unit_id, timestamp };
  const exposure = { ...common, event_id: randomUUID(), type: 'exposure', experiment_id: 'e', variant };
  const click = { ...common, event_id: randomUUID(), type: 'click' };
  const { body } = await door.call('post', '/v1/events', { body: [exposure, click] });
  expect(body).toMatchObject({ accepted: 2, rejected: [] });
  await isFolded(unit_id);
  return variant;
}

async function isFolded(unit_id: string): Promise<void> {
  const { inbox } = door.api.store;
  const partition = inbox.partitionOf(door.api.ingest.pseudonymOf(unit_id));
  await expect.poll(() => inbox.oldest(partition), { timeout: 10_000 }).toBeNull();
}

async function auditOf(pseudonym: string): Promise<string[]> {
  const { body } = await door.call('get', `/v1/audit?subject=${pseudonym}`);
  return (body['items'] as { action: string }[]).map(({ action }) => action);
}

describe('an export', () => {
  it('has everything that is held of a unit, and says in the audit trail who asked', async () => {
    const { unit_id, pseudonym } = await fullUnit();
    const { status, body } = await exportOf(unit_id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ unit_id, pseudonym, opted_out: true },
      exclusions: [{ experiment_id: 'e', reason: 'asked to leave', by: 'root' }],
      overrides: [{ experiment_id: 'e', by: 'root' }],
      experiments: [{ experiment_id: 'e', excluded: true }],
    });
    const [experiment] = body['experiments'] as { variant: string; first_exposure_at: string }[];
    expect(experiment!.variant).toBeTypeOf('string');
    expect(Date.parse(experiment!.first_exposure_at)).toBeGreaterThan(0);
    expect(body['remembered_event_ids']).toBeGreaterThanOrEqual(2);
    expect(await auditOf(pseudonym)).toEqual(['privacy.opt_out', 'privacy.export']);
  });

  it('is 404 of a unit of which nothing is known, and 422 of an id that no unit can have', async () => {
    expect((await exportOf('nobody')).status).toBe(404);
    expect((await exportOf('a\nb')).status).toBe(422);
  });

  it('shows what waits for folding', async () => {
    await folding.stop();
    const unit_id = randomUUID();
    const timestamp = new Date().toISOString();
    const event = { event_id: 'w', type: 'click', unit_id, timestamp };
    await door.call('post', '/v1/events', { body: [event] });
    const { status, body } = await exportOf(unit_id);
    expect([status, body['waiting']]).toEqual([
      200,
      [{ kind: 'value', type: 'click', experiment_id: null, at: timestamp }],
    ]);
    folding = new FoldingHere(door.api.store);
  });
});

describe('an erasure', () => {
  it('removes everything, says what, and leaves the totals', async () => {
    const { unit_id, pseudonym } = await fullUnit();
    const other = randomUUID();
    await send(other);
    const totals = await door.api.store.totals.of('e');
    const { status, body } = await erase(unit_id);
    expect([status, body['pending']]).toEqual([200, []]);
    expect(body['removed']).toMatchObject({
      ...{ units: 1, experiments: 1, exclusions: 1, overrides: 1, opt_outs: 1, waiting_events: 0 },
    });
    expect((await exportOf(unit_id)).status).toBe(404);
    expect((await exportOf(other)).status).toBe(200);
    const sums = (all: typeof totals) => all.map(({ _id, arms }) => [_id, arms]);
    expect(sums(await door.api.store.totals.of('e'))).toEqual(sums(totals));
    const { database, inbox } = door.api.store;
    const unit = await unitsOf(database, inbox.partitionOf(pseudonym)).findOne({ _id: pseudonym });
    expect(Object.keys(JSON.parse(unit!.state) as object)).toContain('erased_at');
    expect(JSON.parse(unit!.state)).toMatchObject({ seen: [], entries: [], days: {}, firsts: [] });
    expect(await auditOf(pseudonym)).toEqual(['privacy.opt_out', 'privacy.erase']);
    const { snapshot } = door.api.refresher;
    const served = snapshot!.experiments.get('e')!;
    const marks = [...served.excluded, ...Object.keys(served.overrides), ...snapshot!.ruleset.optedOut];
    expect(marks).not.toContain(snapshot!.ruleset.markOf(unit_id));
    // Nothing in the whole database has the raw id, and only the erasure and the trail its pseudonym.
    const text = await wholeDatabase();
    expect(text.some(([, document]) => document.includes(unit_id))).toBe(false);
    const named = text.filter(([, document]) => document.includes(pseudonym)).map(([name]) => name);
    expect([...new Set(named)].sort()).toEqual(expect.arrayContaining(['audit', 'erasures']));
    expect(named.filter((name) => /exclusions|overrides|opt_outs|inbox/.test(name))).toEqual([]);
  });

  it('keeps an opt-out where that is asked for', async () => {
    const { unit_id } = await fullUnit();
    const { body } = await erase(unit_id, '?keep_opt_out=true');
    expect(body['removed']).toMatchObject({ opt_outs: 0, exclusions: 1 });
    expect((await exportOf(unit_id)).body).toMatchObject({
      opted_out: true,
      exclusions: [],
      experiments: [],
    });
    expect((await erase(unit_id, '?keep_opt_out=perhaps')).status).toBe(422);
  });

  it('may be repeated, and does no harm to a unit that nobody knows', async () => {
    const { unit_id } = await fullUnit();
    await erase(unit_id);
    for (const id of [unit_id, randomUUID()]) {
      const { status, body } = await erase(id);
      expect([status, Object.values(body['removed'] as object)]).toEqual([200, [0, 0, 0, 0, 0, 0, 0]]);
    }
  });

  it('drops what is sent again afterwards', async () => {
    const unit_id = randomUUID();
    await send(unit_id);
    await erase(unit_id);
    await send(unit_id);
    expect((await exportOf(unit_id)).status).toBe(404);
  });

  it('is 202 while nobody folds, and says later that it is done', async () => {
    const unit_id = randomUUID();
    await send(unit_id);
    await folding.stop();
    const { status, body, headers } = await erase(unit_id);
    expect([status, body['pending']]).toEqual([202, ['folding']]);
    const location = headers.get('location')!;
    expect(location).toBe(`/v1/privacy/erasures/${String(body['erasure_id'])}`);
    expect((await door.call('get', location)).body).toMatchObject({ complete: false, pending: ['folding'] });
    folding = new FoldingHere(door.api.store);
    await isFolded(unit_id);
    expect((await door.call('get', location)).body).toMatchObject({ complete: true, pending: [] });
    expect((await door.call('get', '/v1/privacy/erasures/none')).status).toBe(404);
  });
});

/** Every document of every collection, as text. */
async function wholeDatabase(): Promise<[collection: string, document: string][]> {
  const { inbox } = door.api.store;
  const partitioned = Array.from({ length: inbox.partitions }, (_, n) => [`inbox_${n}`, `units_${n}`]).flat();
  const names = [
    ...['audit', 'commands', 'erasures', 'event_types', 'exclusions', 'experiments', 'idempotency'],
    ...[
      'instances',
      'keyring',
      'keys',
      'minutes',
      'opt_outs',
      'overrides',
      'serving',
      'serving_log',
      'timeline',
      'totals',
    ],
    ...partitioned,
  ];
  const all = await Promise.all(
    names.map(async (name) =>
      (await door.api.store.database.collection(name).find().toArray()).map((document): [string, string] => [
        name,
        JSON.stringify(document),
      ]),
    ),
  );
  return all.flat();
}

describe('the keyring', () => {
  it('is rotated while everything runs: what was sealed is read, served and sealed anew', async () => {
    const { unit_id } = await fullUnit();
    const before = (await door.call('get', '/v1/keyring')).body;
    const { status, body } = await door.call('post', '/v1/keyring/rotate');
    expect(status).toBe(200);
    expect(body['current']).not.toBe(before['current']);
    expect((body['keys'] as { state: string }[]).map(({ state }) => state)).toEqual(['opening', 'current']);
    expect((await exportOf(unit_id)).body).toMatchObject({ opted_out: true });
    const { store, sealing, refresher } = door.api;
    await new Resealer(store, sealing).round(Date.now() + 60_000, () => undefined);
    const after = (await door.call('get', '/v1/keyring')).body;
    expect((after['keys'] as { state: string }[]).map(({ state }) => state)).toEqual(['retired', 'current']);
    expect((await exportOf(unit_id)).body).toMatchObject({ opted_out: true });
    await refresher.refresh();
    expect(refresher.broken).toEqual([]);
    const page = await door.call('get', '/v1/privacy/opt-outs?limit=1000');
    expect((page.body['items'] as { unit_id: string }[]).map((item) => item.unit_id)).toContain(unit_id);
    const { body: trail } = await door.call('get', '/v1/audit?order=desc&limit=1000');
    const rotation = (trail['items'] as { action: string; after: unknown }[]).find(
      ({ action }) => action === 'keyring.rotate',
    );
    expect(rotation?.after).toEqual({ key_id: body['current'] });
  });
});

describe("the codec server of Temporal's tools", () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const plain = { metadata: { encoding: base64('json/plain') }, data: base64('{"experiment_id":"e"}') };
  const ask = (what: 'encode' | 'decode', payloads: unknown, more: object = {}) =>
    door.call('post', `/v1/temporal-codec/${what}`, { body: { payloads }, ...more });

  it('decrypts what it encrypted, and leaves what was in the clear', async () => {
    const { status, body } = await ask('encode', [plain]);
    expect(status).toBe(200);
    const [encoded] = body['payloads'] as { metadata: Record<string, string>; data: string }[];
    expect(Buffer.from(encoded!.metadata['encoding']!, 'base64').toString()).toBe('binary/encrypted');
    expect(Buffer.from(encoded!.data, 'base64').toString()).not.toContain('experiment_id');
    expect((await ask('decode', [encoded, plain])).body).toEqual({ payloads: [plain, plain] });
  });

  it('names the payload that it cannot decrypt', async () => {
    const metadata = { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('k1') };
    const { status, body } = await ask('decode', [plain, { metadata, data: base64('nonsense') }]);
    expect(status).toBe(422);
    expect(body['errors']).toMatchObject([{ path: 'payloads.1' }]);
  });

  it('lets the pages of that application ask with the session of an admin, and no others', async () => {
    const signIn = await door.call('post', '/v1/session', {
      key: null,
      body: { key: 'an-admin-key-for-tests' },
      headers: { origin: door.url },
    });
    const cookie = signIn.headers.get('set-cookie')!.split(';')[0]!;
    const from = (origin: string) => ({ key: null, headers: { cookie, origin } });
    const own = await ask('decode', [plain], from(UI));
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, UI]);
    expect(own.headers.get('access-control-allow-credentials')).toBe('true');
    const other = await ask('decode', [plain], from('http://elsewhere.example'));
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    // What changes something is no business of those pages.
    const rotate = await door.call('post', '/v1/keyring/rotate', from(UI));
    expect(rotate.status).toBe(403);
    const preflight = await fetch(`${door.url}/v1/temporal-codec/decode`, {
      method: 'OPTIONS',
      headers: { origin: UI, 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, UI]);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('X-Namespace');
    expect((await ask('decode', [plain], { key: await door.key({ role: 'operator' }) })).status).toBe(403);
  });
});

it('a record that cannot be read hides no other, in any list of units', async () => {
  const { store } = door.api;
  const { unit_id } = await fullUnit();
  const sealed = { key_id: 'k', text: 'damaged' };
  const at = new Date().toISOString();
  const mark = { _id: 'e:damaged', experiment_id: 'e', unit: 'damaged', sealed, at, by: 'root' };
  await store.optOuts.put({ _id: 'damaged', sealed, at });
  await store.exclusions.put({ ...mark, reason: 'r' });
  await store.overrides.put(mark);
  for (const list of ['experiments/e/exclusions', 'experiments/e/overrides', 'privacy/opt-outs']) {
    const { status, body } = await door.call('get', `/v1/${list}?limit=1000`);
    const ids = (body['items'] as { unit_id: string | null }[]).map((one) => one.unit_id);
    expect([list, status, ids.filter((id) => id === null), ids.includes(unit_id)]).toEqual([
      list,
      200,
      [null],
      true,
    ]);
  }
});
