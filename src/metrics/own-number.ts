import { LARGEST_VALUE } from '../model/event.js';
import type { Aggregate, Metric } from '../model/metric.js';
import type { CountedEvent, EarlierSums } from './kind.js';

/** A unit's own number while its events are folded; of `last` also when that was. Integers in the metric's scale. */
export type Folded = Readonly<{ y: number; at?: number | undefined }>;

/** A unit's own number after one more value, by the metric's `aggregate`. The order of events does not matter. */
export function aggregated(
  before: Folded | undefined,
  { value, at }: Pick<CountedEvent, 'value' | 'at'>,
  { aggregate, scale }: Metric,
  byDefault: Aggregate,
): Folded {
  const own = Math.round(value * scale);
  switch (aggregate ?? byDefault) {
    case 'count':
      return { y: (before?.y ?? 0) + scale };
    case 'max':
      return { y: Math.max(before?.y ?? own, own) };
    case 'sum':
      return { y: (before?.y ?? 0) + own };
    case 'last':
      return before?.at !== undefined && isLater({ y: before.y, at: before.at }, { y: own, at })
        ? before
        : { y: own, at };
  }
}

/** Of two events at one moment the greater value is the later one: which came first must not matter. */
function isLater(a: Required<Folded>, b: Required<Folded>): boolean {
  return a.at === b.at ? a.y >= b.y : a.at > b.at;
}

/** Winsorised only when it is counted: if it were clipped while adding up, the order of events would matter. */
export function winsorised(value: number, { scale, cap }: Metric): bigint {
  const limit = cap === undefined ? LARGEST_VALUE : Math.min(LARGEST_VALUE, Math.round(cap * scale));
  return BigInt(Math.max(-LARGEST_VALUE, Math.min(limit, value)));
}

/**
 * A unit's own number from before the experiment: the number of its events or the sum of their values in thousandths,
 * capped as the metric is. What is remembered of those days are the events of each type and their own values: so conditions
 * are left out, and where a property is the number it is how many events there were. Any number from before will do.
 */
export function earlierNumber(
  earlier: EarlierSums,
  { event, aggregate, cap, value }: Metric,
  byDefault: Aggregate,
): number {
  const { count, sum } = earlier(event);
  const isCount = (aggregate ?? byDefault) === 'count' || value !== undefined;
  const ofNumber =
    cap === undefined || value !== undefined ? Infinity : Math.round(cap * (isCount ? 1 : 1_000));
  const limit = Math.min(LARGEST_VALUE, ofNumber);
  return Math.max(-LARGEST_VALUE, Math.min(limit, isCount ? count : sum));
}
