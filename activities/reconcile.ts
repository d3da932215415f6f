import type { Lifecycles } from '../src/lifecycles.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import { fencesOver } from '../src/store/serving.js';
import type { Store } from '../src/store/store.js';

/** A process that was not heard of for so long serves no experiment any more, and is not reported for ever. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

/** Mends what a crash left undone: workflows that do not run, commands and fences that did not arrive. */
export function createReconcileActivities(dependencies: {
  store: Store;
  lifecycles: Lifecycles;
  liveness: LivenessObserver;
}) {
  const { store, lifecycles, liveness } = dependencies;
  return {
    async reconcileOnce(): Promise<{ started: number; delivered: number }> {
      // Looking at the heartbeats here is what lets a rollback know a dead process at once.
      const instances = liveness.observe(await store.instances.all(), performance.now());
      for (const { instance_id, epoch, still_ms } of instances) {
        if (still_ms > FORGOTTEN_AFTER_MS) await store.instances.remove(instance_id, epoch);
      }
      let started = 0;
      const { fences } = await store.serving.read();
      for (const { _id, view } of await store.experiments.underWay()) {
        if (await lifecycles.ensureRunning(_id)) started += 1;
        const unheard = fencesOver(fences, _id).filter(
          () => !view?.holds.some((hold) => hold.code === 'fenced'),
        );
        for (const fence of unheard) await lifecycles.fence(_id, fence);
      }
      const pending = await store.commands.pending();
      for (const command of pending) {
        const experiment = await store.experiments.get(command.experiment_id);
        await lifecycles.deliver(command, experiment?.state === 'completed');
      }
      await store.idempotency.forgetBefore(Date.now());
      return { started, delivered: pending.length };
    },
  };
}
