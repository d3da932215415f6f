import { condition, continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AlertActivities } from '../activities/alerts.js';
import { alertsQueue, wakeSignal } from '../src/temporal/messages.js';
import { ofNoBuild } from './of-no-build.js';

ofNoBuild(deliverAlerts);

/**
 * Delivers what waits in a lane of the outbox, in its order, until nothing waits. The outbox says what that is, so that
 * nothing of it is in the history; the waits between attempts are timers, and survive every worker.
 */
export async function deliverAlerts(lane: string): Promise<void> {
  const { deliver } = proxyActivities<AlertActivities>({
    taskQueue: alertsQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '5m',
    heartbeatTimeout: '5s',
    // The store or the worker is away; what a receiver does is no failure here.
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
  });
  let isWoken = true;
  setHandler(wakeSignal, () => {
    isWoken = true;
  });
  for (;;) {
    isWoken = false;
    const due_in = await deliver(lane);
    // Whoever adds to the lane now wakes this run, or starts the next one.
    if (due_in === null && !isWoken) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof deliverAlerts>(lane);
    if (due_in !== null && due_in > 0) await condition(() => isWoken, due_in);
  }
}
