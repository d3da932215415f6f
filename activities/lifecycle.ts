import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { windowsBetween, type FreezeWindow } from '../src/calendar/freeze-windows.js';
import { RampartError } from '../src/errors.js';
import type { Look } from '../src/lifecycle/look.js';
import type { MeasureInput } from '../src/lifecycle/measure.js';
import { planOf, type Plan } from '../src/lifecycle/plan.js';
import type { LostInstance, State } from '../src/lifecycle/state.js';
import { summaryOf } from '../src/lifecycle/summary.js';
import { ENGINE_VERSION } from '../src/model/engine.js';
import type { Launch } from '../src/model/launch.js';
import { SERVE_STALE_MAX_MS, type SlotInterval } from '../src/model/serving.js';
import { commitState, noticesOf, type Committed, type StateCommit } from '../src/operations/commit-state.js';
import { FREEZES_AHEAD_MS, Looks } from '../src/operations/take-look.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import { SharedRead } from '../src/store/shared.js';
import type { Store } from '../src/store/store.js';
import type { FenceNotice } from '../src/temporal/messages.js';
import { handOver } from './hand-over.js';
import { heartbeating } from './heartbeating.js';
import type { WorkMetrics } from './work-metrics.js';

export interface LifecycleDependencies {
  store: Store;
  liveness: LivenessObserver;
  /** The worker is being stopped: what would go on for long hands over. */
  stopping: AbortSignal;
  metrics: Pick<WorkMetrics, 'decided' | 'timed'>;
}

/** Maximum age of the fences that a look reads. */
const FENCES_MS = 500;
/** Time between two checks whether every process serves what it should. */
const VERIFY_MS = 200;
/** Time between two requests of an experiment for the slots that it waits for. */
const QUEUE_MS = 1_000;

export type LifecycleActivities = ReturnType<typeof createLifecycleActivities>;

/** What the workflow of an experiment does to the world. Each may run twice. */
export function createLifecycleActivities({ store, liveness, stopping, metrics }: LifecycleDependencies) {
  return {
    ...stateActivities(store, metrics),
    ...lookActivities(store, metrics),
    ...verifyActivities(store, liveness, stopping),
  };
}

function stateActivities(store: Store, metrics: LifecycleDependencies['metrics']) {
  return {
    /** What a run begins with. */
    load: (
      experiment_id: string,
    ): Promise<{ plan: Plan; checkpoint: State | null; fences: FenceNotice[]; freezes: FreezeWindow[] }> =>
      failForGoodIfMissing(() =>
        heartbeating(async () => {
          const { launch, checkpoint } = await store.experiments.started(experiment_id);
          const until = launch.start_at + FREEZES_AHEAD_MS;
          return {
            plan: planOf(experiment_id, launch),
            checkpoint,
            fences: await noticesOf(store, await store.serving.fences(), experiment_id),
            freezes: windowsBetween(launch.policy.freeze_windows, Date.now(), until),
          };
        }),
      ),

    /** Writes the newest state, tells serving, writes the records. */
    commit: (commit: StateCommit): Promise<Committed> =>
      failForGoodIfMissing(() =>
        heartbeating(() =>
          metrics.timed('commit', () => commitState(store, commit, (decision) => metrics.decided(decision)), {
            experiment_id: commit.experiment_id,
          }),
        ),
      ),

    /** The slots of the layer, as soon as it is the experiment's turn. Waiting is retrying: it adds no history. */
    async takeSlots({ experiment_id, layer }: { experiment_id: string; layer: Required<Plan>['layer'] }) {
      const [place] = await store.experiments.placesOf([experiment_id]);
      const holder = { experiment_id, environment: place?.environment };
      const slots = await store.leases.take(layer.layer_id, holder, layer.slots);
      if (slots) return slots satisfies SlotInterval[];
      throw ApplicationFailure.create({
        message: `waiting for slots of layer ${layer.layer_id}`,
        type: 'queued',
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: QUEUE_MS,
      });
    },
  };
}

function lookActivities(store: Store, metrics: LifecycleDependencies['metrics']) {
  const looks = new Looks(store);
  const fences = new SharedRead(FENCES_MS, () => store.serving.fences());
  /** A new fence may be missed, for its signal is on its way; a lifted one must not be obeyed. */
  async function fencesNow(experiment_id: string): Promise<FenceNotice[]> {
    const over = await noticesOf(store, await fences.get(), experiment_id);
    return over.length === 0 ? over : noticesOf(store, await store.serving.fences(), experiment_id);
  }
  return {
    /** One look at the metrics, stored as a snapshot; `version` is what the store holds of the workflow's state. */
    measure: (measured: MeasureInput): Promise<{ look: Look; fences: FenceNotice[]; version: number }> =>
      failForGoodIfMissing(async () => {
        const { experiment_id } = measured;
        const subject = await store.experiments.forLook(experiment_id);
        assertEngine(subject.launch);
        const over = await fencesNow(experiment_id);
        const { look, input } = await metrics.timed('look', () => looks.take(subject, measured), {
          experiment_id,
        });
        const { at, snapshot_id } = look;
        await store.snapshots.put({ _id: snapshot_id, experiment_id, at, input, look });
        const summary = summaryOf(planOf(experiment_id, subject.launch), look, subject.summary ?? null);
        await store.experimentList.summarise(experiment_id, summary);
        return { look, fences: over, version: subject.version };
      }),
  };
}

function verifyActivities(store: Store, liveness: LivenessObserver, stopping: AbortSignal) {
  const instances = new SharedRead(VERIFY_MS, async () =>
    liveness.observe(await store.instances.all(), performance.now()),
  );
  return {
    /** Resolves when every live process serves the last publication. Returns those that could not be asked. */
    verify: ({ experiment_id }: { experiment_id: string }): Promise<LostInstance[]> =>
      heartbeating(async () => {
        const served_at = await store.experiments.servedAt(experiment_id);
        for (;;) {
          if (stopping.aborted) throw handOver();
          const behind = (await instances.get()).filter((instance) => instance.serving_revision < served_at);
          if (behind.every((instance) => !instance.live)) {
            return behind.map(({ instance_id }) => ({ instance_id, until: Date.now() + SERVE_STALE_MAX_MS }));
          }
          await Context.current().sleep(VERIFY_MS);
        }
      }),
  };
}

/**
 * An experiment is decided by the engine that it was started under, or not at all: it is held until a worker that has
 * that engine takes it. People can stop it meanwhile.
 */
function assertEngine({ engine_version }: Pick<Launch, 'engine_version'>): void {
  if (engine_version === ENGINE_VERSION) return;
  throw ApplicationFailure.nonRetryable(
    `engine ${engine_version} decides this experiment, and this worker has engine ${ENGINE_VERSION}: ` +
      'run a worker of a release that has it, see docs/upgrading-workflows.md',
    'other_engine',
  );
}

/** Waiting does not bring an experiment that was never started; every other failure is retried. */
async function failForGoodIfMissing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RampartError) || error.code !== 'not_found') throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}
