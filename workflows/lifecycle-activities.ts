import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { LifecycleActivities } from '../activities/lifecycle.js';

/**
 * Store writes are retried forever: nothing that was decided may be lost while the store is unreachable. One attempt has
 * time for some twenty calls of a slow store; that its worker has died shows by the missing signs of life.
 */
export const { load, commit, verify } = proxyActivities<LifecycleActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '3s',
  cancellationType: ActivityCancellationType.ABANDON,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
});

/**
 * A look that fails is taken again at the next poll; until then the experiment is held. A look runs within the
 * workflow's task: most of what an experiment costs is looks, and so Temporal stores half as much of each.
 */
export const { measure } = proxyLocalActivities<LifecycleActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 4 },
  // The task is given back between attempts, so that neither commands nor a stopping worker wait for an unreachable store.
  localRetryThreshold: '1ms',
});

/** Waits for slots by failing until there are some: retries add nothing to the history. A cancelled wait is not retried. */
export const { takeSlots } = proxyActivities<LifecycleActivities>({
  startToCloseTimeout: '10s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});
