import { Context } from '@temporalio/activity';
import { recordEmergencyStop } from '../src/operations/emergency-stop.js';
import type { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import { isUnder } from '../src/model/serving.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import { MENDED, type Mended } from '../src/store/reconciliation.js';
import { fencesOver } from '../src/store/serving.js';
import type { Store } from '../src/store/store.js';
import type { Launched } from '../src/store/experiments.js';
import { settle } from '../src/operations/settle.js';

/** A process that was not heard of for so long serves no experiment any more, and is not reported for ever. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;

export type ReconcileActivities = ReturnType<typeof createReconcileActivities>;

/** Mends what a crash left undone, and keeps count of it: `/metrics` shows the counts. */
export function createReconcileActivities(dependencies: {
  store: Store;
  workflows: ExperimentWorkflows;
  liveness: LivenessObserver;
}) {
  const { store, workflows, liveness } = dependencies;
  /** Fences that the round before met. */
  let knownFences = new Set<string>();

  /** Looking at the heartbeats here is what lets a rollback know a dead process at once. */
  async function forgetInstances(): Promise<void> {
    for (const { instance_id, start_id, still_ms } of liveness.observe(
      await store.instances.all(),
      performance.now(),
    )) {
      if (still_ms > FORGOTTEN_AFTER_MS) await store.instances.remove(instance_id, start_id);
    }
  }

  /** Experiments under way without a workflow, workflows that have not heard of a fence. */
  async function runs(mended: Mended): Promise<void> {
    const running = await workflows.running();
    const fences = await store.serving.fences();
    // A new one's signals may still be under way from the process that wrote it.
    const overlooked = fences.filter(({ emergency_stop_id }) => knownFences.has(emergency_stop_id));
    knownFences = new Set(fences.map(({ emergency_stop_id }) => emergency_stop_id));
    for (const { _id, state, view } of await store.experiments.underWay()) {
      Context.current().heartbeat();
      // The list may be behind: only Temporal's own word on this one counts.
      if (!running.has(_id) && (await workflows.ensureRunning(_id))) mended.workflows_started += 1;
      const obeys = state === 'rolling_back' || (view?.holds.some((hold) => hold.code === 'fenced') ?? false);
      for (const fence of obeys ? [] : fencesOver(overlooked, _id)) {
        await workflows.fence(_id, fence);
        mended.fences_signalled += 1;
      }
    }
    for (const id of await store.experiments.forced()) {
      if (!running.has(id)) continue;
      await workflows.terminate(id, 'forced by an operator');
      mended.workflows_ended += 1;
    }
  }

  async function commands(mended: Mended): Promise<void> {
    for (const command of await store.commands.pending()) {
      Context.current().heartbeat();
      const experiment = await store.experiments.get(command.experiment_id);
      const { status } = await workflows.deliver(command, experiment?.state === 'completed');
      if (status !== 'pending') mended.commands_delivered += 1;
    }
  }

  /** A process may die between writing a fence and its emergency stop, or between their releases. */
  async function emergencyStops(mended: Mended): Promise<void> {
    const fences = await store.serving.fences();
    const stops = new Map((await store.emergencyStops.all()).map((one) => [one._id, one]));
    for (const fence of fences) {
      const { emergency_stop_id: id } = fence;
      const stop = stops.get(id);
      if (stop && stop.released_at === null) continue;
      mended.fences_orphaned += 1;
      if (stop) {
        await store.serving.release(id);
        continue;
      }
      const met = (await store.experiments.underWay()).filter((one) => isUnder(fence, one._id));
      const { revision } = await store.serving.read();
      await recordEmergencyStop(
        store,
        fence,
        revision,
        met.map(({ _id }) => _id),
      );
    }
    for (const stop of stops.values()) {
      if (stop.released_at !== null || fences.some((one) => one.emergency_stop_id === stop._id)) continue;
      // Read again: the list of fences is older than the list of stops.
      const now = await store.serving.fences();
      if (now.some((one) => one.emergency_stop_id === stop._id)) continue;
      mended.fences_orphaned += 1;
      await store.emergencyStops.put({ ...stop, released_at: new Date().toISOString() });
    }
  }

  /** What the end of an experiment leaves to do, where its workflow could not. */
  async function ends(mended: Mended): Promise<void> {
    for (const document of await store.experiments.unsettled()) {
      Context.current().heartbeat();
      await settle(store, document as Launched);
      mended.experiments_settled += 1;
    }
    for (const { layer_id, experiment_id } of await store.leases.holders()) {
      if ((await store.experiments.get(experiment_id))?.state !== 'completed') continue;
      await store.leases.giveBack(layer_id, experiment_id);
      mended.leases_returned += 1;
    }
  }

  return {
    /** One round. What it cannot mend now, because a server is away, the next one does. */
    async reconcileOnce(): Promise<Mended> {
      const mended = Object.fromEntries(MENDED.map((kind) => [kind, 0])) as Mended;
      await forgetInstances();
      await emergencyStops(mended);
      await commands(mended);
      await runs(mended);
      await ends(mended);
      await store.idempotency.forgetBefore(Date.now());
      await store.reconciliation.add(mended);
      return mended;
    },
  };
}
