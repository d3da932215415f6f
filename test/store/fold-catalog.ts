import type { Catalog } from '../../src/metrics/records.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { builtInMetrics } from '../../src/model/metric.js';

const METRICS = ['click_through_rate', 'engagement_time', 'error_rate'].map((id) =>
  metricSchema.parse(builtInMetrics.find((metric) => metric.metric_id === id)),
);

/** One live experiment that counts clicks, seconds and errors, and all of them by minute. */
export const CATALOG: Catalog = new Map([['e', { metrics: METRICS, watched: METRICS, live: true }]]);
