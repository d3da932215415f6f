import { countedBy } from '../metrics/counted.js';
import { KINDS } from '../metrics/kinds.js';
import { propertiesOf } from '../metrics/named-properties.js';
import { NOT_COUNTED, type Metric, type NotCounted } from '../model/metric.js';
import { nearNames } from '../model/near-names.js';
import type { KeptProperty, Properties } from '../model/property.js';
import { iso } from '../iso.js';
import type { RecentEvent } from '../store/recent-events.js';

/** So many of the events that arrived last are looked at. */
export const EVENTS_TRIED = 1_000;

/** One event, and what a definition makes of it. */
export interface TriedEvent {
  type: string;
  at: string;
  received_at: string;
  /** Its own value; 0 where it had none. */
  value: number;
  properties: Properties;
  /** Whether it adds to its unit's number. */
  counts: boolean;
  /** The number that it adds, in the metric's own unit; null where it adds none. */
  number: number | null;
  /** Whether a ratio divides by it. */
  divides: boolean;
  /** Why it adds nothing; null where it does. */
  why: NotCounted | null;
}

export interface Trial {
  metric_id: string;
  /** Events that were looked at, and when the oldest of them was received. */
  looked_at: number;
  since: string | null;
  /** Of these, the ones that add to their unit's number, and those that a ratio divides by. */
  counted: number;
  divides: number;
  not_counted: Record<NotCounted, number>;
  /** Properties that the definition names and no saved one does: they were not kept of the events that have come so far. */
  unkept_properties: string[];
  /** Where no event of the metric's type came: those types that came and are spelt nearly alike. */
  similar_types: string[];
  events: TriedEvent[];
}

/**
 * What a definition would count of events that came lately. When a unit was exposed is no matter here.
 *
 * @param events newest first
 * @param kept the properties that saved definitions name
 * @param limit of the events that are shown; those of the metric's types come first
 */
export function tryMetric(
  metric: Metric,
  events: readonly RecentEvent[],
  kept: readonly KeptProperty[],
  limit: number,
): Trial {
  const tried = events.map((event) => triedEvent(metric, event));
  const not_counted = Object.fromEntries(NOT_COUNTED.map((why) => [why, 0])) as Record<NotCounted, number>;
  for (const { why } of tried) if (why !== null) not_counted[why] += 1;
  const types = new Set(events.map(({ type }) => type));
  const own = tried.filter(({ why, divides }) => divides || why !== 'other_type');
  const others = tried.filter(({ why, divides }) => !divides && why === 'other_type');
  const isKept = ({ type, name }: KeptProperty): boolean =>
    kept.some((one) => one.type === type && one.name === name);
  return {
    metric_id: metric.metric_id,
    looked_at: events.length,
    since: events.length === 0 ? null : moment(events.at(-1)!.received_at),
    counted: tried.filter(({ counts }) => counts).length,
    divides: tried.filter(({ divides }) => divides).length,
    not_counted,
    unkept_properties: propertiesOf(metric)
      .filter((property) => !isKept(property))
      .map(({ name }) => name),
    similar_types: types.has(metric.event) ? [] : nearNames(metric.event, types),
    events: [...own, ...others].slice(0, limit),
  };
}

function triedEvent(metric: Metric, event: RecentEvent): TriedEvent {
  const { type, at, received_at, value, properties = {} } = event;
  const counted = countedBy(metric, event);
  const shown = { type, at: moment(at), received_at: moment(received_at), value, properties };
  if (typeof counted === 'string')
    return { ...shown, counts: false, number: null, divides: false, why: counted };
  const { lack, divides } = counted;
  return {
    ...shown,
    counts: lack === null,
    number: lack === null ? numberOf(metric, counted.value) : null,
    divides,
    why: lack,
  };
}

/** Of a metric that counts events, each is one. */
function numberOf({ kind, aggregate }: Metric, value: number): number {
  const { ownNumber } = KINDS[kind];
  if (ownNumber) return (aggregate ?? ownNumber.aggregate) === 'count' ? 1 : value;
  return kind === 'quantile' ? value : 1;
}

function moment(at: number): string {
  return iso(at);
}
