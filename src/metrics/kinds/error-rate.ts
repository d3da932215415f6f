import { rate } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';

/** The share of units with at least one error. Errors are rare, so harm is tested exactly, from the first one on. */
export const errorRate: Kind = {
  estimator: rate('errors'),
  scaled: false,
  guardrail: 'exact',
};
