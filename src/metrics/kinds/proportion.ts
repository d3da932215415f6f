import { rate } from '../../stats/estimators.js';
import { rateMetric } from '../../stats/power.js';
import type { Kind } from '../kind.js';
import { SimulatedRate } from '../simulated/rate.js';
import { StoredNames } from '../stored-sums.js';

const STORED = new StoredNames({ sum: 'sum' });

/** The share of units with at least one event. */
export const proportion: Kind<number, 'sum'> = {
  estimator: rate('sum'),
  scaled: false,
  guardrail: 'boundary',

  fields: {},
  canBeMissing: () => false,

  fold: () => 1,
  contribution: (value) => STORED.write({ sum: value === undefined ? 0n : 1n }),
  armSums: (totals) => STORED.read(totals),
  threshold: null,

  baseline: ({ n, sum }) => ({ value: sum / n }),
  assumedBaseline: () => ({ value: 0.1, standard_deviation: 0, correlation: 0 }),
  powerMetric: ({ value }) => rateMetric(value),
  simulate: (_metric, units, draws) => new SimulatedRate('sum', units, draws),
};
