// An installation of three years beside a fresh one: the same work looks at the same documents.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMongo } from '../../src/servers/mongodb.js';
import type { Server } from '../../src/servers/server.js';
import { openStore, type Store } from '../../src/store/store.js';
import { age, ALONE, furnish, Meter } from './aged-installation.js';
import { serving, WORK } from './aged-work.js';

const NOW = Date.now();

let dataDir: string;
let mongo: Server;
let meter: Meter;
let fresh: Store;
let aged: Store;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-aged-'));
  mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  meter = await Meter.of(mongo.address);
  fresh = await openStore(meter.address, `fresh_${process.pid}`, ALONE);
  aged = await openStore(meter.address, `aged_${process.pid}`, ALONE);
  for (const store of [fresh, aged]) await furnish(store, NOW);
  await age(aged, NOW);
  for (const store of [fresh, aged]) await serving(store);
}, 240_000);

afterAll(async () => {
  await Promise.all([fresh.database.close(), aged.database.close()]);
  await meter.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it.each(WORK)(
  'takes no more documents and bytes than in a fresh installation: $name',
  async ({ work, history }) => {
    const young = await meter.measure(() => work(fresh));
    const old = await meter.measure(() => work(aged));
    // The driver asks the server how it is now and then.
    expect(young.bytes).toBeGreaterThan(20);
    expect(old.documents).toBeLessThanOrEqual(1.2 * young.documents + history.documents);
    expect(old.bytes).toBeLessThanOrEqual(1.2 * young.bytes + 2_000 + history.bytes);
  },
);
