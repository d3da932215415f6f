// Records the histories that test/workflows/replay.test.ts replays: `npm run histories`. To be run after a change that
// is meant to alter what workflows do, together with docs/upgrading-workflows.md. `-- NAME…` records those alone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { startTemporal } from '../../src/servers/temporal.js';
import { bundleWorkflows } from '../../activities/bundle.js';
import {
  alertsQueue,
  DELIVER_WORKFLOW,
  fenceSignal,
  FOLD_WORKFLOW,
  HEAR_WORKFLOW,
  RECONCILE_WORKFLOW,
  releaseSignal,
  wakeSignal,
  WATCH_WORKFLOW,
} from '../../src/temporal/messages.js';
import { DAY_MS } from '../../src/model/time.js';
import {
  inWorld,
  timeSkippingServer,
  type LifecycleHandle,
  type SimulatedWorld,
  type WorldOptions,
} from './world.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'test', 'histories');
const SLOW = { poll: { ramping: '6h', running: '12h' } } as const;
const WINS = { click_through_rate: 0.5 };
const HARMS = { error_rate: 2 };
const stop = { emergency_stop_id: 'stop_1', by: 'operator', reason: 'it burns' };

type Path = [
  name: string,
  options: WorldOptions,
  live: (world: SimulatedWorld, handle: LifecycleHandle) => Promise<unknown>,
];

const named = process.argv.slice(2);
const isWanted = (name: string): boolean => named.length === 0 || named.includes(name);

const env = await timeSkippingServer();
const result = (_: SimulatedWorld, handle: LifecycleHandle): Promise<unknown> => handle.result();
const PATHS: Path[] = [
  ['shipped', { lifts: WINS }, result],
  ['shipped-without-holdback', { lifts: WINS, policy: { holdback: 0 } }, result],
  ['rolled-back', { lifts: HARMS }, result],
  ['inconclusive', {}, result],
  ['arm-dropped', { arms: ['control', 'a', 'b'], lifts: HARMS }, result],
  [
    'queued',
    { layer: { layer_id: 'l', slots: 5_000 }, lifts: HARMS },
    async (world, handle) => {
      world.hasSlots = false;
      await env.sleep(3 * DAY_MS);
      world.hasSlots = true;
      await handle.result();
    },
  ],
  [
    'stopped-in-the-queue',
    { layer: { layer_id: 'l', slots: 5_000 } },
    async (world, handle) => {
      world.hasSlots = false;
      await env.sleep(DAY_MS);
      await handle.command('stop');
      await handle.result();
    },
  ],
  ['frozen', { lifts: HARMS, freezes: (start) => [{ from: start - DAY_MS, to: start + DAY_MS }] }, result],
  [
    'commands',
    { arms: ['control', 'a', 'b'] },
    async (_, handle) => {
      await env.sleep(DAY_MS / 4);
      await handle.command('pause');
      await env.sleep(DAY_MS / 4);
      await handle.command('resume');
      await handle.command('advance');
      await handle.command('ramp', { coverage: 60 });
      await env.sleep(DAY_MS);
      await handle.command('ramp', { coverage: 10 });
      await handle.command('drop', { variant: 'a' });
      await handle.command('close');
      // Refused ones leave nothing behind.
      await handle.command('close').catch(() => undefined);
      await handle.workflow.signal('alarm');
      await env.sleep(DAY_MS);
      await handle.command('conclude', { variant: 'b' });
      await handle.result();
    },
  ],
  [
    'stopped',
    {},
    async (_, handle) => {
      await env.sleep(3 * DAY_MS);
      await handle.command('stop');
      await handle.result();
    },
  ],
  [
    'approved',
    { lifts: WINS, policy: { approvals: { ship: true } } },
    async (world, handle) => {
      while (world.state?.phase.state !== 'awaiting_approval') await env.sleep(DAY_MS);
      await handle.command('approve');
      await handle.result();
    },
  ],
  [
    'rejected',
    { lifts: WINS, policy: { approvals: { ship: true } } },
    async (world, handle) => {
      while (world.state?.phase.state !== 'awaiting_approval') await env.sleep(DAY_MS);
      await handle.command('reject');
      await handle.result();
    },
  ],
  [
    'approval-timed-out',
    { lifts: WINS, policy: { approvals: { ship: true }, on_approval_timeout: 'control' } },
    result,
  ],
  [
    'fenced',
    {},
    async (_, handle) => {
      await env.sleep(2 * DAY_MS);
      await handle.workflow.signal(fenceSignal, stop);
      await handle.result();
    },
  ],
  [
    'fenced-and-released',
    { freezes: (start) => [{ from: start - DAY_MS, to: start + DAY_MS }], lifts: HARMS },
    async (_, handle) => {
      await handle.workflow.signal(fenceSignal, stop);
      await env.sleep(2 * DAY_MS);
      await handle.workflow.signal(releaseSignal, { emergency_stop_id: 'stop_1', by: 'operator' });
      await handle.result();
    },
  ],
  [
    'cancelled',
    {},
    async (_, handle) => {
      await env.sleep(2 * DAY_MS);
      await handle.workflow.cancel();
      await handle.result();
    },
  ],
  [
    'look-failed',
    { lifts: HARMS },
    async (world, handle) => {
      world.broken = true;
      await env.sleep(DAY_MS);
      world.broken = false;
      await handle.result();
    },
  ],
  [
    'caught-up',
    {},
    async (world, handle) => {
      await env.sleep(2 * DAY_MS);
      world.runAhead();
      await env.sleep(2 * DAY_MS);
      await handle.command('resume');
      await handle.command('stop');
      await handle.result();
    },
  ],
];

async function save(name: string, history: Parameters<typeof historyToJSON>[0]): Promise<void> {
  // Stack traces and identities name the machine that recorded them, which is nobody's business.
  const text = historyToJSON(history)
    .replaceAll(ROOT, '')
    .replaceAll(/\d+@[\w.-]+/g, 'recorder');
  await writeFile(join(FOLDER, `${name}.json`), `${text}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

const bundle = await bundleWorkflows();
for (const [name, options, live] of PATHS.filter(([name]) => isWanted(name))) {
  const slow = { ...options, policy: { ...SLOW, ...options.policy } };
  await inWorld(env, bundle, slow, async (world, handle) => {
    await live(world, handle);
    await save(name, await handle.workflow.fetchHistory());
  });
}
await env.teardown();

// Continuing as new is suggested only after thousands of events; a server of our own suggests it sooner.
const dataDir = await mkdtemp(join(tmpdir(), 'rampart-histories-'));
const temporal = await startTemporal({
  dataDir,
  log: () => undefined,
  dynamicConfig: [
    'limit.historyCount.suggestContinueAsNew=60',
    'history.workflowIdReuseMinimalInterval="0s"',
  ],
});
const local = await TestWorkflowEnvironment.createFromExistingServer({ address: temporal.address });
async function recordLongOnes(): Promise<void> {
  const quick = { poll: { ramping: '1s', running: '1s' } } as const;
  await inWorld(local, bundle, { policy: quick }, async (world, handle) => {
    const first = (await handle.workflow.describe()).runId;
    const { workflowId } = handle.workflow;
    const latest = local.client.workflow.getHandle(workflowId);
    while ((await latest.describe()).runId === first) await sleep(200);
    await save('continued-as-new', await local.client.workflow.getHandle(workflowId, first).fetchHistory());
    await latest.executeUpdate('command', {
      args: [{ command_id: 'c', name: 'stop', actor: { type: 'person', id: 'alice' }, reason: 'enough' }],
    });
    await latest.result();
    const { runId } = await latest.describe();
    await save('carried-over', await local.client.workflow.getHandle(workflowId, runId).fetchHistory());
    if (world.settled !== 1) throw new Error('the second run did not settle');
  });
}

if (isWanted('continued-as-new') || isWanted('carried-over')) await recordLongOnes();

/** Those that run for ever, and those that wait for something to deliver, until they have done their work some times. */
const taskQueue = 'singletons';
/** What is due of a lane, ms from now: a moment later, much later (it is woken before), and nothing. */
const due_in: (number | null)[] = [200, 60_000, null];
const workers = await Promise.all(
  [taskQueue, alertsQueue(taskQueue)].map((queue) =>
    Worker.create({
      connection: local.nativeConnection,
      taskQueue: queue,
      workflowBundle: bundle,
      activities: {
        fold: () => Promise.resolve(),
        watchGuardrails: () => Promise.resolve(),
        reconcileOnce: () => Promise.resolve({}),
        hear: () => sleep(50),
        deliver: () => Promise.resolve(due_in.shift()),
      },
    }),
  ),
);
const endless = async (handle: WorkflowHandle): Promise<void> => {
  await sleep(400);
  await handle.terminate();
};
const SINGLETONS: [type: string, argument: unknown, live: (handle: WorkflowHandle) => Promise<void>][] = [
  [FOLD_WORKFLOW, 0, endless],
  [WATCH_WORKFLOW, undefined, endless],
  [RECONCILE_WORKFLOW, 100, endless],
  [HEAR_WORKFLOW, undefined, endless],
  [
    DELIVER_WORKFLOW,
    'lane',
    async (handle) => {
      while (due_in.length > 1) await sleep(100);
      await sleep(200);
      await handle.signal(wakeSignal);
      await handle.result();
    },
  ],
];
const running = workers.map((worker) => worker.run());
for (const [type, argument, live] of SINGLETONS.filter(([type]) => isWanted(type))) {
  const handle = await local.client.workflow.start(type, { workflowId: type, taskQueue, args: [argument] });
  await live(handle);
  await save(type, await handle.fetchHistory());
}
for (const worker of workers) worker.shutdown();
await Promise.all(running);
await local.teardown();
await temporal.stop();
await rm(dataDir, { recursive: true, force: true });
process.exit(0);
