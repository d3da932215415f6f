import { marginOf } from '../model/policy.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { MeasuredSums } from './analyze-input.js';
import { quantileBucket, shifted, slowSums, edgeOf, type BucketSums } from './histogram.js';
import { whole } from './aggregators.js';
import { DAY_MS } from '../model/time.js';

/** One document of totals: the units of one experiment, epoch, band and day of first exposure. */
export interface TotalsDocument {
  _id: string;
  arms?: Record<string, { units?: bigint; metrics?: Record<string, StoredSums> }>;
  crossed_over?: bigint;
  duplicates?: bigint;
  excessive?: bigint;
  last_at?: number;
  last?: Record<string, number>;
}

/** The sums of a metric as its aggregator names them; a quantile's also by bucket. */
type StoredSums = Record<string, bigint | Record<string, BucketSums>>;

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

/** The bucket of a quantile's threshold, per metric: frozen by the control once it has enough requests. */
export type Thresholds = Readonly<Record<string, number>>;

/** All totals of one epoch: arms in the order of the launch, every one of them there, with zeros. */
export interface EpochTotals extends MeasuredSums {
  /** Each quantile's value per arm, in the metric's own unit; null without a request. */
  quantiles: Record<string, Record<string, number | null>>;
  crossed_over: bigint;
  duplicates: bigint;
  excessive: bigint;
  last_at: number | null;
  /** Latest event per metric; a metric without any is absent. */
  last: Record<string, number>;
}

type LaunchMetric = Launch['metrics'][number];

/**
 * The documents of an experiment added up. Units count for a metric with a window once the window of everybody
 * first exposed on their day has passed.
 *
 * @param epoch only that one; all where it is undefined (marks and counters are always of all)
 * @param withdrawn bands that are not enrolled any more: their units count for nothing
 */
export function sumTotals(
  launch: Launch,
  documents: readonly TotalsDocument[],
  now: number,
  thresholds: Thresholds,
  epoch?: number,
  withdrawn: readonly number[] = [],
): EpochTotals {
  const totals: EpochTotals = {
    units: {},
    metrics: {},
    days: {},
    quantiles: {},
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
  const own = ofEpoch(documents, epoch).filter(({ _id }) => !withdrawn.includes(partsOf(_id).band));
  totals.crossed_over = own.reduce((sum, one) => sum + (one.crossed_over ?? 0n), 0n);
  for (const { variant } of launch.arms) totals.units[variant] = unitsOf(own, variant);
  for (const planned of launch.metrics) {
    const { metric, role } = planned;
    const matured = own.filter(
      ({ _id }) => (partsOf(_id).day + 1) * DAY_MS + (metric.window ?? -Infinity) <= now,
    );
    const arms = (of: readonly TotalsDocument[]): Record<string, ArmSums> =>
      Object.fromEntries(
        launch.arms.map(({ variant }) => [variant, armTotals(launch, planned, of, variant, thresholds)]),
      );
    totals.metrics[metric.metric_id] = arms(matured);
    if (role === 'primary') {
      totals.days[metric.metric_id] = byDay(matured).map(([day, of]) => ({ day, arms: arms(of) }));
    }
    if (metric.kind === 'quantile') totals.quantiles[metric.metric_id] = quantilesOf(launch, metric, matured);
  }
  return totals;
}

function ofEpoch(documents: readonly TotalsDocument[], epoch: number | undefined): TotalsDocument[] {
  return documents.filter(({ _id }) => epoch === undefined || partsOf(_id).epoch === epoch);
}

function byDay(documents: readonly TotalsDocument[]): [number, TotalsDocument[]][] {
  const days = new Map<number, TotalsDocument[]>();
  for (const document of documents) {
    const { day } = partsOf(document._id);
    days.set(day, [...(days.get(day) ?? []), document]);
  }
  return [...days].sort(([a], [b]) => a - b);
}

function unitsOf(documents: readonly TotalsDocument[], variant: string): bigint {
  return documents.reduce((sum, one) => sum + (one.arms?.[fieldName(variant)]?.units ?? 0n), 0n);
}

function storedSums(documents: readonly TotalsDocument[], variant: string, metric_id: string): StoredSums[] {
  return documents.flatMap((one) => {
    const sums = one.arms?.[fieldName(variant)]?.metrics?.[fieldName(metric_id)];
    return sums ? [sums] : [];
  });
}

/** One arm's sums under the names that `analyze` has for them. */
function armTotals(
  launch: Launch,
  { metric, role }: LaunchMetric,
  documents: readonly TotalsDocument[],
  variant: string,
  thresholds: Thresholds,
): ArmSums {
  const stored = storedSums(documents, variant, metric.metric_id);
  const total = (name: string): bigint =>
    stored.reduce((sum, one) => sum + ((one[name] as bigint | undefined) ?? 0n), 0n);
  const n = unitsOf(documents, variant);
  switch (metric.kind) {
    case 'proportion':
      return { n, sum: total('sum') };
    case 'error_rate':
      return { n, errors: total('sum') };
    case 'mean': {
      const sums = { n, sum: total('sum'), sum_sq: whole(total, 'sq') };
      const sum_xx = whole(total, 'xx');
      return sum_xx === 0n ? sums : { ...sums, sum_x: total('x'), sum_xx, sum_xy: whole(total, 'xy') };
    }
    case 'ratio':
      return {
        n,
        sum_y: total('y'),
        sum_d: total('d'),
        sum_yy: whole(total, 'yy'),
        sum_dd: total('dd'),
        sum_yd: whole(total, 'yd'),
      };
    case 'quantile': {
      const all = { n, sum_d: total('d'), sum_dd: total('dd') };
      const bucket = thresholds[metric.metric_id];
      if (bucket === undefined) return all;
      const margin = role === 'guardrail' ? marginOf(launch.policy, metric.metric_id) : 0;
      const factor = metric.direction === 'decrease' ? 1 + margin : Math.max(1 - margin, 0.001);
      return {
        ...all,
        ...slowSums(buckets(stored), variant === launch.control ? bucket : shifted(bucket, factor)),
      };
    }
  }
}

function buckets(stored: readonly StoredSums[]): Record<string, BucketSums> {
  const sums: Record<string, Required<BucketSums>> = {};
  for (const one of stored) {
    for (const [bucket, { y = 0n, yy = 0n, yd = 0n }] of Object.entries(
      (one['buckets'] ?? {}) as Record<string, BucketSums>,
    )) {
      const sum = (sums[bucket] ??= { y: 0n, yy: 0n, yd: 0n });
      sum.y += y;
      sum.yy += yy;
      sum.yd += yd;
    }
  }
  return sums;
}

function quantilesOf(
  { arms }: Launch,
  { metric_id, quantile }: Metric,
  documents: readonly TotalsDocument[],
): Record<string, number | null> {
  return Object.fromEntries(
    arms.map(({ variant }) => {
      const bucket = quantileBucket(buckets(storedSums(documents, variant, metric_id)), quantile!);
      return [variant, bucket === null ? null : edgeOf(bucket)];
    }),
  );
}

/** Requests of the control from which on its quantile may be a threshold. */
const REQUESTS_FOR_THRESHOLD = 1_000n;

/** Thresholds that can be frozen now and are not yet: the bucket in which the control's quantile lies. */
export function newThresholds(
  launch: Launch,
  documents: readonly TotalsDocument[],
  before: Thresholds,
  epoch: number,
): Thresholds {
  const own = ofEpoch(documents, epoch);
  return Object.fromEntries(
    launch.metrics.flatMap(({ metric: { metric_id, kind, quantile } }) => {
      if (kind !== 'quantile' || before[metric_id] !== undefined) return [];
      const stored = storedSums(own, launch.control, metric_id);
      const requests = stored.reduce((sum, one) => sum + ((one['d'] as bigint | undefined) ?? 0n), 0n);
      const bucket = requests < REQUESTS_FOR_THRESHOLD ? null : quantileBucket(buckets(stored), quantile!);
      return bucket === null ? [] : [[metric_id, bucket]];
    }),
  );
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
