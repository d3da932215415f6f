import { constants, setPriority } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { batchTasks, rehearsePart, type TaskRun } from '../rehearsal/task.js';
import type { RehearsalOrder } from './rehearse-apart.js';

/** Runs between two turns of the event loop. */
const RUNS_AT_ONCE = 5;

// The process of one part of a rehearsal. It takes the order, answers and ends. It also ends with its parent.
// Serving and workflows come first: nobody waits for a rehearsal as they do for a flag.
setPriority(constants.priority.PRIORITY_LOW);
process.once('message', (order: RehearsalOrder) => void carryOut(order));
process.once('disconnect', () => process.exit());

async function carryOut({ launch, options, tasks }: RehearsalOrder): Promise<void> {
  const runs: TaskRun[] = [];
  for (const task of batchTasks(tasks, RUNS_AT_ONCE)) {
    runs.push(...rehearsePart(launch, options, [task]));
    // Only between turns does it hear that its parent is gone.
    await turn();
  }
  process.send!(runs, () => process.disconnect());
}
