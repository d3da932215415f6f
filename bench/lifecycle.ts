// Many experiments at once on one worker and the dev server. `npm run bench:lifecycle [-- COUNT]`
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lifecycles } from '../src/lifecycles.js';
import { launchOf } from '../src/launch.js';
import { planOf } from '../src/lifecycle/plan.js';
import { initialState } from '../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../src/lifecycle/view.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { experimentSchema } from '../src/model/experiment.js';
import { builtInMetrics } from '../src/model/metric.js';
import { standardPolicy } from '../src/model/policy.js';
import { startMongo } from '../src/servers/mongodb.js';
import { sleep } from '../src/servers/process.js';
import { startTemporal } from '../src/servers/temporal.js';
import { openStore } from '../src/store/store.js';
import { bundleWorkflows, connectClient, startWorker } from '../src/worker.js';

const COUNT = Number(process.argv[2] ?? 1000);
const AT_ONCE = 50;
const POLL_S = 30;
const WATCH_S = 40;
const COMMANDS = 60;

async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const loop = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
}

function quantile(values: number[], q: number): number {
  return Math.round(values.sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!);
}

/** Resident memory of this process, MB. */
function memory(): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(process.pid)]).toString()) / 1024;
}

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
});
const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
const log = (line: string): void => console.error(line);
const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log });
const temporal = await startTemporal({ address: process.env['TEMPORAL_ADDRESS'], dataDir, log });
const store = await openStore(mongo.address, 'bench');
const taskQueue = `bench-${process.pid}`;
const worker = await startWorker({
  address: temporal.address,
  namespace: 'default',
  taskQueue,
  store,
  bundle: await bundleWorkflows(),
  logger: console,
});
const client = await connectClient(temporal.address, 'default');
const lifecycles = new Lifecycles(client, taskQueue, store.commands);
const before = memory();

// Every experiment looks at its metrics each POLL_S seconds for as long as the run takes.
const policy = { ...standardPolicy, poll: { ramping: `${POLL_S}s`, running: `${POLL_S}s` } };
const ids = Array.from({ length: COUNT }, (_, n) => `bench-${process.pid}-${n}`);
const began = performance.now();
await all(ids, async (experiment_id) => {
  const definition = experimentSchema.parse({
    experiment_id,
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
  });
  const document = await store.experiments.create(definition, experiment_id, 'bench');
  const launch = launchOf(
    {
      definition,
      salt: experiment_id,
      flag_id: document.flag_id,
      start: {},
      policy,
      metrics: new Map(builtInMetrics.map((metric) => [metric.metric_id, metric])),
    },
    Date.now(),
  );
  const plan = planOf(experiment_id, launch);
  await store.experiments.launch(
    experiment_id,
    launch,
    viewOf(plan, initialState()),
    publicationOf(plan, initialState()),
  );
  await lifecycles.start(experiment_id);
});
const startSeconds = (performance.now() - began) / 1000;
const snapshots = store.database.collection('snapshots');
while ((await store.experiments.page({ state: 'scheduled' }, 1)).items.length > 0) await sleep(200);
const rampedSeconds = (performance.now() - began) / 1000;

const pollsBefore = await snapshots.countDocuments();
const watched = performance.now();
const effects: number[] = [];
for (let n = 0; n < COMMANDS; n += 1) {
  const experiment_id = ids[n % ids.length]!;
  const sent = performance.now();
  await lifecycles.deliver(
    {
      _id: `pause-${experiment_id}`,
      experiment_id,
      command: {
        command_id: `pause-${experiment_id}`,
        name: 'pause',
        actor: { type: 'person', id: 'bench' },
        reason: null,
      },
      at: '',
      expires_at: null,
      status: 'pending',
    },
    false,
  );
  while (!(await store.experiments.get(experiment_id))?.view?.paused) await sleep(2);
  effects.push(performance.now() - sent);
}
await sleep(Math.max(0, WATCH_S * 1000 - (performance.now() - watched)));
const pollsPerSecond =
  ((await snapshots.countDocuments()) - pollsBefore) / ((performance.now() - watched) / 1000);

console.log(`${COUNT} experiments polling each ${POLL_S} s, one worker, two cores; ${mongo.chosen}`);
console.table([
  {
    'starts/s': Math.round(COUNT / startSeconds),
    'all ramping after s': Math.round(rampedSeconds),
    'polls/s': Number(pollsPerSecond.toFixed(1)),
    'polls/s due': Number((COUNT / POLL_S).toFixed(1)),
    'command → store p50 ms': quantile(effects, 0.5),
    'p95 ms': quantile(effects, 0.95),
    'worker MB': Math.round(memory()),
    'KB/experiment': Math.round(((memory() - before) * 1024) / COUNT),
  },
]);
await worker.stop();
await store.database.close();
await client.connection.close();
await Promise.all([mongo.stop(), temporal.stop()]);
await rm(dataDir, { recursive: true, force: true });
process.exit(0);
