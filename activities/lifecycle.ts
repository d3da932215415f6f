import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { windowsBetween, type FreezeWindow } from '../src/calendar/freeze-windows.js';
import { certificateOf, type Measured } from '../src/certificates/certificate.js';
import type { MeasureInput } from '../src/lifecycle/measure.js';
import type { Look } from '../src/lifecycle/look.js';
import { planOf, type Plan } from '../src/lifecycle/plan.js';
import type { DecisionRecord, LostInstance, State, TimelineRecord } from '../src/lifecycle/state.js';
import type { SlotInterval } from '../src/model/serving.js';
import type { View, Publication } from '../src/lifecycle/view.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import type { Commit, LookSubject, Launched } from '../src/store/experiments.js';
import { fencesOver, type StoredFence } from '../src/store/serving.js';
import { SharedRead } from '../src/store/shared.js';
import type { Store } from '../src/store/store.js';
import { VERSION } from '../src/version.js';
import type { FenceNotice } from '../src/temporal/messages.js';
import { handOver } from './hand-over.js';
import { FREEZES_AHEAD_MS, Looks } from '../src/operations/take-look.js';
import { settle } from '../src/operations/settle.js';

export interface LifecycleDependencies {
  store: Store;
  liveness: LivenessObserver;
  /** The worker is being stopped: what would go on for long hands over. */
  stopping: AbortSignal;
}

export interface CommitInput extends Commit {
  view: View;
  publication: Publication;
  /** The allocation changed: every serving process must hear of it. */
  publish: boolean;
}

/** So old may be the fences that a look meets. */
const FENCES_MS = 500;
/** How often it is looked whether every process serves what it should. */
const VERIFY_MS = 200;
/** How often an experiment asks for the slots that it waits for. */
const QUEUE_MS = 1_000;

/** The line that says that the store holds an allocation, and every process was told. */
function published({ publication }: CommitInput): [string, Omit<TimelineRecord, 'n'>] {
  const { revision } = publication.allocation;
  const line = { at: Date.now(), kind: 'allocation_published' as const, revision, data: { revision } };
  return [`published:${revision}`, { ...line, actor: { type: 'engine', id: 'rampart' } }];
}

function noticesOf(fences: readonly StoredFence[], experiment_id: string): FenceNotice[] {
  return fencesOver(fences, experiment_id).map(({ emergency_stop_id, by, reason }) => ({
    emergency_stop_id,
    by,
    reason,
  }));
}

export type LifecycleActivities = ReturnType<typeof createLifecycleActivities>;

/** What the workflow of an experiment does to the world. Each may run twice. */
export function createLifecycleActivities({ store, liveness, stopping }: LifecycleDependencies) {
  function mustExist<T>(found: T | null | undefined, experiment_id: string): T {
    if (found) return found;
    throw ApplicationFailure.nonRetryable(`experiment ${experiment_id} was never started`, 'not_found');
  }

  async function launched(experiment_id: string): Promise<Launched> {
    const document = await store.experiments.get(experiment_id);
    const launch = mustExist(document?.launch, experiment_id);
    return { ...document!, launch };
  }

  async function looked(experiment_id: string): Promise<LookSubject> {
    return mustExist(await store.experiments.forLook(experiment_id), experiment_id);
  }

  /** Stores a decision with its certificate, which names the one before it. */
  async function certify(experiment_id: string, decision: DecisionRecord): Promise<void> {
    const { launch } = await looked(experiment_id);
    const measured = new Map<string, Measured>();
    for (const id of [decision.snapshot_id, decision.circumstances?.final_snapshot_id]) {
      const snapshot = id ? await store.snapshots.get(id) : null;
      if (snapshot) measured.set(snapshot._id, snapshot);
    }
    const before = decision.n > 1 ? await store.experiments.decision(experiment_id, decision.n - 1) : null;
    const certificate = certificateOf({
      plan: planOf(experiment_id, launch),
      policy: launch.policy_document,
      decision,
      measured,
      engine_version: VERSION,
      previous_hash: before?.certificate.hash ?? null,
    });
    await store.experiments.decide(experiment_id, decision, certificate);
  }

  const looks = new Looks(store);
  const fences = new SharedRead(FENCES_MS, () => store.serving.fences());
  /** One that was set a moment ago may be missed, for its signal is on its way; one that was lifted must not be obeyed. */
  async function fencesNow(experiment_id: string): Promise<FenceNotice[]> {
    const over = noticesOf(await fences.get(), experiment_id);
    return over.length === 0 ? over : noticesOf(await store.serving.fences(), experiment_id);
  }

  const instances = new SharedRead(VERIFY_MS, async () =>
    liveness.observe(await store.instances.all(), performance.now()),
  );

  return {
    /** What a run begins with. */
    async load(
      experiment_id: string,
    ): Promise<{ plan: Plan; checkpoint: State | null; fences: FenceNotice[]; freezes: FreezeWindow[] }> {
      const { launch, checkpoint } = await launched(experiment_id);
      return {
        plan: planOf(experiment_id, launch),
        checkpoint,
        fences: noticesOf(await store.serving.fences(), experiment_id),
        freezes: windowsBetween(launch.policy.freeze_windows, Date.now(), launch.start_at + FREEZES_AHEAD_MS),
      };
    },

    /** One look at the metrics, stored as a snapshot; `version` is what the store holds of the workflow's state. */
    async measure(measured: MeasureInput): Promise<{ look: Look; fences: FenceNotice[]; version: number }> {
      const { experiment_id } = measured;
      const document = await looked(experiment_id);
      const over = await fencesNow(experiment_id);
      const { look, input } = await looks.take(document, measured);
      const { at } = look;
      await store.snapshots.put({ _id: look.snapshot_id, experiment_id, at, input, look });
      return { look, fences: over, version: document.version };
    },

    /** Writes the newest state, tells serving, writes the records; answers the fences read after, and the stored version. */
    async commit(input: CommitInput): Promise<{ fences: FenceNotice[]; version: number }> {
      const { experiment_id, records, decisions, publish } = input;
      const version = await store.experiments.commit(input);
      // The store is ahead of this workflow: nothing of it may be written, it has to catch up.
      if (version > input.version) return { fences: [], version };
      Context.current().heartbeat();
      let over: FenceNotice[];
      if (publish) {
        // Also when the guard let nothing through: an earlier attempt may have died between the two.
        const { revision, fences } = await store.serving.changed(`experiment:${experiment_id}`);
        await store.experiments.markServed(experiment_id, revision, input.publication.allocation.revision);
        over = noticesOf(fences, experiment_id);
      } else over = noticesOf(await store.serving.fences(), experiment_id);
      const lines = records.map(({ n, ...record }): [string, Omit<TimelineRecord, 'n'>] => [
        `engine:${n}`,
        record,
      ]);
      await store.experiments.record(experiment_id, publish ? [...lines, published(input)] : lines);
      for (const decision of decisions) await certify(experiment_id, decision);
      if (input.checkpoint.phase.state === 'completed') {
        Context.current().heartbeat();
        await settle(store, await launched(experiment_id));
      }
      return { fences: over, version };
    },

    /** The slots of the layer, as soon as it is the experiment's turn. Waiting is retrying: it adds no history. */
    async takeSlots({ experiment_id, layer }: { experiment_id: string; layer: Required<Plan>['layer'] }) {
      const slots = await store.leases.take(layer.layer_id, experiment_id, layer.slots);
      if (slots) return slots satisfies SlotInterval[];
      throw ApplicationFailure.create({
        message: `waiting for slots of layer ${layer.layer_id}`,
        type: 'queued',
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: QUEUE_MS,
      });
    },

    /** Resolves when every live process serves the last publication; answers those that could not be asked. */
    async verify({
      experiment_id,
      serve_stale_max,
    }: {
      experiment_id: string;
      serve_stale_max: number;
    }): Promise<LostInstance[]> {
      const served_at = await store.experiments.servedAt(experiment_id);
      for (;;) {
        if (stopping.aborted) throw handOver();
        Context.current().heartbeat();
        const behind = (await instances.get()).filter((one) => one.serving_revision < served_at);
        if (behind.every((one) => !one.live)) {
          return behind.map(({ instance_id }) => ({ instance_id, until: Date.now() + serve_stale_max }));
        }
        await Context.current().sleep(VERIFY_MS);
      }
    },
  };
}
