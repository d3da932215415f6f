// Shared by benchmarks of many workflows.
import { DefaultLogger, Runtime } from '@temporalio/worker';

const CONCURRENCY = 50;

/** Does the work for each item, some items at a time. */
export async function eachOf(items: readonly string[], work: (item: string) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const loop = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
}

/** Resident memory of this process, where the worker lives, KB. */
export const memory = (): number => process.memoryUsage().rss / 1024;

/** Has Temporal's worker log nothing but errors. */
export function silenceWorker(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}
