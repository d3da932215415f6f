import type { Launch } from '../model/launch.js';
import { marginOf } from '../model/policy.js';
import { DAY_MS } from '../model/time.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { MeasuredSegment, MeasuredSums } from './analyze-input.js';
import { KINDS } from './kinds.js';
import { addUp, type StoredSums } from './stored-sums.js';
import { fieldName, partsOf, type TotalsDocument } from './totals-document.js';
import type { JsonInteger } from '../stats/input.js';

/** Frozen thresholds by metric, for those kinds that have one. */
export type Thresholds = Readonly<Record<string, number>>;

/** All totals of one epoch. Every arm of the launch is there, in its order; one without units has zeros. */
export interface EpochTotals extends MeasuredSums {
  /** By metric and arm, for kinds with a threshold: the value to display, in the metric's own unit. */
  quantiles: Record<string, Record<string, number | null>>;
  /** Of an experiment with segments: units whose first exposure did not tell in which they are. */
  untold?: bigint;
  crossed_over: bigint;
  duplicates: bigint;
  excessive: bigint;
  before_exposure: bigint;
  out_of_range: bigint;
  last_at: number | null;
  /** Latest event per metric; a metric without any is absent. */
  last: Record<string, number>;
}

type PlannedMetric = Launch['metrics'][number];

/** What documents hold for one metric in one arm. */
interface StoredArm {
  n: bigint;
  sums: StoredSums;
}

/**
 * Adds up the documents of an experiment. If a metric has a window, units count once the window has passed for
 * everybody who was first exposed on the same day.
 *
 * @param epoch the only one to count; undefined counts all. Duplicates, excessive units and times of latest events are
 *   always those of all epochs
 * @param withdrawn bands that are no longer enrolled: their units do not count
 */
export function sumTotals(
  launch: Launch,
  documents: readonly TotalsDocument[],
  now: number,
  thresholds: Thresholds,
  epoch?: number,
  withdrawn: readonly number[] = [],
): EpochTotals {
  const counted = enrolled(documents, epoch, withdrawn);
  const totals: EpochTotals = {
    units: ofArms(launch, (variant) => unitsOf(counted, variant)),
    metrics: {},
    days: {},
    quantiles: {},
    crossed_over: sumOf(counted, (document) => document.crossed_over),
    duplicates: sumOf(documents, (document) => document.duplicates),
    excessive: sumOf(documents, (document) => document.excessive),
    before_exposure: sumOf(counted, (document) => document.before_exposure),
    out_of_range: sumOf(counted, (document) => document.out_of_range),
    ...marksOf(launch, documents),
    ...(launch.segments && {
      segments: launch.segments.names.map((segment, place) =>
        segmentTotals(launch, segment, documentsOfSegment(counted, place), now, thresholds),
      ),
      untold: sumOf(counted, (document) => document.untold),
    }),
  };
  for (const planned of launch.metrics) {
    const { metric, role } = planned;
    const { metric_id, kind } = metric;
    const matured = maturedOf(metric, counted, now);
    const stored = storedArms(launch, metric_id, matured);
    totals.metrics[metric_id] = exactArms(launch, planned, stored, thresholds[metric_id]);
    if (role === 'primary') {
      totals.days[metric_id] = byDay(matured).map(([day, part]) => {
        const ofDay = storedArms(launch, metric_id, part);
        return { day, arms: exactArms(launch, planned, ofDay, thresholds[metric_id]) };
      });
    }
    const { threshold } = KINDS[kind];
    if (threshold) {
      totals.quantiles[metric_id] = ofArms(launch, (variant) =>
        threshold.display(stored[variant]!.sums, metric),
      );
    }
  }
  return totals;
}

/** What the documents hold of a segment, as documents of their own. */
function documentsOfSegment(documents: readonly TotalsDocument[], place: number): TotalsDocument[] {
  return documents.flatMap(({ _id, segments }) => {
    const own = segments?.[place];
    return own ? [{ _id, ...own }] : [];
  });
}

function segmentTotals(
  launch: Launch,
  segment: string,
  documents: readonly TotalsDocument[],
  now: number,
  thresholds: Thresholds,
): MeasuredSegment {
  const metrics = launch.metrics.map((planned) => {
    const { metric } = planned;
    const { metric_id } = metric;
    const stored = storedArms(launch, metric_id, maturedOf(metric, documents, now));
    return [metric_id, exactArms(launch, planned, stored, thresholds[metric_id])] as const;
  });
  return {
    segment,
    units: ofArms(launch, (variant) => unitsOf(documents, variant)),
    metrics: Object.fromEntries(metrics),
  };
}

/** The documents whose units have all had the window of a metric. */
function maturedOf(
  { window = -Infinity }: PlannedMetric['metric'],
  documents: readonly TotalsDocument[],
  now: number,
): TotalsDocument[] {
  return documents.filter(({ _id }) => (partsOf(_id).day + 1) * DAY_MS + window <= now);
}

function ofArms<T>({ arms }: Launch, of: (variant: string) => T): Record<string, T> {
  return Object.fromEntries(arms.map(({ variant }) => [variant, of(variant)]));
}

function sumOf(
  documents: readonly TotalsDocument[],
  count: (document: TotalsDocument) => bigint | undefined,
): bigint {
  return documents.reduce((sum, document) => sum + (count(document) ?? 0n), 0n);
}

/** When the experiment and each of its metrics had their latest event. */
function marksOf(
  launch: Launch,
  documents: readonly TotalsDocument[],
): Pick<EpochTotals, 'last_at' | 'last'> {
  const latest = (times: (number | undefined)[]): number => Math.max(0, ...times.map((at) => at ?? 0));
  const last = launch.metrics.flatMap(({ metric: { metric_id } }): [string, number][] => {
    const at = latest(documents.map((document) => document.last?.[fieldName(metric_id)]));
    return at > 0 ? [[metric_id, at]] : [];
  });
  return {
    last_at: latest(documents.map((document) => document.last_at)) || null,
    last: Object.fromEntries(last),
  };
}

/** The documents of an epoch without those of withdrawn bands. */
function enrolled(
  documents: readonly TotalsDocument[],
  only: number | undefined,
  withdrawn: readonly number[],
): TotalsDocument[] {
  return documents.filter(({ _id }) => {
    const { epoch, band } = partsOf(_id);
    return (only === undefined || epoch === only) && !withdrawn.includes(band);
  });
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
  return sumOf(documents, ({ arms }) => arms?.[fieldName(variant)]?.units);
}

/** What the documents hold for one metric in one arm, added up. */
function storedSums(documents: readonly TotalsDocument[], variant: string, metric_id: string): StoredSums {
  return addUp(
    documents.flatMap(({ arms }): StoredSums[] => {
      const sums = arms?.[fieldName(variant)]?.metrics?.[fieldName(metric_id)];
      return sums ? [sums] : [];
    }),
  );
}

function storedArms(
  launch: Launch,
  metric_id: string,
  documents: readonly TotalsDocument[],
): Record<string, StoredArm> {
  return ofArms(launch, (variant) => ({
    n: unitsOf(documents, variant),
    sums: storedSums(documents, variant, metric_id),
  }));
}

function exactArms(
  launch: Launch,
  { metric, role }: PlannedMetric,
  stored: Record<string, StoredArm>,
  threshold: number | undefined,
): Record<string, ArmSums> {
  const arms = ofArms(launch, (variant): ArmSums => {
    const hasMargin = role === 'guardrail' && variant !== launch.control;
    const margin = hasMargin ? marginOf(launch.policy, metric.metric_id) : 0;
    const { n, sums } = stored[variant]!;
    return { n, ...KINDS[metric.kind].armSums(sums, { metric, margin, threshold }) };
  });
  return withCovariate(arms, Object.keys(KINDS[metric.kind].estimator.covariate?.sums ?? {}));
}

/** All arms have the sums of the covariate, or none: an arm whose units did nothing before has zeros. */
function withCovariate(arms: Record<string, ArmSums>, names: readonly string[]): Record<string, ArmSums> {
  if (!Object.values(arms).some((arm) => names.some((name) => name in arm))) return arms;
  const zeros = Object.fromEntries(names.map((name) => [name, 0n]));
  return Object.fromEntries(Object.entries(arms).map(([variant, arm]) => [variant, { ...zeros, ...arm }]));
}

/** The thresholds that are not frozen yet and can be frozen now, from the totals of the control. As in `sumTotals`. */
export function newThresholds(
  launch: Launch,
  documents: readonly TotalsDocument[],
  before: Thresholds,
  epoch: number,
  withdrawn: readonly number[] = [],
): Thresholds {
  const own = enrolled(documents, epoch, withdrawn);
  return Object.fromEntries(
    launch.metrics.flatMap(({ metric }): [string, number][] => {
      const { metric_id, kind } = metric;
      const { threshold } = KINDS[kind];
      if (threshold === null || before[metric_id] !== undefined) return [];
      const frozen = threshold.freeze(storedSums(own, launch.control, metric_id), metric);
      return frozen === null ? [] : [[metric_id, frozen]];
    }),
  );
}

/** Totals as JSON: an integer beyond 2^53 − 1 is a decimal string. */
export interface TotalsReport {
  crossed_over: JsonInteger;
  duplicates: JsonInteger;
  excessive: JsonInteger;
  before_exposure: JsonInteger;
  out_of_range: JsonInteger;
  variants: VariantsReport;
  /** Of an experiment with segments: the same of the units of each, and how many units nobody told of. */
  segments?: Record<string, VariantsReport>;
  untold_units?: JsonInteger;
}

type VariantsReport = Record<
  string,
  { units: JsonInteger; metrics: Record<string, Record<string, JsonInteger>> }
>;

/** The answer of GET …/totals: integers as JSON numbers up to 2^53 − 1, and as decimal strings beyond. */
export function totalsReport(totals: EpochTotals): TotalsReport {
  const { crossed_over, duplicates, excessive, before_exposure, out_of_range, segments, untold } = totals;
  return {
    crossed_over: jsonInteger(crossed_over),
    duplicates: jsonInteger(duplicates),
    excessive: jsonInteger(excessive),
    before_exposure: jsonInteger(before_exposure),
    out_of_range: jsonInteger(out_of_range),
    variants: variantsReport(totals),
    ...(segments && {
      segments: Object.fromEntries(segments.map((one) => [one.segment, variantsReport(one)])),
    }),
    ...(untold !== undefined && { untold_units: jsonInteger(untold) }),
  };
}

function variantsReport({ units, metrics }: Pick<EpochTotals, 'units' | 'metrics'>): VariantsReport {
  const integersOf = (sums: ArmSums): Record<string, JsonInteger> =>
    Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, jsonInteger(sum)]));
  const metricsOf = (variant: string): Record<string, Record<string, JsonInteger>> =>
    Object.fromEntries(Object.entries(metrics).map(([id, arms]) => [id, integersOf(arms[variant]!)]));
  return Object.fromEntries(
    Object.entries(units).map(([variant, n]) => [
      variant,
      { units: jsonInteger(n), metrics: metricsOf(variant) },
    ]),
  );
}

function jsonInteger(value: bigint): number | string {
  const largest = BigInt(Number.MAX_SAFE_INTEGER);
  return value <= largest && value >= -largest ? Number(value) : value.toString();
}
