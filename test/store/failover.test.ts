// A failover of a replica set, as the embedded server can show it: commands that fail before or after they were done.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Folder } from '../../src/metrics/folder.js';
import type { InboxEvent } from '../../src/metrics/records.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { isAway } from '../../src/store/absence.js';
import { MongoFoldStore } from '../../src/store/folding.js';
import { batchId } from '../../src/store/inbox.js';
import { openStore, type Store } from '../../src/store/store.js';
import { CATALOG } from './fold-catalog.js';

const READS = ['find', 'aggregate', 'getMore'];
const WRITES = ['insert', 'update', 'delete', 'findAndModify'];

let dataDir: string;
let mongo: Server;
let store: Store;
let admin: MongoClient;

beforeAll(async () => {
  process.env['RAMPART_TEST_FAIL_POINTS'] = 'yes';
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-failover-'));
  mongo = await startMongo({ dataDir, log: () => undefined });
  store = await openStore(mongo.address, 'failover', {
    secret: 'a secret of tests that is long enough',
    partitions: 1,
  });
  admin = new MongoClient(mongo.address);
});

afterAll(async () => {
  delete process.env['RAMPART_TEST_FAIL_POINTS'];
  await admin.close();
  await store.database.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

afterEach(() => fail('off', {}));

async function fail(mode: object | string, data: object): Promise<void> {
  await admin.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
}

/** One operation of every shape: reads of one and of many, each kind of write, and several writes at once. */
const OPERATIONS: [string, (n: number) => Promise<unknown>][] = [
  ['reading what is served', () => store.serving.fences()],
  ['reading many', () => store.experiments.underWay()],
  ['changing one', () => store.serving.changed('flag:f')],
  ['updating one', () => store.experiments.settle('e', 1, {})],
  ['inserting one', (n) => store.inbox.insert(0, { _id: batchId(n, 'x'), received_at: n, events: [] })],
  ['inserting many', (n) => store.timeline.append(`e${n}`, [['k', { at: '', kind: 'k' } as never]])],
  ['several writes at once', (n) => store.eventTypes.note(['a', 'b'], n)],
  ['deleting', () => store.exclusions.remove(['x'])],
];

it.each([
  ['NotWritablePrimary', 10_107],
  ['PrimarySteppedDown', 189],
  ['InterruptedDueToReplStateChange', 11_602],
])('answers unavailable where every command fails with %s', async (codeName, errorCode) => {
  await fail({ activationProbability: 1 }, { errorCode, codeName, failCommands: [...READS, ...WRITES] });
  for (const [what, operation] of OPERATIONS) {
    const error: unknown = await operation(errorCode).catch((reason: unknown) => reason);
    expect([what, error]).toMatchObject([what, { code: 'unavailable', status: 503 }]);
  }
  await fail('off', {});
  for (const [, operation] of OPERATIONS) await operation(errorCode);
});

it('answers unavailable where a write was done, but is not known to be at a majority', async () => {
  const writeConcernError = { code: 91, codeName: 'ShutdownInProgress', errmsg: 'shut down' };
  await fail({ activationProbability: 1 }, { writeConcernError, failCommands: WRITES });
  for (const [what, operation] of OPERATIONS.slice(2)) {
    const error: unknown = await operation(7).catch((reason: unknown) => reason);
    expect([what, error]).toMatchObject([what, { code: 'unavailable', status: 503 }]);
  }
});

it('does not say so of what would fail again', async () => {
  await fail({ times: 1 }, { errorCode: 2, codeName: 'BadValue', failCommands: ['update'] });
  await expect(store.experiments.settle('e', 1, {})).rejects.not.toMatchObject({ code: 'unavailable' });
});

it('reads again by itself where a read met a failover', async () => {
  await fail({ times: 1 }, { errorCode: 189, codeName: 'PrimarySteppedDown', failCommands: ['find'] });
  expect(await store.serving.fences()).toEqual([]);
});

it(
  'folds to the integer while every third command fails, before or after it was done',
  { timeout: 120_000 },
  async () => {
    const now = Date.now();
    const [units, clicks] = [30, 8];
    const clear = await new MongoFoldStore(store.database, 0, 1).listBatches(50);
    await new MongoFoldStore(store.database, 0, 1).deleteBatches(clear);
    const eventsOf = (n: number): InboxEvent[] =>
      Array.from({ length: units }, (_, index): InboxEvent[] => {
        const common = { unit: `u${index}`, at: now + n };
        const exposure = {
          kind: 'exposure' as const,
          experiment_id: 'e',
          epoch: 0,
          band: 1,
          mismatch: false,
        };
        return [
          { ...common, ...exposure, at: now, id: 'x', variant: index % 2 === 0 ? 'control' : 'treatment' },
          { ...common, kind: 'value', id: `c${n}`, type: 'engagement', value: 1 },
        ];
      }).flat();
    let isOver = false;
    const failing = (async (): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        const writeConcernError = { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'timed out' };
        const before = { errorCode: 10_107, codeName: 'NotWritablePrimary' };
        const data = n % 2 === 0 ? { writeConcernError } : before;
        const failCommands = n % 2 === 0 ? WRITES : [...READS, ...WRITES];
        await fail({ activationProbability: 0.3 }, { ...data, failCommands });
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    })();
    let failures = 0;
    /** Again after each failure, as a caller and Temporal do. */
    const insist = async (operation: () => Promise<unknown>): Promise<void> => {
      for (;;) {
        try {
          return void (await operation());
        } catch (error) {
          expect(isAway(error) || (error as { code?: unknown }).code === 'unavailable').toBe(true);
          failures += 1;
        }
      }
    };
    for (let n = 0; n < clicks; n += 1) {
      // Each attempt is a document of its own, as in the product: what came twice is known by its events.
      await insist(() =>
        store.inbox.insert(0, {
          _id: batchId(now + n, randomUUID()),
          received_at: now + n,
          events: eventsOf(n),
        }),
      );
      await insist(async () => {
        const folder = new Folder(
          new MongoFoldStore(store.database, 0, 1),
          () => Promise.resolve(CATALOG),
          () => now,
        );
        while (await folder.foldOnce());
      });
    }
    isOver = true;
    await failing;
    await fail('off', {});
    const [totals] = await store.totals.of('e');
    for (const arm of ['control', 'treatment']) {
      expect(totals!.arms![arm]).toMatchObject({
        units: BigInt(units / 2),
        metrics: { engagement_time: { sum: BigInt((units / 2) * clicks * 1_000) } },
      });
    }
    expect(failures).toBeGreaterThan(5);
  },
);
