// An installation of three years beside a fresh one: the same work, in documents that the server looks at, bytes that it sends, and time.
//
//   npm run bench:aged
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongo } from '../src/servers/mongodb.js';
import { openStore, type Store } from '../src/store/store.js';
import { age, ALONE, furnish, Meter } from '../test/store/aged-installation.js';
import { refresherOf, serving, WORK, type Work } from '../test/store/aged-work.js';

const ROUNDS = 15;

interface Cost {
  documents: number;
  bytes: number;
  ms: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Both in turns, so that whatever else the machine does falls on both alike. */
async function compared(meter: Meter, { work }: Work, stores: readonly Store[]): Promise<Cost[]> {
  const costs: Cost[][] = stores.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, store] of stores.entries()) costs[index]!.push(await meter.measure(() => work(store)));
  const of = (all: readonly Cost[], field: keyof Cost): number => median(all.map((cost) => cost[field]));
  return costs.map((all) => ({
    documents: of(all, 'documents'),
    bytes: of(all, 'bytes'),
    ms: of(all, 'ms'),
  }));
}

/** Memory that a process needs to serve, MiB: of heap, and what this process has resident with it. */
async function memoryOf(store: Store): Promise<{ heap: number; rss: number }> {
  global.gc?.();
  const before = process.memoryUsage().heapUsed;
  const refresher = refresherOf(store);
  await refresher.refresh();
  global.gc?.();
  const { heapUsed: after, rss } = process.memoryUsage();
  if (!refresher.snapshot) throw new Error('nothing is served');
  return { heap: (after - before) / 2 ** 20, rss: rss / 2 ** 20 };
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-aged-'));
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: () => undefined });
  const meter = await Meter.of(mongo.address);
  const open = (name: string): Promise<Store> => openStore(meter.address, `${name}_${process.pid}`, ALONE);
  const stores = [await open('fresh'), await open('aged')];
  for (const store of stores) await furnish(store, Date.now());
  await age(stores[1]!, Date.now());
  for (const store of stores) await serving(store);
  console.log('| work | documents: fresh, aged | bytes: fresh, aged | ms: fresh, aged |');
  console.log('| --- | --- | --- | --- |');
  for (const work of WORK) {
    const [fresh, aged] = (await compared(meter, work, stores)) as [Cost, Cost];
    console.log(
      `| ${work.name} | ${fresh.documents}, ${aged.documents} | ${fresh.bytes}, ${aged.bytes} ` +
        `| ${fresh.ms.toFixed(1)}, ${aged.ms.toFixed(1)} |`,
    );
  }
  const [young, old] = [await memoryOf(stores[0]!), await memoryOf(stores[1]!)];
  console.log(`| heap of what is served, MiB | | | ${young.heap.toFixed(1)}, ${old.heap.toFixed(1)} |`);
  console.log(`| RSS of this process then, MiB | | | ${young.rss.toFixed(0)}, ${old.rss.toFixed(0)} |`);
  await Promise.all(stores.map((store) => store.database.close()));
  await meter.close();
  await mongo.stop();
  await rm(dataDir, { recursive: true, force: true });
}

await main();
