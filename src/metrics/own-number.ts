import { LARGEST_VALUE } from '../model/event.js';
import type { Metric } from '../model/metric.js';
import type { EarlierSums } from './kind.js';

/** A unit's own number after one more value, by the metric's `aggregate`; integers in the metric's scale. */
export function aggregated(
  before: number | undefined,
  value: number,
  { aggregate, scale }: Metric,
  byDefault: NonNullable<Metric['aggregate']>,
): number {
  const own = Math.round(value * scale);
  switch (aggregate ?? byDefault) {
    case 'count':
      return (before ?? 0) + scale;
    case 'max':
      return Math.max(before ?? own, own);
    case 'sum':
      return (before ?? 0) + own;
  }
}

/** Winsorised only when it is counted: if it were clipped while adding up, the order of events would matter. */
export function winsorised(value: number, { scale, cap }: Metric): bigint {
  const limit = cap === undefined ? LARGEST_VALUE : Math.min(LARGEST_VALUE, Math.round(cap * scale));
  return BigInt(Math.max(-LARGEST_VALUE, Math.min(limit, value)));
}

/**
 * A unit's own number from before the experiment: the number of its events or the sum of their values in thousandths,
 * capped as the metric is.
 */
export function earlierNumber(
  earlier: EarlierSums,
  { event, aggregate, cap }: Metric,
  byDefault: NonNullable<Metric['aggregate']>,
): number {
  const { count, sum } = earlier(event);
  const isCount = (aggregate ?? byDefault) === 'count';
  const limit =
    cap === undefined ? LARGEST_VALUE : Math.min(LARGEST_VALUE, Math.round(cap * (isCount ? 1 : 1_000)));
  return Math.max(-LARGEST_VALUE, Math.min(limit, isCount ? count : sum));
}
