import { NamespaceNotFoundError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { startWorker } from '../../activities/worker.js';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import { StartError } from '../start-error.js';
import { composeWorker, type WorkerProcess } from './compose-worker.js';
import { temporalAway, whenThere } from './open-store.js';
import type { Running } from './running.js';

/** A worker process: workflows, their activities, folding and reconciliation. */
export async function runWorker(config: Config): Promise<Running> {
  const parts = await composeWorker(config);
  const { logger, store } = parts;
  installRuntime(logger);
  const worker = await whenThere(() => startWorker(parts), temporalAway(parts.address), logger).catch(
    (error: unknown) => {
      throw error instanceof NamespaceNotFoundError ? noNamespace(parts) : error;
    },
  );
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

function noNamespace({ namespace, address }: WorkerProcess): StartError {
  return new StartError(
    `TEMPORAL_NAMESPACE: Temporal at ${address} has no namespace ${namespace}: create it there, or name another`,
  );
}

/** Temporal's own log goes into ours, and Temporal leaves signals to us. */
function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      logger[level === 'ERROR' ? 'error' : 'warn'](meta ?? {}, message),
    ),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}
