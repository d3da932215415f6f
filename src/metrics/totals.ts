import { marginOf } from '../model/policy.js';
import type { Launch } from '../model/launch.js';
import type { AnalyzeInput, MetricInput } from '../stats/input.js';
import { aggregatorOf } from './kinds.js';

const DAY_MS = 86_400_000;

/** One document of totals: the units of one experiment, epoch, band and day of first exposure. */
export interface TotalsDocument {
  _id: string;
  arms?: Record<string, { units?: bigint; metrics?: Record<string, Record<string, bigint>> }>;
  crossed_over?: bigint;
  duplicates?: bigint;
  excessive?: bigint;
  last_at?: number;
  last?: Record<string, number>;
}

/** `experiment:epoch:band:day`; the day is that of the first exposure, in days since the epoch. */
export function totalsId(experiment_id: string, epoch: number, band: number, exposed_at: number): string {
  return [experiment_id, epoch, band, Math.floor(exposed_at / DAY_MS)].join(':');
}

/** The parts of a totals id; the experiment's own id may hold colons. */
export function partsOf(id: string): { experiment_id: string; epoch: number; band: number; day: number } {
  const parts = id.split(':');
  const [epoch, band, day] = parts.slice(-3).map(Number) as [number, number, number];
  return { experiment_id: parts.slice(0, -3).join(':'), epoch, band, day };
}

/** Names become keys of documents, where a dot would be a path. */
export function fieldName(name: string): string {
  return name.replaceAll('.', '%2E');
}

/** The exact integers of one metric in one arm, named as `analyze` names them. */
export type MetricTotals = Record<string, bigint>;

/** All totals of one epoch: arms in the order of the launch, every one of them there, with zeros. */
export interface EpochTotals {
  units: Record<string, bigint>;
  metrics: Record<string, Record<string, MetricTotals>>;
  crossed_over: bigint;
  duplicates: bigint;
  excessive: bigint;
  last_at: number | null;
  /** Latest event per metric; a metric without any is absent. */
  last: Record<string, number>;
}

/**
 * The documents of an experiment added up. Units count for a metric with a window once the window of everybody
 * first exposed on their day has passed.
 *
 * @param epoch only that one; all where it is undefined (marks and counters are always of all)
 */
export function sumTotals(
  launch: Launch,
  documents: readonly TotalsDocument[],
  now: number,
  epoch?: number,
): EpochTotals {
  const totals: EpochTotals = {
    units: {},
    metrics: {},
    crossed_over: 0n,
    duplicates: 0n,
    excessive: 0n,
    last_at: null,
    last: {},
  };
  for (const document of documents) {
    totals.duplicates += document.duplicates ?? 0n;
    totals.excessive += document.excessive ?? 0n;
    if (document.last_at) totals.last_at = Math.max(totals.last_at ?? 0, document.last_at);
    for (const { metric } of launch.metrics) {
      const at = document.last?.[fieldName(metric.metric_id)];
      if (at) totals.last[metric.metric_id] = Math.max(totals.last[metric.metric_id] ?? 0, at);
    }
  }
  const own = documents.filter(({ _id }) => epoch === undefined || partsOf(_id).epoch === epoch);
  totals.crossed_over = own.reduce((sum, one) => sum + (one.crossed_over ?? 0n), 0n);
  for (const { variant } of launch.arms) {
    totals.units[variant] = own.reduce((sum, one) => sum + (one.arms?.[fieldName(variant)]?.units ?? 0n), 0n);
  }
  for (const { metric } of launch.metrics) {
    if (!aggregatorOf(metric.kind)) continue;
    const matured = own.filter(
      ({ _id }) => (partsOf(_id).day + 1) * DAY_MS + (metric.window ?? -Infinity) <= now,
    );
    totals.metrics[metric.metric_id] = Object.fromEntries(
      launch.arms.map(({ variant }) => [variant, armTotals(matured, metric.kind, metric.metric_id, variant)]),
    );
  }
  return totals;
}

function armTotals(
  documents: readonly TotalsDocument[],
  kind: string,
  metric_id: string,
  variant: string,
): MetricTotals {
  const arms = documents.map((one) => one.arms?.[fieldName(variant)]);
  const total = (name: string): bigint =>
    arms.reduce((sum, arm) => sum + (arm?.metrics?.[fieldName(metric_id)]?.[name] ?? 0n), 0n);
  return {
    n: arms.reduce((sum, arm) => sum + (arm?.units ?? 0n), 0n),
    [kind === 'error_rate' ? 'errors' : 'sum']: total('sum'),
    ...(kind === 'mean' && { sum_sq: total('sq_high') * 2n ** 32n + total('sq_low') }),
  };
}

/**
 * The input of `analyze` for one epoch.
 *
 * @param slots per variant in the present allocation: the arms that are compared, and the shares SRM expects
 */
export function analyzeInputOf(
  launch: Launch,
  totals: EpochTotals,
  slots: Record<string, number>,
): AnalyzeInput {
  const { policy, control, planned_units } = launch;
  const variants = launch.arms.map((arm) => arm.variant).filter((variant) => (slots[variant] ?? 0) > 0);
  const pick = <T>(from: (variant: string) => T): Record<string, T> =>
    Object.fromEntries(variants.map((variant) => [variant, from(variant)]));
  return {
    control,
    allocation: pick((variant) => slots[variant]!),
    planned_units,
    alpha: { ...policy.alpha, guardrail: policy.guardrails.alpha },
    mde: policy.mde,
    units: pick((variant) => totals.units[variant]!.toString()),
    metrics: launch.metrics
      .filter(({ metric }) => totals.metrics[metric.metric_id])
      .map(({ role, metric }): MetricInput => {
        const arms = totals.metrics[metric.metric_id]!;
        return {
          metric_id: metric.metric_id,
          role,
          kind: metric.kind,
          direction: metric.direction,
          ...(metric.kind === 'mean' && { scale: metric.scale }),
          ...(role === 'guardrail' && { margin: marginOf(policy, metric.metric_id) }),
          arms: pick((variant) =>
            Object.fromEntries(Object.entries(arms[variant]!).map(([name, sum]) => [name, sum.toString()])),
          ),
        };
      }),
  };
}

/** The report of GET …/totals: integers as JSON numbers up to 2^53 − 1, as decimal strings beyond. */
export function totalsReport(totals: EpochTotals): Record<string, unknown> {
  const json = (value: bigint): number | string =>
    value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value.toString();
  return {
    crossed_over: json(totals.crossed_over),
    duplicates: json(totals.duplicates),
    excessive: json(totals.excessive),
    variants: Object.fromEntries(
      Object.entries(totals.units).map(([variant, units]) => [
        variant,
        {
          units: json(units),
          metrics: Object.fromEntries(
            Object.entries(totals.metrics).map(([metric_id, arms]) => [
              metric_id,
              Object.fromEntries(Object.entries(arms[variant]!).map(([name, value]) => [name, json(value)])),
            ]),
          ),
        },
      ]),
    ),
  };
}
