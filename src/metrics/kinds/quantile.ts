import { ratio as ratioOfSums } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';

/** A quantile of all values, compared as the ratio of slow requests to requests. */
export const quantile: Kind = {
  estimator: ratioOfSums,
  scaled: false,
  guardrail: 'margin_in_sums',
};
