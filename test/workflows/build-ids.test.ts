import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker, type WorkflowBundle } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLifecycleActivities, type LifecycleActivities } from '../../activities/lifecycle.js';
import type { WatchActivities } from '../../activities/watch.js';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { bundleWorkflows } from '../../activities/bundle.js';
import { DEPLOYMENT, pinnedTo } from '../../activities/worker.js';
import type { Server } from '../../src/servers/server.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { temporalClient } from '../../src/temporal/connection.js';
import { EXPERIMENT_WORKFLOW, WATCH_WORKFLOW } from '../../src/temporal/messages.js';
import { eventually } from '../e2e/harness.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import { planFor } from '../lifecycle/fixtures.js';

const TASK_QUEUE = 'builds';
let dataDir: string;
let server: Server;
let client: Client;
let connection: NativeConnection;
let bundle: WorkflowBundle;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-builds-'));
  [server, bundle] = await Promise.all([startTemporal({ dataDir, log: () => undefined }), bundleWorkflows()]);
  client = temporalClient(server.address, 'default');
  connection = await NativeConnection.connect({ address: server.address });
});

afterAll(async () => {
  await connection.close();
  await client.connection.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Which build looked at which experiment, in order. */
const looks: { experiment_id: string; build: string }[] = [];
const buildsOf = (id: string): string[] =>
  looks.filter(({ experiment_id }) => experiment_id === id).map(({ build }) => build);

/** A worker of a build, on activities that only say who looked: every look fails, so the experiment is held and polled. */
async function workerOf(build: string): Promise<{ stop(): Promise<void> }> {
  const policy = { poll: { ramping: 300, running: 300 } };
  const activities: LifecycleActivities & WatchActivities = {
    load: (experiment_id) => {
      const plan = {
        ...planFor({ policy }),
        experiment_id,
        start_at: Date.now(),
        end_at: Date.now() + 600_000,
      };
      return Promise.resolve({ plan, checkpoint: null, fences: [], freezes: [] });
    },
    measure: ({ experiment_id }) => {
      looks.push({ experiment_id, build });
      return Promise.reject(ApplicationFailure.nonRetryable('nothing to see'));
    },
    commit: ({ version }) => Promise.resolve({ fences: [], version }),
    verify: () => Promise.resolve([]),
    takeSlots: () => Promise.resolve([]),
    watchGuardrails: () => {
      looks.push({ experiment_id: 'all', build });
      return Promise.reject(new Error('again'));
    },
  };
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: bundle,
    activities,
    ...pinnedTo(build),
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}

/** What `temporal worker deployment set-current-version` does; the version exists once its worker polls. */
async function makeCurrent(buildId: string): Promise<void> {
  await eventually(async () => {
    await client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: 'default',
      deploymentName: DEPLOYMENT,
      buildId,
      identity: 'test',
    });
    return true;
  });
}

async function start(id: string): Promise<void> {
  const workflowId = `experiment:${id}`;
  await client.workflow.start(EXPERIMENT_WORKFLOW, {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [{ experiment_id: id }],
  });
}

it('an experiment stays on the build that it was started on, and new ones go to the current build', async () => {
  const first = await workerOf('1');
  await makeCurrent('1');
  await client.workflow.start(WATCH_WORKFLOW, { workflowId: 'watch', taskQueue: TASK_QUEUE, args: [] });
  await start('older');
  await eventually(() => Promise.resolve(buildsOf('older').length > 2));
  const second = await workerOf('2');
  await makeCurrent('2');
  const before = buildsOf('older').length;
  await start('newer');
  await eventually(() => Promise.resolve(buildsOf('newer').length > 2));
  await eventually(() => Promise.resolve(buildsOf('older').length > before + 5));
  expect(new Set(buildsOf('older'))).toEqual(new Set(['1']));
  expect(new Set(buildsOf('newer'))).toEqual(new Set(['2']));
  // The watch is nobody's experiment: it goes on where new ones go.
  await eventually(() => Promise.resolve(buildsOf('all').slice(-3).join() === '2,2,2'));
  // How an operator sees which builds are still needed.
  await eventually(async () => {
    const query = `TemporalWorkerDeploymentVersion = '${DEPLOYMENT}:1' AND ExecutionStatus = 'Running'`;
    const ids: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
    expect(ids).toEqual(['experiment:older']);
    return true;
  });
  await Promise.all([first.stop(), second.stop()]);
});

it('a worker does not look at an experiment of another engine, and says what to do', async () => {
  const launch = { engine_version: ENGINE_VERSION + 1 };
  const store = { experiments: { forLook: () => Promise.resolve({ launch, version: 1 }) } };
  const { measure } = createLifecycleActivities({
    store: store as never,
    liveness: null as never,
    stopping: new AbortController().signal,
    metrics: new WorkMetrics(new Registry()),
  });
  await expect(measure({ experiment_id: 'e' } as never)).rejects.toMatchObject({
    type: 'other_engine',
    nonRetryable: true,
    message: expect.stringMatching(
      /^engine \d+ decides this experiment, and this worker has engine \d+: run a worker/,
    ) as string,
  });
});
