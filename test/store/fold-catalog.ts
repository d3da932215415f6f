import type { Catalog } from '../../src/metrics/records.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { builtInMetrics } from '../../src/model/metric.js';

/** One live experiment that counts clicks, seconds and errors. */
export const CATALOG: Catalog = new Map([
  [
    'e',
    {
      metrics: ['click_through_rate', 'engagement_time', 'error_rate'].map((id) =>
        metricSchema.parse(builtInMetrics.find((metric) => metric.metric_id === id)),
      ),
      live: true,
    },
  ],
]);
