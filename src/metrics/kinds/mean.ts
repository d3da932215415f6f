import { LARGEST_VALUE } from '../../model/event.js';
import { mean as meanOfUnits } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';
import { aggregated, winsorised } from '../own-number.js';
import { AT_ONCE } from '../simulated/arm.js';
import { SimulatedMean } from '../simulated/mean.js';
import { halves, StoredNames } from '../stored-sums.js';

const STORED = new StoredNames({
  sum: 'sum',
  sum_sq: halves('sq'),
  sum_x: 'x',
  sum_xx: halves('xx'),
  sum_xy: halves('xy'),
});

/** The mean over units of each unit's own number: the sum, the count or the greatest of its values. */
export const mean: Kind<number, 'sum' | 'sum_sq'> = {
  estimator: meanOfUnits,
  scaled: true,
  guardrail: 'boundary',

  fields: { aggregate: 'optional', cap: 'optional' },
  canBeMissing: ({ aggregate }) => aggregate !== 'count',

  fold: (before, { value }, metric) => aggregated(before, value, metric, 'sum'),
  contribution(value, metric, covariate) {
    const own = winsorised(value ?? 0, metric);
    const x = BigInt(Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, covariate)));
    return STORED.write({
      sum: own,
      sum_sq: own * own,
      ...(x !== 0n && { sum_x: x, sum_xx: x * x, sum_xy: x * own }),
    });
  },
  armSums(totals) {
    const { sum_x, sum_xx, sum_xy, ...sums } = STORED.read(totals);
    return sum_xx === 0n ? sums : { ...sums, sum_x, sum_xx, sum_xy };
  },
  threshold: null,

  baseline({ n, sum, sum_sq }, scale) {
    const average = sum / n;
    const variance = Math.max(0, sum_sq / n - average * average);
    return { value: average / scale, standard_deviation: Math.sqrt(variance) / scale };
  },
  assumedBaseline: () => ({ value: 1, standard_deviation: 1, correlation: 0 }),
  powerMetric: ({ value, standard_deviation = 0 }) =>
    value === 0 || standard_deviation === 0 ? null : { kind: 'mean', baseline: value, standard_deviation },
  simulate: ({ scale, aggregate }, units, draws) =>
    new SimulatedMean(
      scale,
      // The greatest of a unit's values does not add up.
      aggregate === 'max' ? { ...units, returns: AT_ONCE } : units,
      draws,
      aggregate === 'count',
    ),
};
