import { collectDefaultMetrics, Counter, Histogram, type Registry } from 'prom-client';
import type { FoldedStep } from '../src/metrics/folder.js';
import type { DecisionRecord } from '../src/lifecycle/state.js';
import { ROW } from '../src/lifecycle/decisions/rows.js';
import { buildInfo } from '../src/monitoring/build-info.js';
import type { DeliveryResult } from '../src/operations/deliver-alerts.js';
import type { SpanSink } from '../src/monitoring/spans.js';
import { TemporalSeries } from '../src/monitoring/temporal-series.js';

/** What a worker does again and again. */
export type Work = 'look' | 'watch' | 'fold' | 'commit' | 'reconcile';

/** Upper bounds, seconds: a look of a small experiment takes a few milliseconds, a round of reconciliation minutes at the most. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

const NAMES = new Map<number, string>(Object.entries(ROW).map(([name, id]) => [id, name]));

/** The metrics of a worker. */
export class WorkMetrics {
  readonly temporal: TemporalSeries;
  private readonly durations: Histogram;
  private readonly failures: Counter;
  private readonly events: Counter;
  private readonly batches: Counter;
  private readonly decisions: Counter;
  private readonly alerts: Counter;

  constructor(
    readonly registry: Registry,
    private readonly spans: SpanSink | null = null,
  ) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    for (const name of ['handles', 'requests', 'resources'])
      registry.removeSingleMetric(`nodejs_active_${name}_total`);
    buildInfo(registry);
    this.temporal = new TemporalSeries(registry, spans);
    this.durations = new Histogram({
      name: 'rampart_work_duration_seconds',
      help: 'Time that work took: look, watch (a look between polls), fold (a step), commit, reconcile (a round).',
      labelNames: ['work'],
      buckets: BUCKETS,
      registers,
    });
    this.failures = new Counter({
      name: 'rampart_work_failures_total',
      help: 'Work that failed; it is tried again.',
      labelNames: ['work'],
      registers,
    });
    this.events = new Counter({
      name: 'rampart_folded_events_total',
      help: 'Events that were folded into totals; a step that a crash repeats counts again.',
      registers,
    });
    this.batches = new Counter({
      name: 'rampart_folded_batches_total',
      help: 'Batches of the inbox that were folded; a step that a crash repeats counts again.',
      registers,
    });
    this.decisions = new Counter({
      name: 'rampart_decisions_total',
      help: 'Decisions about experiments by the row of the decision table. One that stays the same counts once.',
      labelNames: ['row', 'decision'],
      registers,
    });
    this.alerts = new Counter({
      name: 'rampart_alerts_total',
      help: 'Alerts sent to webhooks: delivered; failed, to be tried again; dead, given up.',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['delivered', 'failed', 'dead'] satisfies DeliveryResult[])
      this.alerts.inc({ result }, 0);
    for (const work of ['look', 'watch', 'fold', 'commit', 'reconcile'] satisfies Work[])
      this.failures.inc({ work }, 0);
  }

  /** @param attributes of the work's span */
  async timed<T>(
    work: Work,
    run: () => Promise<T>,
    attributes: Record<string, string | number> = {},
  ): Promise<T> {
    const began = performance.now();
    let failed = false;
    try {
      return await run();
    } catch (error) {
      failed = true;
      this.failures.inc({ work });
      throw error;
    } finally {
      const seconds = (performance.now() - began) / 1000;
      this.durations.observe({ work }, seconds);
      this.spans?.({ name: `rampart ${work}`, kind: 'internal', began, seconds, attributes, failed });
    }
  }

  folded({ events, batches }: FoldedStep): void {
    this.events.inc(events);
    this.batches.inc(batches);
  }

  decided({ row, decision }: Pick<DecisionRecord, 'row' | 'decision'>): void {
    this.decisions.inc({ row: NAMES.get(row) ?? String(row), decision });
  }

  told(result: DeliveryResult, alerts: number): void {
    this.alerts.inc({ result }, alerts);
  }
}
