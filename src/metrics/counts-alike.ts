import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { KINDS } from './kinds.js';

/**
 * Whether two definitions make the same number of a unit's events: what was measured under one then tells of the other. Caps
 * aside, which are frozen anew at each start.
 */
export function countsAlike(one: Metric, other: Metric): boolean {
  return counted(one) === counted(other);
}

/** Whether an experiment counts the metric of this id as it is defined here. */
export function isCountedIn({ metrics }: Pick<Launch, 'metrics'>, wanted: Metric): boolean {
  return metrics.some(({ metric }) => metric.metric_id === wanted.metric_id && countsAlike(metric, wanted));
}

function counted(metric: Metric): string {
  const { kind, event, denominator_event, where, value, aggregate, quantile, window, delay } = metric;
  const made = aggregate ?? KINDS[kind].ownNumber?.aggregate;
  return JSON.stringify([kind, event, denominator_event, where, value, made, quantile, window, delay]);
}
