import { hasValues } from '../metrics/minutes.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';

/** A metric whose events are counted by minute. */
export interface WatchedMetric {
  metric_id: string;
  /** Whether their values are watched as well. */
  has_values: boolean;
}

/** What a start freezes to be watched: all guardrails, and errors and latencies in whatever role. */
export function metricsToWatch(metrics: Launch['metrics']): string[] {
  const ids = metrics
    .filter(
      ({ role, metric: { kind } }) => role === 'guardrail' || kind === 'error_rate' || kind === 'quantile',
    )
    .map(({ metric }) => metric.metric_id);
  return [...new Set(ids)];
}

type Frozen = Pick<Launch, 'metrics' | 'watched'>;

/** The metrics whose events are counted by minute. */
export function watchedMetrics({ metrics, watched = [] }: Frozen): Metric[] {
  const byId = new Map(metrics.map(({ metric }) => [metric.metric_id, metric]));
  return watched.flatMap((metric_id) => byId.get(metric_id) ?? []);
}

export function watchedIn(launch: Frozen): WatchedMetric[] {
  return watchedMetrics(launch).map((metric) => ({
    metric_id: metric.metric_id,
    has_values: hasValues(metric),
  }));
}
