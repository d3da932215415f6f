import { eventTypesOf, type Metric } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { EarlierSums, UnitValue } from './kind.js';
import { KINDS } from './kinds.js';

/** Per event type and day (since the epoch): number of events and sum of values, in thousandths. */
export type DailySums = Record<string, Record<string, [count: number, sum: number]>>;

/**
 * When a unit was first exposed to an experiment, in whatever epoch and to whatever arm, and what it had done before.
 * Later epochs take the same covariate: days under treatment would adjust a lasting harm away.
 */
export interface FirstExposure {
  experiment_id: string;
  at: number;
  /** The unit's covariate per metric; one without events is absent. */
  before: Record<string, UnitValue>;
}

/** The covariate is made of this many days before the exposure. */
const COVARIATE_DAYS = 14;
/** How long the sums of a day are remembered: exposures may be late by some days. */
const REMEMBERED_DAYS = 18;
/** One value, in thousandths, counts up to this: the sums of a day stay exact, so that the order of events is no matter. */
const LARGEST_DAILY = 2 ** 39;

export function rememberedDays(days: DailySums, oldest_received_at: number): DailySums {
  const first = dayOf(oldest_received_at) - REMEMBERED_DAYS;
  return Object.fromEntries(
    Object.entries(days).map(([type, sums]) => [
      type,
      Object.fromEntries(Object.entries(sums).filter(([day]) => Number(day) >= first)),
    ]),
  );
}

export function remember(
  days: DailySums,
  { type, at, value }: { type: string; at: number; value: number },
): void {
  const day = String(dayOf(at));
  const [count, sum] = days[type]?.[day] ?? [0, 0];
  const thousandths = Math.max(-LARGEST_DAILY, Math.min(LARGEST_DAILY, Math.round(value * 1_000)));
  days[type] = { ...days[type], [day]: [count + 1, sum + thousandths] };
}

/** Takes note of an exposure. Only one that is earlier than all others changes anything. */
export function noteExposure(
  firsts: FirstExposure[],
  days: DailySums,
  { experiment_id, at }: { experiment_id: string; at: number },
  metrics: readonly Metric[],
): void {
  let first = firsts.find((one) => one.experiment_id === experiment_id);
  if (first && first.at <= at) return;
  if (!first) firsts.push((first = { experiment_id, at, before: {} }));
  first.at = at;
  first.before = {};
  for (const metric of metrics) setCovariate(first, days, metric);
}

/** Takes note of an event that is in `days` already: it may be a late one from before the exposure. */
export function noteEvent(
  first: FirstExposure,
  days: DailySums,
  { type, at }: { type: string; at: number },
  metrics: readonly Metric[],
): void {
  if (!isBefore(dayOf(at), first.at)) return;
  for (const metric of metrics) if (eventTypesOf(metric).includes(type)) setCovariate(first, days, metric);
}

function setCovariate(first: FirstExposure, days: DailySums, metric: Metric): void {
  const covariate = KINDS[metric.kind].covariate?.(earlierSums(days, first.at), metric);
  if (covariate === undefined) delete first.before[metric.metric_id];
  else first.before[metric.metric_id] = covariate;
}

function earlierSums(days: DailySums, exposed_at: number): EarlierSums {
  return (type) => {
    const sums = { count: 0, sum: 0 };
    for (const [day, [count, sum]] of Object.entries(days[type] ?? {})) {
      if (!isBefore(Number(day), exposed_at)) continue;
      sums.count += count;
      sums.sum += sum;
    }
    return sums;
  };
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** Whole days only: what happened on the day of the exposure may be an effect of the experiment. */
function isBefore(day: number, exposed_at: number): boolean {
  return day < dayOf(exposed_at) && day >= dayOf(exposed_at) - COVARIATE_DAYS;
}
