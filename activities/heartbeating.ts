import { Context } from '@temporalio/activity';

/** Time between two signs of life, ms: well below 3 s, the shortest limit that a workflow sets. */
const HEARTBEAT_MS = 1_000;

/**
 * Does the work of an activity with signs of life by a timer, not between its steps: how long a step takes is up to the
 * store. That the worker is dead shows at once; a step that hangs has a limit of its own.
 */
export async function heartbeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const heartbeats = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeats);
  }
}
