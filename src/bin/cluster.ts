import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from '../logger.js';

const AGAIN_MS = 500;
const GRACE_MS = 24_000;

/**
 * Several API processes on one port, so that serving uses several cores. Each is a process of its own in every respect:
 * heartbeat, snapshot, metrics. One that dies is started again in its place.
 */
export function runCluster(count: number, logger: Logger): { stop(): Promise<void> } {
  const workers = new Map<number, Worker>();
  let stopping = false;
  const start = (index: number): void => {
    const worker = cluster.fork({ RAMPART_API_INDEX: String(index) });
    workers.set(index, worker);
    // A connection may be handed to one that is just dying; its end is told by itself.
    worker.on('error', (error) => logger.warn({ index, err: error }, 'an API process is not reached'));
    worker.once('exit', (code, signal) => {
      workers.delete(index);
      if (stopping) return;
      logger.error({ index, code, signal }, 'an API process ended and is started again');
      setTimeout(() => {
        if (!stopping) start(index);
      }, AGAIN_MS);
    });
  };
  for (let index = 0; index < count; index += 1) start(index);
  return {
    async stop() {
      stopping = true;
      await Promise.all(
        [...workers.values()].map(async (worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          const timer = setTimeout(() => worker.process.kill('SIGKILL'), GRACE_MS);
          await ended;
          clearTimeout(timer);
        }),
      );
    },
  };
}
