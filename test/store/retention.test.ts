import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyUnit } from '../../src/metrics/unit.js';
import { DAY_MS } from '../../src/model/time.js';
import { Retention, STANDARD_RETENTION } from '../../src/operations/retention.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { unitsOf } from '../../src/store/folding.js';
import { openStore, type Store } from '../../src/store/store.js';
import { ALONE, furnish, Meter } from './aged-installation.js';

const NOW = Date.now();

let dataDir: string;
let mongo: Server;
let meter: Meter;
let aged: Store;
let retention: Retention;
const step = (now: number) => retention.step(now, () => undefined);

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-retention-'));
  mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  meter = await Meter.of(mongo.address);
  aged = await openStore(mongo.address, `retention_${process.pid}`, ALONE);
  await furnish(aged, NOW);
  retention = new Retention(aged, STANDARD_RETENTION);
});

afterAll(async () => {
  await aged.database.close();
  await meter.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it(
  'forgets in small steps what is over, and keeps what a decision rests on',
  { timeout: 120_000 },
  async () => {
    const { database, experiments, snapshots, units } = aged;
    const at = NOW - 100 * DAY_MS;
    await experiments.create(
      { ...(await experiments.named('live')).definition, experiment_id: 'over' },
      's',
      'test',
    );
    await database
      .collection<{ _id: string }>('experiments')
      .updateOne({ _id: 'over' }, { $set: { state: 'completed', settled_at: at, held: 'ended' } });
    await database.collection('snapshots').insertMany(
      Array.from({ length: 1_300 }, (_, n) => ({
        _id: `over:${at + n}`,
        experiment_id: 'over',
        at: at + n,
      })) as never[],
    );
    await database
      .collection('decisions')
      .insertOne({ _id: 'over#1', experiment_id: 'over', n: 1, snapshot_id: `over:${at + 7}` } as never);
    await aged.timeline.append('over', [['k', { at, kind: 'k' } as never]]);
    await database.collection('totals').insertMany(
      ['over', 'live'].map((experiment_id) => ({
        _id: `${experiment_id}:0:0:0`,
        experiment_id,
      })) as never[],
    );
    const unit = (experiment_id: string, touched_at: number) => ({
      step: 1,
      touched_at,
      state: JSON.stringify({ ...emptyUnit(), entries: [{ experiment_id, epoch: 0 }] }),
      counted: '[]',
      delta: '[]',
      marks: '[]',
    });
    const old = NOW - 40 * DAY_MS;
    await unitsOf(database, 0).insertMany([
      ...Array.from({ length: 700 }, (_, n) => ({ _id: `old-${n}`, ...unit('over', old) })),
      { _id: 'running', ...unit('live', old) },
      { _id: 'recent', ...unit('over', NOW) },
      { _id: 'tomb-old', ...unit('over', NOW), erased_at: NOW - 50 * 3_600_000 },
      { _id: 'tomb-new', ...unit('over', NOW), erased_at: NOW - 48 * 3_600_000 },
      // Its step is not in the totals: without it, the step would make the unit anew.
      { _id: 'tomb-open', ...unit('over', NOW), step: 2, erased_at: NOW - 50 * 3_600_000 },
    ]);
    await database
      .collection<{ _id: number }>('partitions')
      .insertOne({ _id: 0, applied: 1, step: 2 } as never);
    const taken = await meter.measure(() => step(NOW));
    // Four times 500 units, their states, and ten deletions of 500 documents, at the very most.
    expect(taken.documents).toBeLessThan(10_000);
    for (let n = 0; n < 5; n += 1) await step(NOW);
    const left = await snapshots.series('over', 10_000, 0);
    expect(left.map(({ _id }) => _id)).toEqual([`over:${at + 7}`, `over:${at + 1_299}`]);
    expect((await unitsOf(database, 0).find().toArray()).map(({ _id }) => _id)).toEqual([
      'recent',
      'running',
      'tomb-new',
      'tomb-open',
    ]);
    const { idle } = await units.idle(0, '', NOW + DAY_MS);
    // One that was folded meanwhile stays.
    await unitsOf(database, 0).updateOne({ _id: 'recent' }, { $set: { step: 2 } });
    await units.delete(0, idle);
    expect((await unitsOf(database, 0).find().toArray()).map(({ _id }) => _id)).toContain('recent');
    expect(await aged.timeline.of('over', 10, 0)).toHaveLength(1);
    expect(await aged.totals.of('over')).toHaveLength(1);
    expect((await experiments.named('over')).held).toBe('archived');
    await step(NOW + 700 * DAY_MS);
    expect(await aged.timeline.of('over', 10, 0)).toEqual([]);
    expect(await aged.totals.of('over')).toEqual([]);
    expect(await aged.totals.of('live')).toHaveLength(1);
    expect((await experiments.named('over')).held).toBeUndefined();
    expect(await aged.decisions.of('over', 10, 0)).toHaveLength(1);
  },
);

it('forgets revisions that were replaced long ago; numbers go on, also after a deletion', async () => {
  const { flags, database } = aged;
  const write = async (): Promise<number> => {
    const before = await flags.get('often');
    const revision = await flags.nextRevision('often', before);
    await flags.replace('often', { flag_id: 'often' } as never, 'test', before, revision);
    return revision;
  };
  for (let n = 1; n <= 60; n += 1) expect(await write()).toBe(n);
  const archive = database.collection<{ _id: string }>('flag_revisions');
  const old = { archived_at: NOW - 731 * DAY_MS };
  await archive.updateMany({ revision: { $lte: 50 } }, { $set: old });
  await step(NOW);
  const page = await flags.history('often', 100);
  expect(page.items.map(({ revision }) => revision)).toEqual([60, 59, 58, 57, 56, 55, 54, 53, 52, 51]);
  expect(page.next_cursor).toBeNull();
  expect(await flags.revision('often', 50)).toBeNull();
  await flags.delete((await flags.get('often'))!);
  await archive.updateMany({}, { $set: old });
  await step(NOW);
  expect(await archive.countDocuments()).toBe(0);
  expect(await flags.newestRevision('often')).toBeNull();
  expect(await write()).toBe(61);
});

it('forgets what arrived by the minute after two hours, and single events after one', async () => {
  const { eventMinutes, recentEvents } = aged;
  const minute = Math.floor(NOW / 60_000);
  const counts = { types: { click: 1 }, other_types: 0, rejected: {}, dropped: {} };
  await eventMinutes.add(minute - 121, counts);
  await eventMinutes.add(minute - 119, counts);
  const event = (received_at: number) => ({ type: 'click', at: received_at, received_at, value: 0 });
  await recentEvents.put('gone:0', [event(NOW - 3_700_000)]);
  await recentEvents.put('here:0', [event(NOW - 3_500_000)]);
  await step(NOW);
  expect((await eventMinutes.since(0)).map((one) => one.minute)).toEqual([minute - 119]);
  expect(await aged.database.collection('recent_events').countDocuments()).toBe(1);
});

it('forgets answers to repeated requests after a day, and types of events after 90', async () => {
  const { database, idempotency, eventTypes } = aged;
  const day = 86_400_000;
  const answers = Array.from({ length: 1_300 }, (_, n) => ({
    _id: `i${n}`,
    at: NOW - (n < 1_200 ? 2 * day : 0),
  }));
  await database.collection('idempotency').insertMany(answers as never[]);
  await eventTypes.note(['old'], NOW - 91 * DAY_MS);
  await eventTypes.note(['new'], NOW - 89 * DAY_MS);
  await step(NOW);
  expect(await database.collection('idempotency').countDocuments()).toBe(100);
  expect([...(await eventTypes.lastSeen(['old', 'new'])).keys()]).toEqual(['new']);
  const isGone = () => Promise.resolve(false);
  expect(await idempotency.claim({ _id: 'i1250', body_hash: '', by: 'p' }, NOW, isGone)).not.toBeNull();
  expect(await idempotency.claim({ _id: 'i1', body_hash: '', by: 'p' }, NOW, isGone)).toBeNull();
});
