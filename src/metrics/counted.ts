import { compileCondition, type Condition } from '../assignment/condition.js';
import { LARGEST_VALUE } from '../model/event.js';
import type { Metric, NotCounted } from '../model/metric.js';
import { OWN_VALUE, type Properties } from '../model/property.js';
import type { CountedEvent } from './kind.js';
import { KINDS } from './kinds.js';

/** What counting needs of an event. */
export interface EventContent {
  type: string;
  value: number;
  /** Timestamp, ms since the epoch. */
  at: number;
  properties?: Properties;
}

/** How an event counts for a metric, or why it does not. When it happened, and to whom, is no matter here. */
export function countedBy(metric: Metric, event: EventContent): CountedEvent | NotCounted {
  const { type, at } = event;
  const divides = type === metric.denominator_event;
  const found = type === metric.event ? numberIn(metric, event) : 'other_type';
  if (typeof found === 'number') return { value: found, at, divides, lack: null };
  // What is too large is left out as a whole: a ratio would otherwise be divided by what it could not add up.
  return divides && found !== 'out_of_range' ? { value: 0, at, divides, lack: found } : found;
}

/** Whether an event that came so long after the first exposure (ms) is in time for the metric. */
export function isWithinWindow({ delay = 0, window = Infinity }: Metric, since: number): boolean {
  return since >= delay && since < window;
}

/** The greatest absolute value that the metric can take: times its scale it is at most 2^40. */
export function largestNumber({ kind, aggregate, scale }: Metric): number {
  const { ownNumber } = KINDS[kind];
  const isValued = ownNumber !== null && (aggregate ?? ownNumber.aggregate) !== 'count';
  return isValued ? LARGEST_VALUE / scale : LARGEST_VALUE;
}

function numberIn(metric: Metric, { value: own, properties = {} }: EventContent): number | NotCounted {
  if (metric.where !== undefined) {
    const context = { ...properties, [OWN_VALUE]: own };
    if (!conditionOf(metric.where)(context, null)) return 'condition';
  }
  const value = metric.value === undefined ? own : propertyOf(properties, metric.value);
  if (typeof value !== 'number') return 'no_value';
  return Math.abs(value) > largestNumber(metric) ? 'out_of_range' : value;
}

function propertyOf(properties: Properties, name: string): unknown {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** By their JSON: every event of a type asks. */
const compiled = new Map<string, Condition>();
const MOST_COMPILED = 1_000;

function conditionOf(where: string): Condition {
  let condition = compiled.get(where);
  if (!condition) {
    condition = compileCondition(JSON.parse(where));
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    compiled.set(where, condition);
  }
  return condition;
}
