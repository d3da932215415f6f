import { rate } from '../../stats/estimators.js';
import { rateMetric } from '../../stats/power.js';
import type { Kind } from '../kind.js';
import { SimulatedRate } from '../simulated/rate.js';
import { StoredNames } from '../stored-sums.js';

const STORED = new StoredNames({ errors: 'sum' });

/** The share of units with at least one error. Errors are rare, so harm is tested exactly, from the first error on. */
export const errorRate: Kind<number, 'errors'> = {
  estimator: rate('errors', null),
  scaled: false,
  guardrail: 'exact',

  fields: {},
  canBeMissing: () => false,
  ownNumber: null,

  fold: () => 1,
  contribution: (value) => STORED.write({ errors: value === undefined ? 0n : 1n }),
  // The exact test counts units with errors. Counts cannot be adjusted and stay exact.
  covariate: null,
  armSums: (totals) => STORED.read(totals),
  threshold: null,

  baseline: ({ n, errors }) => ({ value: errors / n }),
  assumedBaseline: () => ({ value: 0.01, standard_deviation: 0, correlation: 0 }),
  powerMetric: ({ value }) => rateMetric(value),
  simulate: (_metric, units, draws) => new SimulatedRate('errors', units, draws),
};
