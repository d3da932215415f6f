import { acceptedMetric } from '../metrics/metric-schema.js';
import { propertiesOf } from '../metrics/named-properties.js';
import { EXPOSURE } from '../model/event.js';
import type { MetricDocument } from '../model/metric.js';
import { nearNames } from '../model/near-names.js';
import type { KeptProperty } from '../model/property.js';
import { iso } from '../iso.js';
import { DAY_MS, MINUTE_MS } from '../model/time.js';
import type { ServingSnapshot } from '../serving/serving-snapshot.js';
import type { MinuteCounts } from '../store/event-minutes.js';
import type { Store } from '../store/store.js';
import { allMetrics } from './catalog.js';

/** One hour is shown, minute by minute. */
export const MINUTES_SHOWN = 60;
/** The types that arrived last are looked at; of all others the last hour has nothing. */
const MOST_TYPES = 1_000;
/** A type that no event had for a day is one that a metric waits for. */
const UNSEEN_AFTER_MS = DAY_MS;

/** Numbers by minute, the oldest first, and their sum. */
export interface Rate {
  last_hour: number;
  by_minute: number[];
}

export interface EventType extends Rate {
  type: string;
  last_at: string | null;
  /** Whether events of this type are kept: a built-in metric or a live experiment counts them. */
  kept: boolean;
  /** The metrics that count it, by id. */
  metrics: string[];
  /** Of a type that no metric counts: those that one counts and that are spelt nearly alike. */
  similar: string[];
}

export interface EventTypes {
  /** When the first of the minutes began. */
  since: string;
  types: EventType[];
  /** Types that are left out because there are so many. */
  more_types: number;
  /** Accepted events of types of which there were too many to tell them apart. */
  other_types: Rate;
  /** Types that metrics count and of which nothing came for a day, with those that came and are spelt nearly alike. */
  unseen: { type: string; last_at: string | null; metrics: string[]; similar: string[] }[];
  rejected: ({ code: string } & Rate)[];
  /** Properties that a metric names and that were not kept. */
  dropped: ({ code: string } & Rate)[];
  /** The properties that are kept of events; nothing else is. */
  properties: (KeptProperty & { metrics: string[] })[];
}

/** What arrives at the door, beside what metrics wait for. */
export async function showEventTypes(
  store: Store,
  snapshot: Pick<ServingSnapshot, 'eventTypes' | 'properties'> | null,
  limit: number,
  now: number,
): Promise<EventTypes> {
  const first = Math.floor(now / MINUTE_MS) - MINUTES_SHOWN + 1;
  const [seen, minutes, metrics] = await Promise.all([
    store.eventTypes.newest(MOST_TYPES),
    store.eventMinutes.since(first),
    allMetrics(store),
  ]);
  const uses = usesOf([...metrics.values()]);
  const named = new Map([...metrics].map(([id, metric]) => [id, propertiesOf(acceptedMetric(metric))]));
  const missing = [...uses.keys()].filter((type) => !seen.has(type));
  const rates = ratesOf(minutes, first);
  const lastSeen = latest([seen, await store.eventTypes.lastSeen(missing), rates.last]);
  const types = typesOf(lastSeen, rates, uses, snapshot?.eventTypes ?? new Set());
  return {
    since: new Date(first * MINUTE_MS).toISOString(),
    types: types.slice(0, limit).map((type) => ({ ...type, similar: similarTo(type, uses) })),
    more_types: Math.max(0, types.length - limit),
    other_types: rates.other,
    unseen: unseenOf(uses, lastSeen, now),
    rejected: listOf(rates.rejected),
    dropped: listOf(rates.dropped),
    properties: (snapshot?.properties ?? []).map((property) => ({
      ...property,
      metrics: [...named].filter(([, own]) => own.some((one) => isSame(one, property))).map(([id]) => id),
    })),
  };
}

function isSame(a: KeptProperty, b: KeptProperty): boolean {
  return a.type === b.type && a.name === b.name;
}

/** The metrics that count each type. */
function usesOf(metrics: readonly MetricDocument[]): Map<string, string[]> {
  const uses = new Map<string, string[]>();
  for (const { metric_id, event, denominator_event = event } of metrics)
    for (const type of new Set([event, denominator_event]))
      uses.set(type, [...(uses.get(type) ?? []), metric_id]);
  return uses;
}

/** The latest moment of each type. */
function latest(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const moments of all)
    for (const [type, at] of moments) found.set(type, Math.max(at, found.get(type) ?? 0));
  return found;
}

interface Rates {
  types: Map<string, Rate>;
  /** When the last minute began in which there was one of a type, ms since the epoch. */
  last: Map<string, number>;
  other: Rate;
  rejected: Map<string, Rate>;
  dropped: Map<string, Rate>;
}

function ratesOf(minutes: readonly (MinuteCounts & { minute: number })[], first: number): Rates {
  const [none, last] = [(): Map<string, Rate> => new Map(), new Map<string, number>()];
  const rates: Rates = { types: none(), last, other: nothing(), rejected: none(), dropped: none() };
  for (const { minute, types, other_types, rejected, dropped } of minutes) {
    const place = minute - first;
    if (place >= MINUTES_SHOWN) continue;
    for (const type of Object.keys(types)) last.set(type, minute * MINUTE_MS);
    for (const [group, counts] of [
      [rates.types, types],
      [rates.rejected, rejected],
      [rates.dropped, dropped],
    ] as const)
      for (const [name, count] of Object.entries(counts)) {
        const rate = group.get(name) ?? nothing();
        group.set(name, rate);
        add(rate, place, count);
      }
    add(rates.other, place, other_types);
  }
  return rates;
}

function nothing(): Rate {
  return { last_hour: 0, by_minute: Array.from({ length: MINUTES_SHOWN }, () => 0) };
}

function add(rate: Rate, place: number, count: number): void {
  rate.by_minute[place] = (rate.by_minute[place] ?? 0) + count;
  rate.last_hour += count;
}

/** Every type that was heard of: the busiest first, then what came last. */
function typesOf(
  lastSeen: ReadonlyMap<string, number>,
  rates: Rates,
  uses: ReadonlyMap<string, string[]>,
  kept: ReadonlySet<string>,
): Omit<EventType, 'similar'>[] {
  const names = [...new Set([...rates.types.keys(), ...lastSeen.keys()])];
  const order = (type: string): [number, number] => [
    rates.types.get(type)?.last_hour ?? 0,
    lastSeen.get(type) ?? 0,
  ];
  const sorted = names
    .map((type) => ({ type, order: order(type) }))
    .sort((a, b) => b.order[0] - a.order[0] || b.order[1] - a.order[1] || (a.type < b.type ? -1 : 1));
  return sorted.map(({ type }) => ({
    type,
    last_at: momentOf(lastSeen.get(type)),
    kept: kept.has(type) || type === EXPOSURE,
    metrics: uses.get(type) ?? [],
    ...(rates.types.get(type) ?? nothing()),
  }));
}

function similarTo(
  { type, metrics }: Pick<EventType, 'type' | 'metrics'>,
  uses: ReadonlyMap<string, string[]>,
): string[] {
  return metrics.length > 0 || type === EXPOSURE ? [] : nearNames(type, uses.keys());
}

function unseenOf(
  uses: ReadonlyMap<string, string[]>,
  lastSeen: ReadonlyMap<string, number>,
  now: number,
): EventTypes['unseen'] {
  const isSeen = (type: string): boolean => now - (lastSeen.get(type) ?? -Infinity) <= UNSEEN_AFTER_MS;
  const unused = [...lastSeen.keys()].filter((type) => !uses.has(type) && type !== EXPOSURE && isSeen(type));
  return [...uses]
    .filter(([type]) => !isSeen(type))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, metrics]) => ({
      ...{ type, last_at: momentOf(lastSeen.get(type)), metrics },
      similar: nearNames(type, unused),
    }));
}

function listOf(rates: ReadonlyMap<string, Rate>): ({ code: string } & Rate)[] {
  return [...rates]
    .map(([code, rate]) => ({ code, ...rate }))
    .sort((a, b) => b.last_hour - a.last_hour || (a.code < b.code ? -1 : 1));
}

function momentOf(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}
