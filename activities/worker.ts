import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import {
  NativeConnection,
  Worker,
  type WorkerOptions as NativeWorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createAlertActivities } from './alerts.js';
import { createFoldActivities } from './fold.js';
import { createLifecycleActivities } from './lifecycle.js';
import { createReconcileActivities } from './reconcile.js';
import { createWatchActivities } from './watch.js';
import {
  alertsQueue,
  FOLD_WORKFLOW,
  HEAR_WORKFLOW,
  RECONCILE_WORKFLOW,
  WATCH_WORKFLOW,
} from '../src/temporal/messages.js';
import type { WorkMetrics } from './work-metrics.js';
import type { Logger } from '../src/logger.js';
import type { Sending } from '../src/operations/send-alerts.js';
import { STANDARD_RETENTION, type RetentionRules } from '../src/operations/retention.js';
import { AlertLanes } from '../src/temporal/alert-lanes.js';
import { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import { LivenessObserver } from '../src/serving/liveness.js';
import type { FieldSealing } from '../src/secrets/field-sealing.js';
import type { Store } from '../src/store/store.js';
import { temporalClient } from '../src/temporal/connection.js';
import { encryptedBy, type EncryptingCodec } from '../src/temporal/payload-codec.js';

const RECONCILE_MS = 30_000;
/** Messages to receivers that are under way at once, in one worker. */
const ALERTS_AT_ONCE = 100;

export interface WorkerOptions {
  address: string;
  namespace: string;
  taskQueue: string;
  store: Store;
  /** Of stored fields, for sealing them anew. */
  sealing: FieldSealing;
  /** Of what Temporal keeps. */
  codec: EncryptingCodec;
  bundle: WorkflowBundleOption;
  logger: Pick<Logger, 'warn' | 'error'>;
  sending: Sending;
  metrics: WorkMetrics;
  /** Workflows kept in memory; one that is not is replayed from its history whenever it has something to do. */
  cached_workflows: number;
  /** The build that this worker is; without one it takes every workflow of its queue. */
  build_id?: string;
  reconcile_ms?: number;
  retention?: RetentionRules;
  /** A round of the watch over the guardrails, ms. */
  watch_ms?: number;
}

export interface RunningWorker {
  /** Rejects when the worker fails. */
  ended: Promise<void>;
  /** Hands everything over and resolves. */
  stop(): Promise<void>;
}

/** The name under which Temporal keeps the builds of all workers. */
export const DEPLOYMENT = 'rampart';

/** The options of a worker with a build id: experiments stay on the build that they were started on. */
export function pinnedTo(buildId: string): Pick<NativeWorkerOptions, 'workerDeploymentOptions'> {
  return {
    workerDeploymentOptions: {
      version: { deploymentName: DEPLOYMENT, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

/**
 * A worker for experiments, folding and reconciliation; the singletons are started by whoever comes first. Where it fails, it
 * leaves nothing behind: it may be tried again.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { address, namespace, taskQueue, store } = options;
  const connection = await NativeConnection.connect({ address });
  const client = temporalClient(address, namespace, options.codec);
  try {
    await client.connection.ensureConnected();
    await startSingletons(client, taskQueue, store.inbox.partitions, options.reconcile_ms ?? RECONCILE_MS);
    return await runWorker(options, connection, client);
  } catch (error) {
    await connection.close();
    await client.connection.close();
    throw error;
  }
}

async function runWorker(
  options: WorkerOptions,
  connection: NativeConnection,
  client: Client,
): Promise<RunningWorker> {
  const { namespace, taskQueue, store, bundle, logger, sealing, codec, metrics } = options;
  const workflows = new ExperimentWorkflows(client, taskQueue, store.commands, logger, metrics.temporal);
  const liveness = new LivenessObserver();
  const stopping = new AbortController();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: bundle,
    dataConverter: encryptedBy(codec),
    activities: {
      ...createLifecycleActivities({ store, liveness, stopping: stopping.signal, metrics }),
      ...createFoldActivities({ store, stopping: stopping.signal, metrics }),
      ...createReconcileActivities({
        store,
        workflows,
        liveness,
        interval_ms: options.reconcile_ms ?? RECONCILE_MS,
        retention: options.retention ?? STANDARD_RETENTION,
        sealing,
        metrics,
      }),
      ...createWatchActivities({
        store,
        workflows,
        logger,
        metrics,
        stopping: stopping.signal,
        ...(options.watch_ms !== undefined && { round_ms: options.watch_ms }),
      }),
    },
    ...(options.build_id !== undefined && pinnedTo(options.build_id)),
    maxCachedWorkflows: options.cached_workflows,
    // Each partition's folding holds a slot for as long as the worker lives.
    maxConcurrentActivityTaskExecutions: store.inbox.partitions + 100,
    stickyQueueScheduleToStartTimeout: '3s',
    shutdownGraceTime: '20s',
  });
  const alerts = await alertWorker(options, connection, client, stopping.signal);
  const workers = [worker, alerts];
  const ended = Promise.all(workers.map((one) => one.run())).then(() => undefined);
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      stopping.abort();
      for (const one of workers) if (one.getState() === 'RUNNING') one.shutdown();
      await ended;
      await connection.close();
      await client.connection.close();
    },
  };
}

/** Makes and delivers alerts, on a queue of its own: receivers may hang. */
function alertWorker(
  { namespace, taskQueue, store, logger, sealing, codec, sending, metrics }: WorkerOptions,
  connection: NativeConnection,
  client: Client,
  stopping: AbortSignal,
): Promise<Worker> {
  const lanes = new AlertLanes(client, taskQueue);
  return Worker.create({
    connection,
    namespace,
    taskQueue: alertsQueue(taskQueue),
    dataConverter: encryptedBy(codec),
    activities: createAlertActivities({ store, logger, sealing, sending, metrics, lanes, stopping }),
    maxConcurrentActivityTaskExecutions: ALERTS_AT_ONCE,
    shutdownGraceTime: '20s',
  });
}

async function startSingletons(
  client: Client,
  taskQueue: string,
  partitions: number,
  reconcile_ms: number,
): Promise<void> {
  const start = async (type: string, workflowId: string, args: unknown[]): Promise<void> => {
    await client.workflow.start(type, { workflowId, taskQueue, args }).catch((error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    });
  };
  await start(WATCH_WORKFLOW, `${taskQueue}:watch`, []);
  await start(HEAR_WORKFLOW, `${taskQueue}:alerts`, []);
  await start(RECONCILE_WORKFLOW, `${taskQueue}:reconcile`, [reconcile_ms]);
  for (let partition = 0; partition < partitions; partition += 1) {
    await start(FOLD_WORKFLOW, `${taskQueue}:fold:${partition}`, [partition]);
  }
}
