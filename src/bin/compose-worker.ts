import { Registry } from 'prom-client';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { builtWorkflows } from '../../activities/bundle.js';
import { type WorkerOptions } from '../../activities/worker.js';
import type { Config } from '../config.js';
import { createLogger, type Logger } from '../logger.js';
import { DAY_MS } from '../model/time.js';
import { secretsOf } from './compose-secrets.js';
import { openStoreOf } from './open-store.js';
import { sendingOf } from './sending.js';

/** The parts of a worker process. Nothing polls yet. */
export interface WorkerProcess extends WorkerOptions {
  logger: Logger;
}

/** Builds the parts of a worker process; a test gives stand-ins for those that reach other processes or take long. */
export async function composeWorker(
  config: Config,
  overrides: Partial<Pick<WorkerProcess, 'logger' | 'store' | 'bundle' | 'metrics'>> = {},
): Promise<WorkerProcess> {
  const logger = overrides.logger ?? createLogger(config.LOG_LEVEL);
  const store = overrides.store ?? (await openStoreOf(config, logger));
  return {
    address: config.TEMPORAL_ADDRESS!,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    ...(config.RAMPART_BUILD_ID !== undefined && { build_id: config.RAMPART_BUILD_ID }),
    cached_workflows: config.RAMPART_CACHED_WORKFLOWS,
    reconcile_ms: config.RAMPART_RECONCILE_SECONDS * 1000,
    watch_ms: config.RAMPART_WATCH_SECONDS * 1000,
    retention: {
      revisions: config.RAMPART_REVISION_DAYS * DAY_MS,
      snapshots: config.RAMPART_SNAPSHOT_DAYS * DAY_MS,
      timeline: config.RAMPART_TIMELINE_DAYS * DAY_MS,
      units: config.RAMPART_UNIT_DAYS * DAY_MS,
      alerts: config.RAMPART_ALERT_DAYS * DAY_MS,
    },
    sending: sendingOf(config),
    logger,
    store,
    ...secretsOf(config.RAMPART_SECRET, store),
    metrics: overrides.metrics ?? new WorkMetrics(new Registry()),
    bundle: overrides.bundle ?? (await builtWorkflows()),
  };
}
