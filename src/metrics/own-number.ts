import { LARGEST_VALUE } from '../model/event.js';
import type { Metric } from '../model/metric.js';

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
