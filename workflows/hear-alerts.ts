import { proxyActivities } from '@temporalio/workflow';
import type { AlertActivities } from '../activities/alerts.js';
import { ofNoBuild } from './of-no-build.js';

const { hear } = proxyActivities<AlertActivities>({
  // One attempt lasts as long as its worker, whose end a missing heartbeat tells.
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

ofNoBuild(hearAlerts);

/** Keeps one ear on all that happens alive, forever. Its retries add nothing to the history. */
export async function hearAlerts(): Promise<void> {
  for (;;) await hear();
}
