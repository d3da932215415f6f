import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { Group } from '../../api/process-group.js';
import type { Logger } from '../logger.js';
import { channelTo } from './cluster-channel.js';
import { API_PROCESSES_MS } from './grace.js';
import type { Running } from './running.js';

const RESTART_MS = 500;
/** The exit code where a setting is wrong: another start would end alike. */
const WRONG_SETTING = 2;

/**
 * Runs several API processes on one port, so that serving uses several cores. Each has a heartbeat and a snapshot of its own;
 * their metrics are added up, and limits hold for all of them together. A process that dies is replaced.
 *
 * @param onServing called once the first of them serves
 */
export function runCluster(count: number, logger: Logger, onServing: () => void): Running {
  const workers = new Map<number, Worker>();
  const group = new Group();
  let stopping = false;
  /** Whether a process has served: then the settings are good, and one that cannot start will be able to. */
  let hasServed = false;
  const start = (index: number): void => {
    const worker = cluster.fork();
    workers.set(index, worker);
    const leave = group.join(channelTo(worker.process));
    worker.once('listening', () => {
      if (hasServed || stopping) return;
      hasServed = true;
      onServing();
      for (let other = 1; other < count; other += 1) start(other);
    });
    // A connection may be handed to a process that is about to die. `exit` reports its end.
    worker.on('error', (error) =>
      logger.warn({ index, err: error }, 'an API process does not take a connection'),
    );
    worker.once('exit', (code, signal) => {
      workers.delete(index);
      leave();
      if (stopping) return;
      // It has said a line of its own.
      if (code === WRONG_SETTING && !hasServed) process.exit(WRONG_SETTING);
      logger.error({ index, code, signal }, 'an API process ended; starting it again');
      setTimeout(() => {
        if (!stopping) start(index);
      }, RESTART_MS);
    });
  };
  // By itself, so that what is wrong with the settings is said once.
  start(0);
  return {
    async stop() {
      stopping = true;
      await Promise.all(
        [...workers.values()].map(async (worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          const timer = setTimeout(() => worker.process.kill('SIGKILL'), API_PROCESSES_MS);
          await ended;
          clearTimeout(timer);
        }),
      );
    },
  };
}
