import { Context } from '@temporalio/activity';
import { Reconciler } from '../src/operations/reconcile.js';
import { Resealer } from '../src/operations/reseal.js';
import { Retention, type RetentionRules } from '../src/operations/retention.js';
import type { FieldSealing } from '../src/secrets/field-sealing.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import type { Mended } from '../src/store/reconciliation.js';
import type { Store } from '../src/store/store.js';
import type { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import type { WorkMetrics } from './work-metrics.js';

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

/** Rounds of reconciliation. Each answers when the next is due, by the settings of the worker that took it. */
export function createReconcileActivities({
  store,
  workflows,
  liveness,
  interval_ms,
  retention,
  sealing,
  metrics,
}: {
  store: Store;
  workflows: ExperimentWorkflows;
  liveness: LivenessObserver;
  interval_ms: number;
  retention: RetentionRules;
  sealing: FieldSealing;
  metrics: Pick<WorkMetrics, 'timed'>;
}) {
  const keeping = { retention: new Retention(store, retention), resealer: new Resealer(store, sealing) };
  const reconciler = new Reconciler(store, workflows, liveness, keeping);
  return {
    async reconcileOnce(): Promise<Mended & { interval_ms?: number }> {
      const mended = await metrics.timed('reconcile', () =>
        reconciler.round(() => Context.current().heartbeat()),
      );
      return { ...mended, interval_ms };
    },
  };
}
