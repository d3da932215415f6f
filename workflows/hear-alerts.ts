import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { AlertActivities } from '../activities/alerts.js';
import { alertsQueue } from '../src/temporal/messages.js';
import { ofNoBuild } from './of-no-build.js';

ofNoBuild(hearAlerts);

/** Keeps one ear on all that happens alive, forever. Its retries add nothing to the history. */
export async function hearAlerts(): Promise<void> {
  const { hear } = proxyActivities<AlertActivities>({
    taskQueue: alertsQueue(workflowInfo().taskQueue),
    // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
    startToCloseTimeout: '365 days',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
  });
  for (;;) await hear();
}
