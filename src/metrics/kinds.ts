import type { MetricKind } from '../model/metric.js';
import type { Kind } from './kind.js';
import { errorRate } from './kinds/error-rate.js';
import { mean } from './kinds/mean.js';
import { proportion } from './kinds/proportion.js';
import { quantile } from './kinds/quantile.js';
import { ratio } from './kinds/ratio.js';

/** Each kind of metric by its name. */
export const KINDS: Readonly<Record<MetricKind, Kind>> = {
  proportion,
  mean,
  ratio,
  quantile,
  error_rate: errorRate,
};
