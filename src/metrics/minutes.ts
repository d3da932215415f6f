import { eventTypesOf, type Metric } from '../model/metric.js';
import { HOUR_MS, MINUTE_MS } from '../model/time.js';
import { countedBy, isWithinWindow } from './counted.js';
import type { Catalog, Increment, ValueRecord } from './records.js';
import { fieldName } from './totals-document.js';
import type { Entry, FoldedUnit, UnitState } from './unit.js';

/** An event that was received longer than this after its timestamp is late, ms. */
const LATE_MS = 60_000;
/**
 * Of a unit of which something came less than this before, an exposure is no arrival, ms. Senders repeat exposures once an hour,
 * and all of them where a process was started anew: that is no traffic.
 */
const AWAY_MS = 50 * MINUTE_MS;
/** Sums of values are integers, in thousandths. */
export const VALUE_SCALE = 1000;

/**
 * The counts of one experiment, epoch and hour, by minute and arm. The minute is the one in which the API received an
 * event: once everything before its end is folded, it never changes again.
 */
export interface MinutesDocument {
  _id: string;
  /** By minute of the hour, then by arm. */
  m?: Record<string, Record<string, StoredMinute>>;
}

/** One arm in one minute; what is absent is 0. */
export interface StoredMinute {
  /** Arrivals: exposures of units of which nothing had come for an hour. */
  x?: number;
  /** Exposures, and events that a metric of the experiment is made of. */
  e?: number;
  /** Those of them that came late. */
  l?: number;
  /** Events that were sent again. */
  d?: number;
  /** Units that were found to be in two arms. */
  c?: number;
  /** Of each watched metric: how many events, and the sum of their values in thousandths. */
  g?: Record<string, { n?: number; s?: number }>;
}

/** What no id of an experiment begins with. */
const MARK = '@';

/** `@experiment:epoch:hour`; the hour counts from the epoch of time. */
export function minutesId(experiment_id: string, epoch: number, at: number): string {
  return `${MARK}${experiment_id}:${epoch}:${Math.floor(at / HOUR_MS)}`;
}

/** Whether a document of the fold has counts by minute, and not totals. */
export function isMinutesId(id: string): boolean {
  return id.startsWith(MARK);
}

/** The experiment's own id may hold colons. `at` is the beginning of the hour, ms since the epoch. */
export function partsOfMinutesId(id: string): { experiment_id: string; at: number } {
  const parts = id.slice(MARK.length).split(':');
  return { experiment_id: parts.slice(0, -2).join(':'), at: Number(parts.at(-1)) * HOUR_MS };
}

/** Whether the values of a metric's events are watched, and not only how many there are. */
export function hasValues({ kind }: Pick<Metric, 'kind'>): boolean {
  return kind === 'quantile' || kind === 'mean' || kind === 'ratio';
}

/**
 * What the events of one step add to the counts by minute. Nothing of it is remembered in the unit: it is part of the
 * step's delta, and so is added exactly once, as the totals are.
 *
 * An event counts for the arms that its unit has once the step is folded. So events that came before the exposure are in
 * no minute, and of a unit that crossed over or was taken out only the crossing is.
 */
export function minuteIncrements(before: UnitState, folded: FoldedUnit, catalog: Catalog): Increment[] {
  const { unit, fresh, repeated } = folded;
  if (unit.excessive) return [];
  const sums = new Sums();
  const counted = unit.entries.filter(
    (entry) => catalog.get(entry.experiment_id)?.live && !unit.excluded.includes(entry.experiment_id),
  );
  const arrived = new Set<Entry>();
  for (const { event, received_at } of fresh) {
    if (event.kind === 'exposure') {
      const entry = counted.find((one) => isOf(one, event));
      if (!entry || event.mismatch) continue;
      const last_at = before.entries.find((one) => isOf(one, event))?.last_at ?? -Infinity;
      const isArrival = !arrived.has(entry) && event.at - last_at >= AWAY_MS;
      if (isArrival) sums.put(entry, received_at, event.variant, 'x', 1);
      arrived.add(entry);
      countEvent(sums, entry, event.variant, event.at, received_at);
    } else if (event.kind === 'value') {
      for (const entry of counted) countValue(sums, entry, event, received_at, catalog);
    }
  }
  for (const { event, received_at } of repeated)
    for (const entry of counted)
      if (entry.exposure && (!('experiment_id' in event) || isOf(entry, event)))
        sums.put(entry, received_at, entry.exposure.variant, 'd', 1);
  for (const entry of counted)
    if (hasCrossed(entry) && !before.entries.some((one) => isOf(one, entry) && hasCrossed(one)))
      sums.put(entry, latestOf(folded), entry.exposure!.variant, 'c', 1);
  return sums.all();
}

function isOf({ experiment_id, epoch }: Entry, other: { experiment_id: string; epoch?: number }): boolean {
  return experiment_id === other.experiment_id && (other.epoch === undefined || epoch === other.epoch);
}

function hasCrossed({ mismatch, exposure }: Entry): boolean {
  return mismatch && exposure !== null;
}

function latestOf({ fresh }: FoldedUnit): number {
  return Math.max(...fresh.map(({ received_at }) => received_at));
}

function countEvent(sums: Sums, entry: Entry, variant: string, at: number, received_at: number): void {
  sums.put(entry, received_at, variant, 'e', 1);
  if (received_at - at > LATE_MS) sums.put(entry, received_at, variant, 'l', 1);
}

function countValue(
  sums: Sums,
  entry: Entry,
  event: ValueRecord,
  received_at: number,
  catalog: Catalog,
): void {
  const { exposure, mismatch } = entry;
  if (!exposure || mismatch || event.at < exposure.at) return;
  const { metrics, watched = [] } = catalog.get(entry.experiment_id)!;
  if (!metrics.some((metric) => eventTypesOf(metric).includes(event.type))) return;
  countEvent(sums, entry, exposure.variant, event.at, received_at);
  const since = event.at - exposure.at;
  for (const metric of watched) {
    const counted = isWithinWindow(metric, since) ? countedBy(metric, event) : null;
    if (counted === null || typeof counted === 'string' || counted.lack !== null) continue;
    const place = `g.${fieldName(metric.metric_id)}`;
    sums.put(entry, received_at, exposure.variant, `${place}.n`, 1);
    if (hasValues(metric))
      sums.put(entry, received_at, exposure.variant, `${place}.s`, Math.round(counted.value * VALUE_SCALE));
  }
}

/** Amounts of one unit in one step, by document and path. */
class Sums {
  private readonly amounts = new Map<string, { id: string; path: string; amount: number }>();

  put({ experiment_id, epoch }: Entry, at: number, variant: string, name: string, amount: number): void {
    const id = minutesId(experiment_id, epoch, at);
    const path = `m.${Math.floor((at % HOUR_MS) / MINUTE_MS)}.${fieldName(variant)}.${name}`;
    const known = this.amounts.get(`${id}\n${path}`);
    if (known) known.amount += amount;
    else this.amounts.set(`${id}\n${path}`, { id, path, amount });
  }

  all(): Increment[] {
    return [...this.amounts.values()]
      .filter(({ amount }) => amount !== 0)
      .map(({ id, path, amount }): Increment => [id, path, BigInt(amount).toString()]);
  }
}
