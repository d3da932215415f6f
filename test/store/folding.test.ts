import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InboxEvent } from '../../src/metrics/records.js';
import { countedOf, emptyUnit, foldUnit } from '../../src/metrics/unit.js';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { assertAtomicWrites } from '../../src/store/atomicity.js';
import { batchId } from '../../src/store/inbox.js';
import { openStore, type Store } from '../../src/store/store.js';
import { CATALOG } from './fold-catalog.js';

const UNITS = 150;
const BATCHES = 240;
const KILLS = 20;
const RUN_MS = 30_000;

let dataDir: string;
let mongo: Server;
let store: Store;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-fold-'));
  mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  const secret = 'a secret of tests that is long enough';
  store = await openStore(mongo.address, `fold_${process.pid}`, { secret, partitions: 3 });
});

afterAll(async () => {
  await store.database.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it('the server writes single documents atomically', async () => {
  await assertAtomicWrites(store.database);
});

it(
  'counts to the integer while the two that fold are killed again and again and events come twice',
  { timeout: 240_000 },
  async () => {
    const child = fileURLToPath(new URL('folding-child.ts', import.meta.url));
    let kills = 0;
    let over = false;
    const keepKilling = async (): Promise<void> => {
      while (!over) {
        const folder: ChildProcess = fork(child, [mongo.address, `fold_${process.pid}`], {
          execArgv: ['--import', 'tsx'],
        });
        await once(folder, 'message');
        // Some live longer: on a busy machine the others would never get a step done.
        const lives = Math.random() < 0.15 ? 5_000 : 900;
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * lives));
        const ended = once(folder, 'exit');
        folder.kill('SIGKILL');
        await ended;
        kills += 1;
      }
    };
    const killing = Promise.all([keepKilling(), keepKilling()]);

    const received = new Map<string, { event: InboxEvent; received_at: number }[]>();
    const now = Date.now();
    const sent: InboxEvent[][] = [];
    // On a busy machine processes start slowly: then there are more batches, until enough were killed.
    for (let n = 0; n < BATCHES || kills < KILLS; n += 1) {
      // Every fourth batch is one that was sent before.
      const events = n % 4 === 3 ? sent[Math.floor(Math.random() * sent.length)]! : batch(n, now);
      if (n % 4 !== 3) sent.push(events);
      const received_at = now + n;
      const parts = new Map<number, InboxEvent[]>();
      for (const event of events) {
        received.set(event.unit, [...(received.get(event.unit) ?? []), { event, received_at }]);
        const partition = store.inbox.partitionOf(event.unit);
        parts.set(partition, [...(parts.get(partition) ?? []), event]);
      }
      await Promise.all(
        [...parts].map(([partition, own]) =>
          store.inbox.insert(partition, { _id: batchId(received_at, String(n)), received_at, events: own }),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, RUN_MS / BATCHES / 2));
    }
    await expect
      .poll(async () => Object.fromEntries(await totals()), { timeout: 60_000, interval: 500 })
      .toEqual(Object.fromEntries(recount(received, now)));
    over = true;
    await killing;
    expect(Object.fromEntries(await totals())).toEqual(Object.fromEntries(recount(received, now)));
    expect(kills).toBeGreaterThanOrEqual(KILLS);
  },
);

function batch(n: number, now: number): InboxEvent[] {
  return Array.from({ length: 12 }, (_, i): InboxEvent => {
    const index = Math.floor(Math.random() * UNITS);
    const unit = (index * 2_654_435_761).toString(16).padStart(12, '0').slice(-12);
    const common = { unit, at: now - 1000 + i };
    if (Math.random() < 0.4) {
      const variant = index % 2 === 0 ? 'control' : 'treatment';
      const exposure = { kind: 'exposure' as const, experiment_id: 'e', epoch: 0, band: 1, variant };
      // One time of exposure for each unit, and a few units that see a second arm.
      return {
        ...common,
        ...exposure,
        at: now - 2000,
        id: `x${index}-${n}`,
        mismatch: index % 25 === 0 && n % 7 === 0,
      };
    }
    const type = ['click', 'engagement', 'error'][n % 3]!;
    return { ...common, kind: 'value', id: `v${n}-${i}`, type, value: type === 'engagement' ? i / 8 : 1 };
  });
}

async function totals(): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const document of await store.totals.of('e')) {
    const walk = (value: unknown, path: string): void => {
      if (typeof value === 'bigint' && value !== 0n) sums.set(`${document._id} ${path}`, value.toString());
      else if (typeof value === 'object' && value !== null) {
        for (const [name, one] of Object.entries(value)) walk(one, path === '' ? name : `${path}.${name}`);
      }
    };
    walk({ arms: document.arms, crossed_over: document.crossed_over }, '');
  }
  return sums;
}

/** What a plain count of everything received gives. */
function recount(
  received: ReadonlyMap<string, { event: InboxEvent; received_at: number }[]>,
  now: number,
): Map<string, string> {
  const sums = new Map<string, bigint>();
  for (const events of received.values()) {
    for (const [id, path, amount] of countedOf(foldUnit(emptyUnit(), events, CATALOG, now), CATALOG)) {
      if (path === 'duplicates') continue;
      sums.set(`${id} ${path}`, (sums.get(`${id} ${path}`) ?? 0n) + BigInt(amount));
    }
  }
  return new Map([...sums].filter(([, n]) => n !== 0n).map(([key, n]) => [key, n.toString()]));
}
