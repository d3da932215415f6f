import { mean as meanOfUnits } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';

/** The mean over units of each unit's own number: the sum, the count or the greatest of its values. */
export const mean: Kind = {
  estimator: meanOfUnits,
  scaled: true,
  guardrail: 'boundary',
};
