import { Context } from '@temporalio/activity';
import { Reconciler } from '../src/operations/reconcile.js';
import { Retention, type RetentionRules } from '../src/operations/retention.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import type { Mended } from '../src/store/reconciliation.js';
import type { Store } from '../src/store/store.js';
import type { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

/** Rounds of reconciliation. */
export function createReconcileActivities({
  store,
  workflows,
  liveness,
  retention,
}: {
  store: Store;
  workflows: ExperimentWorkflows;
  liveness: LivenessObserver;
  retention: RetentionRules;
}) {
  const reconciler = new Reconciler(store, workflows, liveness, new Retention(store, retention));
  return {
    reconcileOnce: (): Promise<Mended> => reconciler.round(() => Context.current().heartbeat()),
  };
}
