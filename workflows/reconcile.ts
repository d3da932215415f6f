import { continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { ReconcileActivities } from '../activities/reconcile.js';
import { ofNoBuild } from './of-no-build.js';

const { reconcileOnce } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

ofNoBuild(reconcile);

/**
 * Forever: starts what should run and does not, and delivers what was accepted and did not arrive.
 *
 * @param first_ms the time between rounds, until a round answers another: this workflow outlives the worker whose setting
 *   that was
 */
export async function reconcile(first_ms: number): Promise<void> {
  let interval_ms = first_ms;
  while (!workflowInfo().continueAsNewSuggested) {
    ({ interval_ms = first_ms } = await reconcileOnce());
    await sleep(interval_ms);
  }
  await continueAsNew<typeof reconcile>(interval_ms);
}
