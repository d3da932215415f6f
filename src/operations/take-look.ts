import { windowsBetween } from '../calendar/freeze-windows.js';
import { runningP, type Look } from '../lifecycle/look.js';
import type { MeasureInput } from '../lifecycle/measure.js';
import { laterEpochs } from '../lifecycle/guardrails.js';
import { metricsOf, planOf } from '../lifecycle/plan.js';
import { analyzeInputOf } from '../metrics/analyze-input.js';
import { evidenceFor } from '../metrics/evidence-for.js';
import { KINDS } from '../metrics/kinds.js';
import type { TotalsDocument } from '../metrics/totals-document.js';
import { newThresholds, sumTotals, type Thresholds } from '../metrics/totals.js';
import { DAY_MS } from '../model/time.js';
import type { AnalyzeInput } from '../stats/input.js';
import { thresholdsOf, type LookSubject } from '../store/experiment-document.js';
import { SharedRead } from '../store/shared.js';
import type { Store } from '../store/store.js';
import { MinuteWatch } from './watch-minutes.js';

/** How far ahead freeze windows are computed. Every look computes them anew. */
export const FREEZES_AHEAD_MS = 8 * DAY_MS;
/** Maximum age of the list of flags that are switched off, ms. */
const FLAGS_MS = 1_000;

/** Looks at the metrics of experiments. */
export class Looks {
  /** Shared, because every look asks; few flags are disabled. */
  private readonly flagsOff = new SharedRead(
    FLAGS_MS,
    async () => new Set(await this.store.flags.idsHaving('enabled', false)),
  );

  private readonly minutes: MinuteWatch;

  constructor(private readonly store: Store) {
    this.minutes = new MinuteWatch(store);
  }

  /**
   * Takes one look at the metrics of an experiment, and returns it with the sums that it was made from. Stores nothing
   * but thresholds.
   *
   * @param quick computes only what rows 2 and 3 of the decision table read
   */
  async take(
    document: LookSubject,
    { experiment_id, revision, epoch, slots, withdrawn, running }: MeasureInput,
    quick = false,
  ): Promise<{ look: Look; input: AnalyzeInput }> {
    const { store } = this;
    const { launch } = document;
    const waiting = await store.inbox.waiting();
    const at = Date.now();
    const documents = await store.totals.of(experiment_id);
    const thresholds = await thresholdsFor(store, document, documents, epoch, withdrawn);
    const totals = sumTotals(launch, documents, at, thresholds, epoch, withdrawn);
    const plan = planOf(experiment_id, launch);
    const moment = epoch === 0 ? {} : { later_epochs: laterEpochs(plan) };
    const input = analyzeInputOf(launch, totals, slots, moment);
    const guardrails = metricsOf(plan, 'guardrail').map((metric) => metric.metric_id);
    const canBeMissing = (id: string): boolean =>
      launch.metrics.some(({ metric }) => metric.metric_id === id && KINDS[metric.kind].canBeMissing(metric));
    const { evidence, limits_at_full_alpha } = evidenceFor(plan, input, { bayes: !quick, harm_only: quick });
    const folded_until = waiting.oldest ?? waiting.at;
    const variants = Object.keys(input.allocation);
    const watched = { experiment_id, launch, epoch, revision, variants };
    const anomalies = await this.minutes.anomalies(watched, folded_until);
    const look: Look = {
      snapshot_id: `${experiment_id}:${at}`,
      at,
      revision,
      epoch,
      units: Object.fromEntries(variants.map((variant) => [variant, Number(totals.units[variant])])),
      evidence,
      limits_at_full_alpha,
      running_p: runningP(evidence, running?.epoch === epoch ? running.p : {}),
      quantiles: totals.quantiles,
      crossed_over: Number(totals.crossed_over),
      ...(totals.untold !== undefined && { untold_units: Number(totals.untold) }),
      last_event_at: totals.last_at,
      backlog_ms: waiting.oldest === null ? 0 : Math.max(0, at - waiting.oldest),
      folded_until,
      ...(anomalies && { anomalies }),
      stale_guardrails: guardrails.filter(
        (id) => canBeMissing(id) && at - (totals.last[id] ?? at) > plan.policy.stale_after,
      ),
      silent_guardrails: guardrails.filter((id) => canBeMissing(id) && totals.last[id] === undefined),
      flag_enabled: quick || !(await this.flagsOff.get()).has(document.flag_id),
      freezes: windowsBetween(launch.policy.freeze_windows, at, at + FREEZES_AHEAD_MS),
    };
    return { look, input };
  }
}

async function thresholdsFor(
  store: Store,
  document: LookSubject,
  documents: readonly TotalsDocument[],
  epoch: number,
  withdrawn: readonly number[],
): Promise<Thresholds> {
  const known = thresholdsOf(document);
  const fresh = newThresholds(document.launch, documents, known, epoch, withdrawn);
  return Object.keys(fresh).length === 0 ? known : store.experiments.freezeThresholds(document._id, fresh);
}
