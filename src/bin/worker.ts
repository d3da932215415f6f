import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import { openStore } from '../store/store.js';
import { bundleWorkflows, startWorker } from '../../activities/worker.js';
import type { Running } from './api.js';

/** A worker process: workflows, their activities, folding and reconciliation. */
export async function runWorker(config: Config, logger: Logger): Promise<Omit<Running, 'port'>> {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      logger[level === 'ERROR' ? 'error' : 'warn'](meta ?? {}, message),
    ),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
    shutdownSignals: [],
  });
  const store = await openStore(config.MONGODB_URI!, config.MONGODB_DATABASE);
  const worker = await startWorker({
    address: config.TEMPORAL_ADDRESS!,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    store,
    bundle: await bundleWorkflows(),
    logger,
    cached_workflows: config.RAMPART_CACHED_WORKFLOWS,
    reconcile_ms: config.RAMPART_RECONCILE_SECONDS * 1000,
    watch_ms: config.RAMPART_WATCH_SECONDS * 1000,
  });
  worker.ended.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker failed');
    process.exit(1);
  });
  logger.info({ task_queue: config.TEMPORAL_TASK_QUEUE }, 'worker is ready');
  return {
    async stop() {
      await worker.stop();
      await store.database.close();
    },
  };
}
