// Runs the bare workflows in a process of their own, with a dev server of their own, so that their cost can be told from
// that of the experiments beside them. Exchanges messages with `bench/lifecycle.ts`, one at a time, and ends with it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { startTemporal } from '../../src/servers/temporal.js';
import { temporalClient } from '../../src/temporal/connection.js';
import { bundleWorkflows } from '../../activities/bundle.js';
import { eachOf, memory, silenceWorker } from '../many-workflows.js';
import type { NoOps } from './index.js';

/** What the parent may ask. The answer to `start` is the seconds that starting all workflows took. */
export type Request = 'start' | 'polls' | 'memory' | 'pids';

const [count, poll_ms, cached] = process.argv.slice(2).map(Number) as [number, number, number];

silenceWorker();
const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
const temporal = await startTemporal({ dataDir, log: () => undefined });
const client = temporalClient(temporal.address, 'default');
let polls = 0;
const activities: NoOps = {
  load: () => Promise.resolve(),
  commit: () => Promise.resolve(),
  measure: () => Promise.resolve(void (polls += 1)),
};
const connection = await NativeConnection.connect({ address: temporal.address });
const worker = await Worker.create({
  connection,
  taskQueue: 'bare',
  activities,
  workflowBundle: await bundleWorkflows(fileURLToPath(new URL('.', import.meta.url))),
  maxCachedWorkflows: cached,
  stickyQueueScheduleToStartTimeout: '3s',
});
const running = worker.run();
const ids = Array.from({ length: count }, (_, n) => `bare-${n}`);
const before = memory();

const answers: Record<Request, () => unknown> = {
  start: async () => {
    const began = performance.now();
    await eachOf(ids, async (workflowId) => {
      await client.workflow.start('bare', { workflowId, taskQueue: 'bare', args: [workflowId, poll_ms] });
    });
    return (performance.now() - began) / 1000;
  },
  polls: () => polls,
  memory: () => memory() - before,
  pids: () => [process.pid, ...temporal.pids()],
};

process.on('message', (request: Request) => {
  void (async () => process.send!(await answers[request]()))();
});
process.once('disconnect', () => {
  void (async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
    await temporal.stop();
    await rm(dataDir, { recursive: true, force: true });
    process.exit(0);
  })();
});
process.send!('ready');
