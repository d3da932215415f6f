import { LARGEST_VALUE } from '../model/event.js';
import { eventTypesOf, type Metric } from '../model/metric.js';
import { largestNumber } from './counted.js';
import type { UnitValue } from './kind.js';
import { KINDS } from './kinds.js';

/**
 * The greatest absolute value that an event of this type may have for a metric. A greater one is not clipped, it is refused.
 * Of a metric whose number is a property the event's own value is not looked at.
 */
export function largestValueOf(metric: Metric, type: string): number {
  return type === metric.event && metric.value === undefined ? largestNumber(metric) : LARGEST_VALUE;
}

/** Of all metrics together, by type of event; types without a limit of their own are absent. */
export function largestValues(metrics: readonly Metric[]): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const metric of metrics) {
    for (const type of eventTypesOf(metric)) {
      const limit = Math.min(limits[type] ?? LARGEST_VALUE, largestValueOf(metric, type));
      if (limit < LARGEST_VALUE) limits[type] = limit;
    }
  }
  return limits;
}

/** Whether a unit's own number has added up to more than counts, without a cap that asks for that. */
export function isBeyondRange(value: UnitValue | undefined, metric: Metric): boolean {
  const { ownNumber } = KINDS[metric.kind];
  if (ownNumber === null || value === undefined) return false;
  const number = ownNumber.of(value);
  const isCapped = metric.cap !== undefined && metric.cap * metric.scale <= LARGEST_VALUE;
  return number < -LARGEST_VALUE || (number > LARGEST_VALUE && !isCapped);
}
