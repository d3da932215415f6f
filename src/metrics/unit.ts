import type { Metric } from '../model/metric.js';
import {
  noteEvent,
  noteExposure,
  remember,
  rememberedDays,
  type DailySums,
  type FirstExposure,
} from './before.js';
import { countedBy, isWithinWindow } from './counted.js';
import type { UnitValue } from './kind.js';
import { KINDS } from './kinds.js';
import type { Catalog, ExposureRecord, Increment, InboxEvent, Mark, ValueRecord } from './records.js';
import { cellId, fieldName, totalsId } from './totals-document.js';
import { isBeyondRange } from './value-range.js';

/** Everything that is remembered about one unit. */
export interface UnitState {
  /** Hashes of the event ids seen, with their timestamps. */
  seen: [id: string, at: number][];
  entries: Entry[];
  /** Events received within the last minute: an exposure may arrive after the events that it makes count. */
  recent: (ValueRecord & { received_at: number })[];
  duplicates: Record<string, number>;
  days: DailySums;
  /** One for each experiment that the unit was exposed to. */
  firsts: FirstExposure[];
  /** Experiments that the unit was taken out of. */
  excluded: string[];
  /** It has more events than can be remembered, and so counts in no experiment. */
  excessive: boolean;
  /** When it was erased, ms since the epoch: it is a tombstone, which folds nothing more. Absent of all others. */
  erased_at?: number;
}

/** One unit in one epoch of one experiment. */
export interface Entry {
  experiment_id: string;
  epoch: number;
  /** The first exposure to the arm that the unit's slot has; null as long as there were only exposures to others. */
  exposure: {
    variant: string;
    band: number;
    at: number;
    received_at: number;
    /** The experiment's segments that the unit was in, a bit for each; absent where nobody told. */
    segments?: number;
  } | null;
  mismatch: boolean;
  /** The unit's own number per metric; integers in the metric's scale. */
  values: Record<string, UnitValue>;
  /** Events of its metrics that happened, by their timestamps, before the exposure; absent for none. */
  before_exposure?: number;
  /** Values that were too large for a metric, and so not counted for it; absent for none. */
  out_of_range?: number;
  /** Latest event of the entry, and of each metric; ms since the epoch. */
  last_at: number;
  last: Record<string, number>;
}

/** An event still counts if it was received at most this long before the exposure. */
export const LATE_EXPOSURE_MS = 60_000;
/** How long event ids are remembered: events older than 48 h are rejected at the door. */
export const REMEMBER_MS = 49 * 3_600_000;
const MOST_IDS = 10_000;

export function emptyUnit(): UnitState {
  return {
    seen: [],
    entries: [],
    recent: [],
    duplicates: {},
    days: {},
    firsts: [],
    excluded: [],
    excessive: false,
  };
}

/**
 * What is left of a unit that is erased: nothing but when. It stands for as long as events from before may be sent again, so
 * that they do not make the unit anew and count a second time.
 */
export function tombstone(erased_at: number): UnitState {
  return { ...emptyUnit(), erased_at };
}

/** Every experiment that anything is remembered of; some more than once. */
export function experimentsIn({ entries, firsts, excluded, duplicates }: UnitState): string[] {
  return [
    ...[...entries, ...firsts].map(({ experiment_id }) => experiment_id),
    ...excluded,
    ...Object.keys(duplicates),
  ];
}

/**
 * The unit after the events of a step. Pure: the order of events in the batch does not matter, an event that was seen
 * before only counts as a duplicate, and all times come from the batch.
 *
 * @param oldest_received_at of the step: ids older than 49 h before it are forgotten
 */
export function foldUnit(
  before: UnitState,
  events: readonly Received[],
  catalog: Catalog,
  oldest_received_at: number,
): UnitState {
  return foldEvents(before, events, catalog, oldest_received_at).unit;
}

/** A unit after the events of a step, and which of them were new and which were seen before. */
export interface FoldedUnit {
  unit: UnitState;
  fresh: Received[];
  repeated: Received[];
}

/** As `foldUnit`. */
export function foldEvents(
  before: UnitState,
  events: readonly Received[],
  catalog: Catalog,
  oldest_received_at: number,
): FoldedUnit {
  const [fresh, repeated]: [Received[], Received[]] = [[], []];
  const seen = new Map(before.seen);
  const unit: UnitState = {
    ...before,
    entries: before.entries.map((entry) => ({
      ...entry,
      values: { ...entry.values },
      last: { ...entry.last },
    })),
    recent: [...before.recent],
    duplicates: { ...before.duplicates },
    days: rememberedDays(before.days, oldest_received_at),
    firsts: before.firsts.map((first) => ({ ...first, before: { ...first.before } })),
  };
  for (const received of [...events].sort(inOrder)) {
    const { event, received_at } = received;
    if (seen.has(event.id)) {
      countDuplicate(unit, event);
      repeated.push(received);
      continue;
    }
    fresh.push(received);
    seen.set(event.id, event.at);
    if (event.kind === 'exposure') expose(unit, event, received_at, catalog);
    else if (event.kind === 'exclusion')
      unit.excluded = [...new Set([...unit.excluded, event.experiment_id])];
    else if (event.kind === 'value') count(unit, event, received_at, catalog);
  }
  unit.recent = unit.recent.filter((event) => event.received_at >= oldest_received_at - LATE_EXPOSURE_MS);
  unit.seen = [...seen].filter(([, at]) => at >= oldest_received_at - REMEMBER_MS);
  unit.excessive ||= unit.seen.length > MOST_IDS;
  if (unit.excessive) unit.seen = unit.seen.slice(-MOST_IDS);
  return { unit, fresh, repeated };
}

export type Received = { event: InboxEvent; received_at: number };

/** Of events with one id, only the first counts. So the order must be one and the same, whatever order they come in. */
function inOrder(a: Received, b: Received): number {
  return (
    a.event.at - b.event.at ||
    compareTexts(a.event.id, b.event.id) ||
    a.received_at - b.received_at ||
    compareTexts(JSON.stringify(a.event), JSON.stringify(b.event))
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function countDuplicate(unit: UnitState, event: InboxEvent): void {
  if (event.kind === 'erasure') return;
  const experiments =
    event.kind !== 'value'
      ? [event.experiment_id]
      : [...new Set(unit.entries.map((entry) => entry.experiment_id))];
  for (const id of experiments) unit.duplicates[id] = (unit.duplicates[id] ?? 0) + 1;
}

function expose(unit: UnitState, event: ExposureRecord, received_at: number, catalog: Catalog): void {
  const experiment = catalog.get(event.experiment_id);
  if (!experiment?.live) return;
  const { metrics } = experiment;
  const entry = entryOf(unit, event);
  entry.last_at = Math.max(entry.last_at, event.at);
  noteExposure(unit.firsts, unit.days, event, metrics);
  if (event.mismatch) {
    entry.mismatch = true;
    return;
  }
  const before = entry.exposure;
  if (before && before.at < event.at) return;
  if (before?.at === event.at) {
    // Whichever of the two came first: the order of events must not change the totals.
    entry.exposure = { ...before, ...lesser(before.segments, event.segments) };
    return;
  }
  const { variant, segments } = event;
  entry.exposure = {
    variant,
    band: before?.band ?? event.band,
    at: event.at,
    received_at,
    ...(segments !== undefined && { segments }),
  };
  for (const recent of unit.recent) {
    const counted = before !== null && recent.at >= before.at;
    if (counted) continue;
    // It was left out as being too early for the exposure that was the first until now. What it is now is found anew.
    if (before !== null && isInTime(before, recent.received_at)) leaveOut(entry, recent, metrics, -1);
    add(entry, recent, recent.received_at, metrics);
  }
}

/** Of two exposures at one moment, the segments of the one that tells, of two that tell the lesser ones. */
function lesser(a: number | undefined, b: number | undefined): { segments?: number } {
  const segments = Math.min(a ?? Infinity, b ?? Infinity);
  return Number.isFinite(segments) ? { segments } : {};
}

function entryOf(unit: UnitState, { experiment_id, epoch }: ExposureRecord): Entry {
  const found = unit.entries.find((entry) => entry.experiment_id === experiment_id && entry.epoch === epoch);
  if (found) return found;
  const entry: Entry = {
    experiment_id,
    epoch,
    exposure: null,
    mismatch: false,
    values: {},
    last_at: 0,
    last: {},
  };
  unit.entries.push(entry);
  return entry;
}

function count(unit: UnitState, event: ValueRecord, received_at: number, catalog: Catalog): void {
  remember(unit.days, event);
  for (const entry of unit.entries) {
    const experiment = catalog.get(entry.experiment_id);
    if (experiment?.live) add(entry, event, received_at, experiment.metrics);
  }
  for (const first of unit.firsts) {
    const experiment = catalog.get(first.experiment_id);
    if (experiment?.live) noteEvent(first, unit.days, event, experiment.metrics);
  }
  unit.recent.push({ ...event, received_at });
}

function isInTime(exposure: NonNullable<Entry['exposure']>, received_at: number): boolean {
  return received_at >= exposure.received_at - LATE_EXPOSURE_MS;
}

/** Notes an event that happened before the exposure, where a metric would have counted it. */
function leaveOut(entry: Entry, event: ValueRecord, metrics: readonly Metric[], by: 1 | -1): void {
  const wouldCount = metrics.some((metric) => {
    const counted = countedBy(metric, event);
    return typeof counted === 'object' || counted === 'out_of_range';
  });
  if (!wouldCount) return;
  entry.before_exposure = (entry.before_exposure ?? 0) + by;
}

/** Adds an event to a unit's own numbers if it falls into the metric's time after the first exposure. */
function add(entry: Entry, event: ValueRecord, received_at: number, metrics: readonly Metric[]): void {
  const { exposure } = entry;
  if (!exposure || !isInTime(exposure, received_at)) return;
  if (event.at < exposure.at) return leaveOut(entry, event, metrics, 1);
  const since = event.at - exposure.at;
  for (const metric of metrics) {
    if (!isWithinWindow(metric, since)) continue;
    const counted = countedBy(metric, event);
    if (counted === 'out_of_range') entry.out_of_range = (entry.out_of_range ?? 0) + 1;
    if (typeof counted === 'string') continue;
    const before = entry.values[metric.metric_id];
    entry.values[metric.metric_id] = KINDS[metric.kind].fold(before, counted, metric);
    entry.last[metric.metric_id] = Math.max(entry.last[metric.metric_id] ?? 0, event.at);
    entry.last_at = Math.max(entry.last_at, event.at);
  }
}

/** What the totals should hold of this unit now: the increments that would build it up from nothing. */
export function countedOf(unit: UnitState, catalog: Catalog): Increment[] {
  const increments: Increment[] = [];
  for (const entry of unit.entries) {
    const { metrics, segmented } = catalog.get(entry.experiment_id) ?? {};
    if (!metrics || !entry.exposure || unit.excluded.includes(entry.experiment_id)) continue;
    const { variant, band, at } = entry.exposure;
    const first = unit.firsts.find((one) => one.experiment_id === entry.experiment_id);
    const id = totalsId(entry.experiment_id, entry.epoch, band, at);
    const segments = segmented ? segmentsOf(unit, entry.experiment_id) : 0;
    const cell = cellId(id, segments ?? 0);
    const put = (path: string, amount: bigint, where = id): void => {
      if (amount !== 0n) increments.push([where, path, amount.toString()]);
    };
    if (unit.excessive) put('excessive', 1n);
    else if (entry.mismatch) put('crossed_over', 1n);
    else {
      const arm = `arms.${fieldName(variant)}`;
      put(`${arm}.units`, 1n, cell);
      if (segments === null) put('untold', 1n);
      put('out_of_range', BigInt(outOfRange(entry, metrics)));
      put('before_exposure', BigInt(entry.before_exposure ?? 0));
      for (const metric of metrics) {
        const { metric_id, kind } = metric;
        const sums = KINDS[kind].contribution(entry.values[metric_id], metric, first?.before[metric_id]);
        for (const [path, amount] of sums)
          put(`${arm}.metrics.${fieldName(metric_id)}.${path}`, amount, cell);
      }
    }
    put(
      'duplicates',
      BigInt(entry.epoch === lastEpoch(unit, entry) ? (unit.duplicates[entry.experiment_id] ?? 0) : 0),
    );
  }
  return increments;
}

/**
 * The segments that a unit is in, by its first counted exposure to the experiment, in whatever epoch: what the treatment
 * makes of a unit afterwards must not move it from one segment to another. Null where that exposure does not tell.
 */
function segmentsOf({ entries }: UnitState, experiment_id: string): number | null {
  const [first] = entries
    .filter((entry) => entry.experiment_id === experiment_id && entry.exposure !== null)
    .sort((a, b) => a.exposure!.at - b.exposure!.at || a.epoch - b.epoch);
  return first?.exposure?.segments ?? null;
}

/** How many values of a unit were too large to be counted, and how many of its own numbers count only up to their limit. */
function outOfRange({ values, out_of_range = 0 }: Entry, metrics: readonly Metric[]): number {
  const beyond = metrics.filter((metric) => isBeyondRange(values[metric.metric_id], metric));
  return out_of_range + beyond.length;
}

/** When the unit's totals last had an event. */
export function marksOf(unit: UnitState): Mark[] {
  return unit.entries.flatMap(({ experiment_id, epoch, exposure, last_at, last }) => {
    if (!exposure) return [];
    const id = totalsId(experiment_id, epoch, exposure.band, exposure.at);
    const perMetric = Object.entries(last).map(([metric, at]): Mark => [id, `last.${fieldName(metric)}`, at]);
    return [[id, 'last_at', last_at] satisfies Mark, ...perMetric];
  });
}

function lastEpoch(unit: UnitState, { experiment_id }: Entry): number {
  return Math.max(
    ...unit.entries.filter((entry) => entry.experiment_id === experiment_id).map((entry) => entry.epoch),
  );
}

/** New minus old, without the entries that do not change. */
export function difference(before: readonly Increment[], after: readonly Increment[]): Increment[] {
  const amounts = new Map<string, { key: [string, string]; amount: bigint }>();
  const put = ([id, path, amount]: Increment, sign: bigint): void => {
    const key = `${id}\n${path}`;
    const sum = (amounts.get(key)?.amount ?? 0n) + sign * BigInt(amount);
    amounts.set(key, { key: [id, path], amount: sum });
  };
  for (const increment of after) put(increment, 1n);
  for (const increment of before) put(increment, -1n);
  return [...amounts.values()]
    .filter(({ amount }) => amount !== 0n)
    .map(({ key: [id, path], amount }): Increment => [id, path, amount.toString()]);
}
