import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { windowsBetween } from '../src/calendar/freeze.js';
import { certificateOf, type Measured } from '../src/certificates/certificate.js';
import { runningP, wideInput, wideLimits, type Look } from '../src/lifecycle/look.js';
import { metricsOf, planOf, type Plan } from '../src/lifecycle/plan.js';
import type { DecisionRecord, LostInstance, State } from '../src/lifecycle/state.js';
import type { FreezeWindow } from '../src/lifecycle/freeze.js';
import type { SlotInterval } from '../src/model/serving.js';
import { flagAfter } from '../src/shipping.js';
import type { View, Publication } from '../src/lifecycle/view.js';
import { analyzeInputOf, newThresholds, withFormerControl, sumTotals } from '../src/metrics/totals.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import type { Launch } from '../src/model/launch.js';
import type { AnalyzeInput } from '../src/stats/input.js';
import { analyze } from '../src/stats/analyze.js';
import { thresholdsOf, type Commit } from '../src/store/experiments.js';
import { fencesOver } from '../src/store/serving.js';
import type { Store } from '../src/store/store.js';
import { VERSION } from '../src/version.js';
import type { FenceNotice } from '../workflows/messages.js';
import { handOver } from './hand-over.js';

export interface LifecycleDependencies {
  store: Store;
  liveness: LivenessObserver;
  /** The worker is being stopped: what would go on for long hands over. */
  stopping: AbortSignal;
}

export interface MeasureInput {
  experiment_id: string;
  revision: number;
  epoch: number;
  slots: Record<string, number>;
  /** Bands that are not enrolled any more. */
  withdrawn: number[];
}

export interface CommitInput extends Commit {
  view: View;
  publication: Publication;
  /** The allocation changed: every serving process must hear of it. */
  publish: boolean;
}

/** So far ahead freeze windows are computed; every look computes them anew. */
const AHEAD_MS = 8 * 86_400_000;
/** How often an experiment asks for the slots that it waits for. */
const QUEUE_MS = 1_000;
const ENGINE = { type: 'engine' as const, id: 'rampart' };

export type LifecycleActivities = ReturnType<typeof createLifecycleActivities>;

/** What the workflow of an experiment does to the world. Each may run twice. */
export function createLifecycleActivities({ store, liveness, stopping }: LifecycleDependencies) {
  async function launched(experiment_id: string) {
    const document = await store.experiments.get(experiment_id);
    if (!document?.launch)
      throw ApplicationFailure.nonRetryable(`experiment ${experiment_id} was never started`, 'not_found');
    return { document, launch: document.launch };
  }

  /** Stores a decision with its certificate, which names the one before it. */
  async function certify(experiment_id: string, decision: DecisionRecord): Promise<void> {
    const { launch } = await launched(experiment_id);
    const measured = new Map<string, Measured>();
    for (const id of [decision.snapshot_id, decision.circumstances?.final_snapshot_id]) {
      const snapshot = id ? await store.snapshots.get(id) : null;
      if (snapshot) measured.set(snapshot._id, snapshot);
    }
    const before = await store.experiments.decision(experiment_id, decision.n - 1);
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

  /**
   * Where nobody is left on the control the winner is compared with what the control was before the ship. That is
   * no comparison of the same time, so no shares of slots are expected of it.
   */
  async function comparable(
    experiment_id: string,
    { control }: Launch,
    epoch: number,
    input: AnalyzeInput,
  ): Promise<AnalyzeInput> {
    if (epoch === 0 || control in input.allocation) return input;
    const before = await store.snapshots.newestOfEpoch(experiment_id, 0);
    return withFormerControl(input, before?.input ?? null, control);
  }

  async function fences(experiment_id: string): Promise<FenceNotice[]> {
    const { fences: all } = await store.serving.read();
    return fencesOver(all, experiment_id).map(({ emergency_stop_id, by, reason }) => ({
      emergency_stop_id,
      by,
      reason,
    }));
  }

  return {
    /** What a run begins with. */
    async load(
      experiment_id: string,
    ): Promise<{ plan: Plan; checkpoint: State | null; fences: FenceNotice[]; freezes: FreezeWindow[] }> {
      const { document, launch } = await launched(experiment_id);
      return {
        plan: planOf(experiment_id, launch),
        checkpoint: document.checkpoint,
        fences: await fences(experiment_id),
        freezes: windowsBetween(launch.policy.freeze_windows, Date.now(), launch.start_at + AHEAD_MS),
      };
    },

    /** One look at the metrics, stored as a snapshot. */
    async measure(input: MeasureInput): Promise<{ look: Look; fences: FenceNotice[] }> {
      const { experiment_id, revision, epoch, slots, withdrawn } = input;
      const { document, launch } = await launched(experiment_id);
      const over = await fences(experiment_id);
      const waiting = await store.inbox.oldestWaiting();
      const at = Date.now();
      const documents = await store.totals.of(experiment_id);
      const known = thresholdsOf(document);
      const fresh = newThresholds(launch, documents, known, epoch);
      const thresholds =
        Object.keys(fresh).length === 0
          ? known
          : await store.experiments.freezeThresholds(experiment_id, fresh);
      const totals = sumTotals(launch, documents, at, thresholds, epoch, withdrawn);
      const analysis = await comparable(experiment_id, launch, epoch, analyzeInputOf(launch, totals, slots));
      const plan = planOf(experiment_id, launch);
      const guardrails = metricsOf(plan, 'guardrail').map((metric) => metric.metric_id);
      const flag = await store.flags.get(document.flag_id);
      // Absence of clicks or errors is a value; only where numbers are measured can data be missing.
      const isMeasured = (id: string): boolean =>
        launch.metrics.some(
          ({ metric }) => metric.metric_id === id && ['mean', 'ratio', 'quantile'].includes(metric.kind),
        );
      const evidence = analyze(analysis);
      const last = (await store.snapshots.latest(experiment_id))?.look;
      const look: Look = {
        snapshot_id: `${experiment_id}:${at}`,
        at,
        revision,
        epoch,
        units: Object.fromEntries(
          Object.keys(analysis.allocation).map((variant) => [variant, Number(totals.units[variant])]),
        ),
        evidence,
        wide: wideLimits(analyze(wideInput(plan, analysis))),
        running_p: runningP(evidence, last?.epoch === epoch ? last.running_p : {}),
        quantiles: totals.quantiles,
        crossed_over: Number(totals.crossed_over),
        last_event_at: totals.last_at,
        backlog_ms: waiting === null ? 0 : Math.max(0, at - waiting),
        folded_until: waiting ?? at,
        stale_guardrails: guardrails.filter(
          (id) => isMeasured(id) && at - (totals.last[id] ?? at) > plan.policy.stale_after,
        ),
        silent_guardrails: guardrails.filter((id) => isMeasured(id) && totals.last[id] === undefined),
        flag_enabled: flag?.definition.enabled ?? true,
        freezes: windowsBetween(launch.policy.freeze_windows, at, at + AHEAD_MS),
      };
      await store.snapshots.put({ _id: look.snapshot_id, experiment_id, at, input: analysis, look });
      return { look, fences: over };
    },

    /** Writes the newest state, tells serving, writes the records; answers the fences read after the write. */
    async commit(input: CommitInput): Promise<FenceNotice[]> {
      const { experiment_id, records, decisions, publish } = input;
      await store.experiments.commit(input);
      Context.current().heartbeat();
      if (publish) {
        // Also when the guard let nothing through: an earlier attempt may have died between the two.
        const g = await store.serving.changed(`experiment:${experiment_id}`);
        await store.experiments.servedAt(experiment_id, g);
      }
      const over = await fences(experiment_id);
      for (const { n, ...record } of records)
        await store.experiments.record(experiment_id, `engine:${n}`, record);
      for (const decision of decisions) await certify(experiment_id, decision);
      return over;
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

    /** After the end: the outcome is written into the flag, the slots of the layer are given back. */
    async settle(experiment_id: string): Promise<void> {
      const { document, launch } = await launched(experiment_id);
      const { definition, flag_id, view } = document;
      const winner = view?.outcome === 'shipped' ? view.winner : null;
      const changed = await store.flags.change(
        flag_id,
        (flag) => flagAfter(definition, flag, winner),
        `experiment:${experiment_id}`,
      );
      if (changed) {
        await store.audit.append({
          actor: { type: 'system', id: `experiment:${experiment_id}` },
          action: 'flag.update',
          subject: { type: 'flag', id: flag_id },
          after: changed.definition,
        });
        await store.experiments.record(experiment_id, 'settled', {
          at: Date.now(),
          kind: 'flag_changed',
          actor: ENGINE,
          revision: view?.revision ?? 0,
          reason: winner
            ? `flag ${flag_id} serves ${winner} from now on`
            : `flag ${flag_id} serves the control`,
          data: { flag_id, flag_revision: changed.revision },
        });
      }
      await store.serving.changed(`flag:${flag_id}`);
      await store.experiments.settle(experiment_id, Date.now());
      await store.serving.changed(`experiment:${experiment_id}`);
      if (launch.layer) await store.leases.giveBack(launch.layer.layer_id, experiment_id);
    },

    /** Resolves when every live process serves the last publication; answers those that could not be asked. */
    async verify({
      experiment_id,
      serve_stale_max,
    }: {
      experiment_id: string;
      serve_stale_max: number;
    }): Promise<LostInstance[]> {
      for (;;) {
        if (stopping.aborted) throw handOver();
        Context.current().heartbeat();
        const document = await store.experiments.get(experiment_id);
        const instances = liveness.observe(await store.instances.all(), performance.now());
        const behind = instances.filter((one) => one.g < (document?.served_at ?? 0));
        if (behind.every((one) => !one.live)) {
          return behind.map(({ instance_id }) => ({ instance_id, until: Date.now() + serve_stale_max }));
        }
        await Context.current().sleep(200);
      }
    },
  };
}
