import { isUnder } from '../model/serving.js';
import type { LivenessObserver } from '../serving/liveness.js';
import { hasEnded } from '../serving/process-identity.js';
import type { Launched } from '../store/experiment-document.js';
import { MENDED, type Mended } from '../store/reconciliation.js';
import { fencesOver } from '../store/serving.js';
import type { Store } from '../store/store.js';
import type { ExperimentWorkflows } from '../temporal/experiment-workflows.js';
import { fenceable, recordEmergencyStop } from './emergency-stop.js';
import type { Resealer } from './reseal.js';
import type { Retention } from './retention.js';
import { settle } from './settle.js';
import { tellEverything } from './tell-lines.js';

/** A process that was not heard of for this long serves no experiment any more; it need not be reported forever. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;

/** Mends what a crash left undone, and keeps count of it: `/metrics` shows the counts. */
export class Reconciler {
  /** Fences that the round before met. */
  private knownFences: ReadonlySet<string> = new Set();

  constructor(
    private readonly store: Store,
    private readonly workflows: ExperimentWorkflows,
    private readonly liveness: LivenessObserver,
    private readonly keeping: { retention: Retention; resealer: Resealer },
  ) {}

  /**
   * One round. What it cannot mend now, because a server is unreachable, the next one does.
   *
   * @param progressed called before each step, of which there may be thousands
   */
  async round(progressed: () => void): Promise<Mended> {
    const mended = Object.fromEntries(MENDED.map((kind) => [kind, 0])) as Mended;
    await this.forgetInstances();
    await this.mendEmergencyStops(mended);
    await this.tellTimelines(mended, progressed);
    await this.deliverCommands(mended, progressed);
    await this.mendWorkflows(mended, progressed);
    await this.settleEnds(mended, progressed);
    await this.keeping.resealer.round(Date.now(), progressed);
    await this.keeping.retention.step(Date.now(), progressed);
    await this.store.reconciliation.add(mended);
    return mended;
  }

  /** Looking at the heartbeats here is what lets a rollback know a dead process at once. */
  private async forgetInstances(): Promise<void> {
    const { instances } = this.store;
    for (const { instance_id, start_id, still_ms, process } of this.liveness.observe(
      await instances.all(),
      performance.now(),
    )) {
      const isOver = still_ms > FORGOTTEN_AFTER_MS || (process !== null && (await hasEnded(process)));
      if (isOver) await instances.remove(instance_id, start_id);
    }
  }

  /** A process may die between writing a fence and its emergency stop, or between their releases. */
  private async mendEmergencyStops(mended: Mended): Promise<void> {
    const { serving, emergencyStops, experiments } = this.store;
    const fences = await serving.fences();
    const fenced = fences.map(({ emergency_stop_id }) => emergency_stop_id);
    const stops = new Map((await emergencyStops.standing(fenced)).map((stop) => [stop._id, stop]));
    for (const fence of fences) {
      const { emergency_stop_id: id } = fence;
      const stop = stops.get(id);
      if (stop && stop.released_at === null) continue;
      mended.fences_orphaned += 1;
      if (stop) {
        await serving.release(id);
        continue;
      }
      const met = (await experiments.underWay()).filter((one) => isUnder(fence, fenceable(one)));
      const { revision } = await serving.read();
      const ids = met.map(({ _id }) => _id);
      await recordEmergencyStop(this.store, fence, revision, ids);
    }
    for (const stop of stops.values()) {
      if (stop.released_at !== null || fences.some((fence) => fence.emergency_stop_id === stop._id)) continue;
      // Read again: the list of fences is older than the list of stops.
      const now = await serving.fences();
      if (now.some((fence) => fence.emergency_stop_id === stop._id)) continue;
      mended.fences_orphaned += 1;
      await emergencyStops.put({ ...stop, released_at: new Date().toISOString() });
    }
  }

  /** Before workflows are started: what happened first stands first. */
  private async tellTimelines(mended: Mended, progressed: () => void): Promise<void> {
    const underWay = await this.store.experiments.underWay();
    mended.timelines_told += await tellEverything(this.store, underWay, Date.now(), progressed);
  }

  /** Commands that were stored and have no answer yet. */
  private async deliverCommands(mended: Mended, progressed: () => void): Promise<void> {
    for (const command of await this.store.commands.pending()) {
      progressed();
      const experiment = await this.store.experiments.get(command.experiment_id);
      const { status } = await this.workflows.deliver(command, experiment?.state === 'completed');
      if (status !== 'pending') mended.commands_delivered += 1;
    }
  }

  /** Experiments under way without a workflow, and workflows that have not heard of a fence. */
  private async mendWorkflows(mended: Mended, progressed: () => void): Promise<void> {
    const { store, workflows } = this;
    const running = await workflows.running();
    const fences = await store.serving.fences();
    // The signals of a new fence may still be under way from the process that wrote it.
    const overlooked = fences.filter(({ emergency_stop_id }) => this.knownFences.has(emergency_stop_id));
    this.knownFences = new Set(fences.map(({ emergency_stop_id }) => emergency_stop_id));
    for (const experiment of await store.experiments.underWay()) {
      const { _id, state, view } = experiment;
      progressed();
      // The list may be behind: only Temporal's own word on this one counts.
      if (!running.has(_id) && (await workflows.ensureRunning(_id))) mended.workflows_started += 1;
      const obeys = state === 'rolling_back' || (view?.holds.some(({ code }) => code === 'fenced') ?? false);
      for (const fence of obeys ? [] : fencesOver(overlooked, fenceable(experiment))) {
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

  /** What the end of an experiment leaves to do, where its workflow could not. */
  private async settleEnds(mended: Mended, progressed: () => void): Promise<void> {
    const { experiments, leases } = this.store;
    for (const document of await experiments.unsettled()) {
      progressed();
      await settle(this.store, document as Launched);
      mended.experiments_settled += 1;
    }
    for (const { layer_id, experiment_id } of await leases.holders()) {
      if ((await experiments.get(experiment_id))?.state !== 'completed') continue;
      await leases.giveBack(layer_id, experiment_id);
      mended.leases_returned += 1;
    }
  }
}
