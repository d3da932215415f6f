import { NamespaceNotFoundError } from '@temporalio/common';
import { DefaultLogger, Runtime, type TelemetryOptions } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { WorkMetrics } from '../../activities/work-metrics.js';
import { startWorker } from '../../activities/worker.js';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import { freePort } from '../servers/ports.js';
import { instanceId } from '../serving/process-identity.js';
import { StartError } from '../start-error.js';
import { composeWorker, type WorkerProcess } from './compose-worker.js';
import { temporalAway, whenThere } from './open-store.js';
import { telemetryOf } from './telemetry.js';
import { serveMetrics } from './worker-metrics.js';
import type { Running } from './running.js';

/** A worker process: workflows, their activities, folding and reconciliation. */
export async function runWorker(config: Config): Promise<Running> {
  const service = { name: 'rampart-worker', instance_id: instanceId(config.RAMPART_INSTANCE) };
  const telemetry = await telemetryOf(config, service);
  const registry = new Registry();
  telemetry?.export(registry);
  const metrics = new WorkMetrics(registry, telemetry?.spans ?? null);
  const parts = await composeWorker(config, { metrics });
  const { logger, store } = parts;
  const { RAMPART_METRICS_PORT: port } = config;
  const ofTemporal = port === undefined ? null : await freePort();
  installRuntime(logger, ofTemporal);
  const served = port === undefined ? null : await serveMetrics(config.HOST, port, registry, ofTemporal!);
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
      await served?.stop();
      await telemetry?.stop();
      await store.database.close();
    },
  };
}

function noNamespace({ namespace, address }: WorkerProcess): StartError {
  return new StartError(
    `TEMPORAL_NAMESPACE: Temporal at ${address} has no namespace ${namespace}: create it there, or name another`,
  );
}

/**
 * Temporal's own log goes into ours, and Temporal leaves signals to us.
 *
 * @param port at which Temporal's own metrics are had on this machine; null for none
 */
function installRuntime(logger: Logger, port: number | null): void {
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      logger[level === 'ERROR' ? 'error' : 'warn'](meta ?? {}, message),
    ),
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} },
      ...(port !== null && { metrics: metricsAt(port) }),
    },
    shutdownSignals: [],
  });
}

/** Names as Prometheus wants them: seconds, and counters that end so. */
function metricsAt(port: number): NonNullable<TelemetryOptions['metrics']> {
  return {
    attachServiceName: false,
    prometheus: {
      bindAddress: `127.0.0.1:${port}`,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
    },
  };
}
