import { rate } from '../../stats/estimators.js';
import { rateMetric } from '../../stats/power.js';
import type { Kind } from '../kind.js';
import { SimulatedRate } from '../simulated/rate.js';
import { StoredNames } from '../stored-sums.js';

const STORED = new StoredNames({ sum: 'sum', sum_x: 'x', sum_xy: 'xy' });

/** The share of units with at least one event. */
export const proportion: Kind<number, 'sum', number> = {
  estimator: rate('sum'),
  scaled: false,
  guardrail: 'boundary',

  fields: {},
  canBeMissing: () => false,
  ownNumber: null,

  fold: () => 1,
  contribution(value, _metric, covariate) {
    const sum = value === undefined ? 0n : 1n;
    // The square of 0 or 1 is itself: it needs no sum of its own.
    return STORED.write(covariate === undefined ? { sum } : { sum, sum_x: 1n, sum_xy: sum });
  },
  covariate: (earlier, { event }) => (earlier(event).count > 0 ? 1 : undefined),
  armSums(totals) {
    const { sum_x, sum_xy, ...sums } = STORED.read(totals);
    return sum_x === 0n ? sums : { ...sums, sum_x, sum_xy };
  },
  threshold: null,

  baseline: ({ n, sum }) => ({ value: sum / n }),
  assumedBaseline: () => ({ value: 0.1, standard_deviation: 0, correlation: 0 }),
  powerMetric: ({ value }) => rateMetric(value),
  simulate: (_metric, units, draws) => new SimulatedRate('sum', units, draws),
};
