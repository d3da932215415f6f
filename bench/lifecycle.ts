// Many experiments at once on one worker, beside as many bare workflows with the same timers and with activities that do
// nothing. Each has a dev server of its own. The cost of a poll is measured for both at the same time, because the speed
// of the machine varies, and far below the machine's limit, because a full machine makes every poll more expensive.
// `npm run bench:lifecycle [-- COUNT]`
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { RampartError } from '../src/errors.js';
import { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import { standardPolicy } from '../src/model/policy.js';
import { AddressRules } from '../src/receivers/address-rules.js';
import { startMongo } from '../src/servers/mongodb.js';
import { freePort } from '../src/servers/ports.js';
import type { Server } from '../src/servers/server.js';
import { startTemporal } from '../src/servers/temporal.js';
import { until } from '../src/servers/until.js';
import { openStore, type Store } from '../src/store/store.js';
import { secretsOf } from '../src/bin/compose-secrets.js';
import { temporalClient } from '../src/temporal/connection.js';
import { bundleWorkflows } from '../activities/bundle.js';
import { startWorker } from '../activities/worker.js';
import { WorkMetrics } from '../activities/work-metrics.js';
import type { Request } from './bare/process.js';
import { launched } from '../test/store/launched.js';
import { cpuMs, quantile } from './figures.js';
import { eachOf, memory, silenceWorker } from './many-workflows.js';

const COUNT = Number(process.argv[2] ?? 1000);
/** About fifteen looks per second, and as many polls of the bare workflows. */
const POLL_S = Math.max(30, Math.ceil(COUNT / 15));
/** Whole periods, so that every experiment polls equally often. */
const MEASURED_S = Math.ceil(60 / POLL_S) * POLL_S;
/** Then the work that starting so many leaves is done. It includes cancelled timers, which Temporal drops when due. */
const SETTLE_S = Math.min(120, POLL_S);
const COMMANDS = 60;
/** All of them, as an installation of this size would set `RAMPART_CACHED_WORKFLOWS`. */
const CACHED_WORKFLOWS = COUNT + 100;
const ADMIN_KEY = 'an-admin-key-for-benchmarks';
const ids = Array.from({ length: COUNT }, (_, n) => `bench-${process.pid}-${n}`);
const log = (line: string): void => console.error(line);
const runBegan = performance.now();
/** Says how far the run is: with thousands of experiments it takes most of an hour. */
const stage = (name: string): void => log(`${Math.round((performance.now() - runBegan) / 1000)} s: ${name}`);

interface Row {
  what: string;
  'starts/s': number;
  'polls/s': number;
  'polls/s due': number;
  'CPU ms/poll': number;
  'of it worker': number;
  Temporal: number;
  MongoDB: number;
  'KB/experiment': number;
}

type PollCost = Pick<
  Row,
  'polls/s' | 'polls/s due' | 'CPU ms/poll' | 'of it worker' | 'Temporal' | 'MongoDB'
>;

/** One of the two systems: its polls so far, and the processes of its worker, Temporal and MongoDB. */
interface System {
  polls: () => Promise<number>;
  pids: [worker: number[], temporal: number[], mongo: number[]];
}

/** Measures the polls of both systems at once, and their cost, while nothing else happens. */
async function measurePolls(systems: System[]): Promise<PollCost[]> {
  const reading = () =>
    Promise.all(
      systems.map(async ({ polls, pids }) => ({
        polls: await polls(),
        spent: await Promise.all(pids.map(cpuMs)),
      })),
    );
  const [before, began] = [await reading(), performance.now()];
  await sleep(MEASURED_S * 1000);
  const [after, took] = [await reading(), performance.now() - began];
  const rounded = (value: number): number => Number(value.toFixed(1));
  return after.map(({ polls, spent }, index) => {
    const made = polls - before[index]!.polls;
    const [worker = 0, temporal = 0, mongo = 0] = spent.map(
      (ms, n) => (ms - before[index]!.spent[n]!) / Math.max(1, made),
    );
    return {
      'polls/s': rounded((made * 1000) / took),
      'polls/s due': rounded(COUNT / POLL_S),
      'CPU ms/poll': rounded(worker + temporal + mongo),
      'of it worker': rounded(worker),
      Temporal: rounded(temporal),
      MongoDB: rounded(mongo),
    };
  });
}

/** The bare workflows, which run in a process of their own. */
class BareWorkflows {
  private constructor(private readonly child: ReturnType<typeof fork>) {}

  static async start(): Promise<BareWorkflows> {
    const child = fork(
      fileURLToPath(new URL('./bare/process.ts', import.meta.url)),
      [COUNT, POLL_S * 1000, CACHED_WORKFLOWS].map(String),
      { execArgv: process.execArgv },
    );
    await once(child, 'message');
    return new BareWorkflows(child);
  }

  async ask<T>(request: Request): Promise<T> {
    const answered = new AbortController();
    const { signal } = answered;
    const died = once(this.child, 'exit', { signal }).then(() => {
      throw new Error('the process of the bare workflows died');
    });
    const answer = once(this.child, 'message', { signal });
    this.child.send(request);
    try {
      return ((await Promise.race([answer, died])) as [T])[0];
    } finally {
      died.catch(() => undefined);
      answered.abort();
    }
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
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

/** Starts an experiment that looks at its metrics every POLL_S seconds, for longer than the run takes. */
async function startExperiment(
  store: Store,
  workflows: ExperimentWorkflows,
  experiment_id: string,
): Promise<void> {
  const policy = { ...standardPolicy, poll: { ramping: `${POLL_S}s`, running: `${POLL_S}s` } };
  const metrics = { primary: ['click_through_rate'], guardrail: ['error_rate'] };
  const fields = { success_metrics: metrics };
  const { definition, launch, view, publication } = launched(experiment_id, Date.now(), fields, policy);
  await untilAvailable(() => store.experiments.create(definition, experiment_id, 'bench'));
  await untilAvailable(() => store.experiments.launch(experiment_id, launch, view, publication));
  await workflows.start(experiment_id);
}

/** Times from sending a pause to reading it back from the store, ms. */
async function commandTimes(store: Store, workflows: ExperimentWorkflows): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < COMMANDS; n += 1) {
    const experiment_id = ids[n % ids.length]!;
    const sent = performance.now();
    const _id = `pause-${n}-${experiment_id}`;
    const command = {
      command_id: _id,
      name: 'pause' as const,
      actor: { type: 'person' as const, id: 'bench' },
      reason: null,
    };
    const document = { _id, experiment_id, command, at: '', expires_at: null, status: 'pending' as const };
    await workflows.deliver(document, false);
    while (!(await store.experiments.get(experiment_id))?.view?.paused) await sleep(2);
    times.push(performance.now() - sent);
  }
  return times;
}

/** Stops everything through the real API. Seconds until the stop is obeyed, and until it is complete. */
async function stopAll(mongo: Server, temporal: Server): Promise<{ obeyed: number; complete: number }> {
  const port = await freePort();
  const cli = fileURLToPath(new URL('../src/bin/cli.ts', import.meta.url));
  const api = spawn(process.execPath, ['--import', 'tsx', cli, 'api'], {
    env: {
      ...process.env,
      PORT: String(port),
      MONGODB_URI: mongo.address,
      MONGODB_DATABASE: 'bench',
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_TASK_QUEUE: 'bench',
      RAMPART_ADMIN_KEY: ADMIN_KEY,
      RAMPART_SECRET: 'a secret of benchmarks that is long enough',
      RAMPART_MANAGEMENT_RATE_LIMIT: '0',
      LOG_LEVEL: 'error',
    },
    stdio: 'inherit',
  });
  const url = `http://127.0.0.1:${port}`;
  const call = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  await until(async () => (await fetch(`${url}/readyz`)).ok, 120_000, 'the API');
  const began = performance.now();
  const { emergency_stop_id } = await call('POST', '/v1/emergency-stops', { reason: 'benchmark' });
  const isObeyed = async (): Promise<boolean> => {
    const body = { unit_id: 'somebody', exposure: false };
    const answers = await Promise.all(
      [0, 1, 2].map((n) => call('POST', `/v1/experiments/${ids[n]!}/assignments`, body)),
    );
    return answers.every(({ reason }) => ['FENCED', 'NOT_RUNNING'].includes(reason as string));
  };
  await until(isObeyed, 60_000, 'the fence');
  const obeyed = (performance.now() - began) / 1000;
  await until(
    async () => {
      await sleep(Math.max(200, COUNT / 5));
      return (await call('GET', `/v1/emergency-stops/${String(emergency_stop_id)}`))['complete'] === true;
    },
    3_600_000,
    'the stop',
  );
  const complete = (performance.now() - began) / 1000;
  api.kill('SIGTERM');
  return { obeyed, complete };
}

/** The servers, the store and the worker of the experiments. */
async function startRampart() {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log });
  const temporal = await startTemporal({ dataDir, log });
  const secret = 'a secret of benches that is long enough';
  const store = await openStore(mongo.address, 'bench', { secret });
  const secrets = secretsOf(secret, store);
  const worker = await startWorker({
    address: temporal.address,
    namespace: 'default',
    taskQueue: 'bench',
    store,
    ...secrets,
    bundle: await bundleWorkflows(),
    sending: { rules: new AddressRules(), mail: null, home: null },
    cached_workflows: CACHED_WORKFLOWS,
    logger: console,
    metrics: new WorkMetrics(new Registry()),
  });
  const client = temporalClient(temporal.address, 'default', secrets.codec);
  return {
    mongo,
    temporal,
    store,
    workflows: new ExperimentWorkflows(client, 'bench', store.commands, console),
    async stop() {
      await worker.stop();
      await store.database.close();
      await client.connection.close();
      await Promise.all([mongo.stop(), temporal.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts all experiments and waits until they poll. Answers how long starting them took, seconds. */
async function startExperiments(store: Store, workflows: ExperimentWorkflows): Promise<number> {
  const began = performance.now();
  await eachOf(ids, (id) => startExperiment(store, workflows, id));
  const seconds = (performance.now() - began) / 1000;
  stage('all experiments are started');
  const scheduled = () =>
    untilAvailable(() => store.experimentList.page({ state: 'scheduled', environments: null }, 1));
  while ((await scheduled()).items.length > 0) await sleep(Math.max(500, COUNT / 2));
  await sleep(SETTLE_S * 1000);
  return seconds;
}

async function run() {
  const bare = await BareWorkflows.start();
  const bareStarted = await bare.ask<number>('start');
  while ((await bare.ask<number>('polls')) < COUNT) await sleep(200);
  stage('the bare workflows poll');

  const rampart = await startRampart();
  const { mongo, temporal, store, workflows } = rampart;
  const before = memory();
  const started = await startExperiments(store, workflows);
  stage(`all experiments poll; measuring for ${MEASURED_S} s`);
  const snapshots = store.database.collection('snapshots');
  const [bareWorker, ...bareTemporal] = await bare.ask<number[]>('pids');
  const [bareCost, cost] = await measurePolls([
    { polls: () => bare.ask<number>('polls'), pids: [[bareWorker!], bareTemporal, []] },
    { polls: () => snapshots.estimatedDocumentCount(), pids: [[process.pid], temporal.pids(), mongo.pids()] },
  ]);
  const [bareUsed, used] = [await bare.ask<number>('memory'), memory() - before];
  await bare.end();

  stage('commands, beside the polls of all experiments');
  const times = await commandTimes(store, workflows);
  stage('the stop of all');
  const { obeyed, complete } = await stopAll(mongo, temporal);
  stage('done');
  await rampart.stop();
  return {
    bare: rowOf('bare workflows', bareStarted, bareCost!, bareUsed),
    own: rowOf('experiments', started, cost!, used),
    times,
    obeyed,
    complete,
    mongo: mongo.chosen,
  };
}

function rowOf(what: string, started: number, cost: PollCost, kb: number): Row {
  return {
    what,
    'starts/s': Math.round(COUNT / started),
    ...cost,
    'KB/experiment': Math.round(kb / COUNT),
  };
}

silenceWorker();
const { bare, own, times, obeyed, complete, mongo } = await run();
console.log(`${COUNT} at once, each polling every ${POLL_S} s, one worker; ${mongo}`);
const ratio = (of: (row: Row) => number): number => Number((of(own) / of(bare)).toFixed(2));
console.table([
  bare,
  own,
  {
    what: 'ratio',
    'starts/s': ratio((row) => row['starts/s']),
    'CPU ms/poll': ratio((row) => row['CPU ms/poll']),
    'KB/experiment': ratio((row) => row['KB/experiment']),
  },
]);
console.table([
  {
    'command → store p50 ms': Math.round(quantile(times, 0.5)),
    'p95 ms': Math.round(quantile(times, 0.95)),
    'stop of all obeyed after s': Number(obeyed.toFixed(2)),
    'acknowledged by all after s': Number(complete.toFixed(1)),
  },
]);
process.exit(0);
