import type { Metric } from '../model/metric.js';
import { KINDS } from './kinds.js';

/**
 * Whether two definitions make the same number of a unit's events: what was measured under one then tells of the other. Caps
 * aside, which are frozen anew at each start.
 */
export function countsAlike(one: Metric, other: Metric): boolean {
  return counted(one) === counted(other);
}

function counted(metric: Metric): string {
  const { kind, event, denominator_event, where, value, aggregate, quantile, window, delay } = metric;
  const made = aggregate ?? KINDS[kind].ownNumber?.aggregate;
  return JSON.stringify([kind, event, denominator_event, where, value, made, quantile, window, delay]);
}
