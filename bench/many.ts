// What benchmarks of many workflows share.
import { DefaultLogger, Runtime } from '@temporalio/worker';

const AT_ONCE = 50;

/** Does the work for each item, some at a time. */
export async function eachOf(items: readonly string[], work: (item: string) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const loop = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
}

/** Resident memory of this process, where the worker lives, KB. */
export const memory = (): number => process.memoryUsage().rss / 1024;

/** Temporal's worker says nothing but errors. */
export function quiet(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
  });
}
