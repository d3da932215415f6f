// Events: how many are acknowledged and folded a second, beside plain insertMany of the same batches in the same run, and
// what an event costs as units and experiments grow in number, and with segments. Load generator, API, folding and the embedded MongoDB share
// the machine. `npm run bench:ingest [-- MOST_UNITS [MOST_EXPERIMENTS]]`, by default 100,000 and 1,000; with 0, no folding;
// with `segments`, only what those cost
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seedOf, slotFrom } from '../src/assignment/hash.js';
import { RampartError } from '../src/errors.js';
import { openStore, type Store } from '../src/store/store.js';
import { startMongo } from '../src/servers/mongodb.js';
import { startTemporal } from '../src/servers/temporal.js';
import { launched } from '../test/store/launched.js';
import { KEY, startApiBench, type ApiBench } from './api-bench.js';
import { cpuMs, median, quantile } from './figures.js';

/** Only what segments cost. */
const ONLY_SEGMENTS = process.argv[2] === 'segments';
const MOST_UNITS = ONLY_SEGMENTS ? 0 : Number(process.argv[2] ?? 100_000);
const MOST_EXPERIMENTS = ONLY_SEGMENTS ? 1 : Number(process.argv[3] ?? 1_000);
const UNITS = 10_000;
/** Batch size, and how many requests are under way at once. */
const LOADS = [
  { size: 1, connections: 64 },
  { size: 100, connections: 8 },
  { size: 1_000, connections: 4 },
];
const ROUND_MS = 2_500;
const ROUNDS = 3;
/** Events of one measurement of folding. */
const FOLDED = 20_000;
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Batches that were not taken, because a server was too busy to answer in time. */
let refused = 0;

const progress = (line: string): void => console.error(line);

const DATABASE = 'bench';
const SECRET = 'a secret of benchmarks, long enough';

interface IngestBench extends ApiBench {
  mongoAddress: string;
  /** Ids of MongoDB's processes, where it was started here. */
  mongoPids(): number[];
}

/** The API without a worker: folding is measured by itself. */
async function startIngestBench(): Promise<IngestBench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log: progress });
  const temporal = await startTemporal({ address: process.env['TEMPORAL_ADDRESS'], dataDir, log: progress });
  const stopServers = async (): Promise<void> => {
    await Promise.all([mongo.stop(), temporal.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const api = await startApiBench('api', {
      MONGODB_URI: mongo.address,
      TEMPORAL_ADDRESS: temporal.address,
      MONGODB_DATABASE: DATABASE,
      RAMPART_SECRET: SECRET,
      // As `serve` has it on one machine.
      RAMPART_PARTITIONS: process.env['RAMPART_PARTITIONS'] ?? '2',
    });
    return {
      ...api,
      mongo: mongo.chosen,
      mongoAddress: mongo.address,
      mongoPids: () => mongo.pids(),
      stop: () => api.stop().finally(stopServers),
    };
  } catch (error) {
    await stopServers();
    throw error;
  }
}

/** Experiments that enrol everybody and count clicks and seconds; the units are divided among them. */
async function startExperiments(
  store: Store,
  ids: readonly string[],
  segments: readonly string[] = [],
): Promise<void> {
  for (const experiment_id of ids) {
    const { definition, launch, view, publication } = launched(experiment_id, Date.now() - 3_600_000, {
      success_metrics: { primary: ['click_through_rate'], secondary: ['engagement_time'] },
      ...(segments.length > 0 && { segments }),
    });
    await untilAvailable(() => store.experiments.create(definition, experiment_id, 'bench'));
    const ranges = [
      { from: 0, to: 5_000, variant: 'control', band: 1 },
      { from: 5_000, to: 10_000, variant: 'treatment', band: 1 },
    ];
    const allocation = { revision: 1, epoch: 0, ranges };
    await untilAvailable(() =>
      store.experiments.launch(experiment_id, launch, view, { ...publication, live: true, allocation }),
    );
    await untilAvailable(() => store.serving.changed(`experiment:${experiment_id}`));
  }
  // Every process polls what is served once a second.
  await sleep(3_000);
}

/** Calls again while the store says `unavailable`, as a careful caller would. */
async function untilAvailable<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RampartError) || error.code !== 'unavailable') throw error;
      await sleep(100);
    }
  }
}

/** Events of random units: clicks, and seconds of engagement. */
function eventsOf(size: number, units: number, prefix = 'unit'): object[] {
  const timestamp = new Date().toISOString();
  return Array.from({ length: size }, (_, n) => ({
    event_id: randomUUID(),
    type: n % 2 === 0 ? 'click' : 'engagement',
    unit_id: `${prefix}-${Math.floor(Math.random() * units)}`,
    timestamp,
    value: 1 + (n % 7),
  }));
}

/** Milliseconds from sending a batch to its acknowledgement. @throws {Error} if it is refused */
function post(port: number, body: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request({ agent, port, path: '/v1/events', method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        if (response.statusCode === 202) resolve(performance.now() - began);
        else reject(new Error(`the events were answered ${response.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

interface Load {
  /** Events per second. */
  rate: number;
  /** CPU time of the servers per event, µs. */
  cpu: number;
  /** Of each request, ms. */
  times: number[];
}

/** Sends batches, `connections` at a time, each as soon as the one before it is acknowledged. */
async function flatOut(
  send: (batch: object[]) => Promise<unknown>,
  size: number,
  connections: number,
  servers: readonly number[],
): Promise<Load> {
  const [before, began] = [await cpuMs(servers), performance.now()];
  const times: number[] = [];
  const lane = async (): Promise<void> => {
    while (performance.now() - began < ROUND_MS) {
      const batch = eventsOf(size, UNITS);
      const sent = performance.now();
      // A server that is too busy to answer has not taken the batch.
      const isTaken = await send(batch).then(
        () => true,
        () => false,
      );
      if (isTaken) times.push(performance.now() - sent);
      else refused += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const events = Math.max(1, times.length) * size;
  const rate = (times.length * size * 1_000) / (performance.now() - began);
  return { rate, cpu: (((await cpuMs(servers)) - before) * 1_000) / events, times };
}

/** Sends batches at a fixed rate, whether or not answers have come. */
async function atRate(
  send: (batch: object[]) => Promise<unknown>,
  size: number,
  rate: number,
): Promise<number[]> {
  const began = performance.now();
  const answers: Promise<number>[] = [];
  for (let sent = 0; performance.now() - began < ROUND_MS;) {
    for (const due = ((performance.now() - began) * rate) / 1_000; sent < due; sent += size) {
      const at = performance.now();
      answers.push(
        send(eventsOf(size, UNITS)).then(
          () => performance.now() - at,
          () => Infinity,
        ),
      );
    }
    await sleep(1);
  }
  return Promise.all(answers);
}

async function measureAcknowledged(
  bench: IngestBench,
  store: Store,
): Promise<{ rows: object[]; best: number }> {
  const plain = store.database.collection<{ _id: string }>('plain');
  const insertMany = (batch: object[]): Promise<unknown> =>
    plain.insertMany(batch.map((event) => ({ _id: (event as { event_id: string }).event_id, ...event })));
  const acknowledge = (batch: object[]): Promise<number> => post(bench.api.port, JSON.stringify(batch));
  const rows: object[] = [];
  let best = 0;
  for (const { size, connections } of LOADS) {
    const [inserted, acknowledged]: [Load[], Load[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const pair = [
        await flatOut(insertMany, size, connections, bench.mongoPids()),
        await flatOut(acknowledge, size, connections, [bench.api.pid, ...bench.mongoPids()]),
      ] as const;
      // The first round warms both up.
      if (round === 0) continue;
      inserted.push(pair[0]);
      acknowledged.push(pair[1]);
    }
    const rate = median(acknowledged.map((load) => load.rate));
    const baseline = median(inserted.map((load) => load.rate));
    const times = acknowledged.flatMap((load) => load.times);
    const half = await atRate(acknowledge, size, rate / 2);
    best = Math.max(best, baseline);
    rows.push({
      'events a request': size,
      'at once': connections,
      'insertMany/s': Math.round(baseline),
      'acknowledged/s': Math.round(rate),
      ratio: Number((rate / baseline).toFixed(2)),
      'CPU µs: MongoDB for insertMany': Math.round(median(inserted.map((load) => load.cpu))),
      'API and MongoDB': Math.round(median(acknowledged.map((load) => load.cpu))),
      'p50 ms': Number(quantile(times, 0.5).toFixed(1)),
      'p95 ms': Number(quantile(times, 0.95).toFixed(1)),
      'p50 at half the load': Number(quantile(half, 0.5).toFixed(1)),
      'p95 at half the load': Number(quantile(half, 0.95).toFixed(1)),
    });
    progress(JSON.stringify(rows.at(-1)));
  }
  await plain.drop();
  return { rows, best };
}

function startFolding(bench: IngestBench): ChildProcess {
  const script = fileURLToPath(new URL('fold-process.js', import.meta.url));
  return fork(script, [bench.mongoAddress, DATABASE], { execArgv: [] });
}

async function untilFolded(store: Store): Promise<void> {
  for (;;) {
    // A server that is too busy to answer is asked again.
    const waiting = await store.inbox.waiting().catch(() => null);
    if (waiting?.oldest === null) return;
    await sleep(20);
  }
}

/** Folds what waits. Events per second, and CPU time of folding and MongoDB per event, µs. */
async function fold(
  bench: IngestBench,
  store: Store,
  events: number,
): Promise<{ rate: number; cpu: number }> {
  const folding = startFolding(bench);
  await once(folding, 'message');
  const pids = [folding.pid!, ...bench.mongoPids()];
  const [before, began] = [await cpuMs(pids), performance.now()];
  const ended = once(folding, 'exit');
  const died = ended.then(() => Promise.reject(new Error('the process that folds has ended')));
  await Promise.race([untilFolded(store), died]);
  died.catch(() => undefined);
  const took = performance.now() - began;
  const cpu = (((await cpuMs(pids)) - before) * 1_000) / events;
  folding.kill();
  await ended;
  return { rate: (events * 1_000) / took, cpu };
}

async function sendAll(bench: IngestBench, events: readonly object[]): Promise<void> {
  const lane = async (first: number): Promise<void> => {
    for (let at = first; at < events.length; at += 4_000) {
      const body = JSON.stringify(events.slice(at, at + 1_000));
      while (!(await post(bench.api.port, body).catch(() => null))) await sleep(200);
    }
  };
  await Promise.all([0, 1_000, 2_000, 3_000].map(lane));
}

/** Exposes units, each to one of the experiments, and folds that; then folds events of these units. */
async function measureFolded(
  bench: IngestBench,
  store: Store,
  units: number,
  experiments: readonly string[],
  baseline: number,
): Promise<object> {
  const variants = new Map<string, string>();
  const exposures: object[] = [];
  for (let n = 0; n < units; n += 1) {
    const experiment_id = experiments[n % experiments.length]!;
    // Whether the slot has this variant does not matter here: the wrong one costs as much.
    exposures.push({
      event_id: `x-${n}-${experiment_id}`,
      type: 'exposure',
      unit_id: `unit-${n}`,
      timestamp: new Date().toISOString(),
      experiment_id,
      variant: variants.get(experiment_id) ?? 'control',
    });
  }
  await sendAll(bench, exposures);
  const fresh = await fold(bench, store, units);
  const rates: { rate: number; cpu: number }[] = [];
  for (let round = 0; round < 2; round += 1) {
    await sendAll(bench, eventsOf(FOLDED, units));
    rates.push(await fold(bench, store, FOLDED));
  }
  const rate = Math.max(...rates.map((one) => one.rate));
  const row = {
    units,
    experiments: experiments.length,
    'exposures folded/s': Math.round(fresh.rate),
    'events folded/s': Math.round(rate),
    '× insertMany': Number((rate / baseline).toFixed(2)),
    'CPU µs/event': Math.round(Math.min(...rates.map((one) => one.cpu))),
  };
  progress(JSON.stringify(row));
  return row;
}

const SEGMENTS = Array.from({ length: 8 }, (_, n) => `segment-${n}`);

/**
 * What the events of an experiment with eight segments cost, beside those of one with none: each unit is in each segment with
 * a chance of a half, so the totals of all 256 combinations are folded. The two take turns, each time with new experiments
 * and units.
 */
async function measureSegments(bench: IngestBench, store: Store): Promise<object[]> {
  const found = new Map<number, { fresh: number[]; events: number[] }>();
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    const segments = round % 2 === 0 ? [] : SEGMENTS;
    const id = `bench-segments-${round}`;
    await startExperiments(store, [id], segments);
    const exposures = Array.from({ length: UNITS }, (_, n) => ({
      event_id: `x-${id}-${n}`,
      type: 'exposure',
      unit_id: `${id}-${n}`,
      timestamp: new Date().toISOString(),
      experiment_id: id,
      variant: slotFrom(seedOf(id), `${id}-${n}`) < 5_000 ? 'control' : 'treatment',
      ...(segments.length > 0 && { segments: segments.filter(() => Math.random() < 0.5) }),
    }));
    await sendAll(bench, exposures);
    const fresh = await fold(bench, store, UNITS);
    await sendAll(bench, eventsOf(FOLDED, UNITS, id));
    const events = await fold(bench, store, FOLDED);
    const costs = found.get(segments.length) ?? { fresh: [], events: [] };
    found.set(segments.length, costs);
    costs.fresh.push(fresh.cpu);
    costs.events.push(events.cpu);
    progress(JSON.stringify({ segments: segments.length, exposure: fresh.cpu, event: events.cpu }));
  }
  const [none] = found.values();
  return [...found].map(([segments, { fresh, events }]) => ({
    segments,
    units: UNITS,
    'CPU µs/exposure': Math.round(median(fresh)),
    'CPU µs/event': Math.round(median(events)),
    '× none, exposures': Number((median(fresh) / median(none!.fresh)).toFixed(2)),
    '× none, events': Number((median(events) / median(none!.events)).toFixed(2)),
  }));
}

const bench = await startIngestBench();
const store = await openStore(bench.mongoAddress, DATABASE, { secret: SECRET });
try {
  progress(`${bench.mongo}; ${store.inbox.partitions} partitions`);
  const ids = Array.from({ length: Math.max(1, MOST_EXPERIMENTS) }, (_, n) => `bench-${n}`);
  await startExperiments(store, ids.slice(0, 1));
  const { rows, best } = ONLY_SEGMENTS ? { rows: [], best: 0 } : await measureAcknowledged(bench, store);
  // Hundreds of thousands of events: they would only be waited for.
  for (let partition = 0; partition < store.inbox.partitions; partition += 1)
    await store.database.collection(`inbox_${partition}`).deleteMany({});
  const folded: object[] = [];
  for (let units = 1_000; units <= MOST_UNITS; units *= 10) {
    folded.push(await measureFolded(bench, store, units, ids.slice(0, 1), best));
  }
  for (let count = 10; count <= MOST_EXPERIMENTS; count *= 10) {
    await startExperiments(store, ids.slice(count / 10, count));
    folded.push(await measureFolded(bench, store, 10_000, ids.slice(0, count), best));
  }
  const segmented = MOST_UNITS > 0 || ONLY_SEGMENTS ? await measureSegments(bench, store) : [];
  console.log(`${bench.mongo}; ${store.inbox.partitions} partitions; everything on this machine`);
  if (refused > 0) console.log(`${refused} batches were not taken in time`);
  console.table(rows);
  console.table(folded);
  console.table(segmented);
} finally {
  await store.database.close();
  agent.destroy();
  await bench.stop();
}
