import { rate } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';

/** The share of units with at least one event. */
export const proportion: Kind = {
  estimator: rate('sum'),
  scaled: false,
  guardrail: 'boundary',
};
