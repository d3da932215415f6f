import { ratio as ratioOfSums } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';

/** A sum or count over all units, divided by the number of denominator events. */
export const ratio: Kind = {
  estimator: ratioOfSums,
  scaled: true,
  guardrail: 'boundary',
};
