import { mean as meanOfUnits } from '../../stats/estimators.js';
import { spreadMetric } from '../../stats/power.js';
import type { Kind } from '../kind.js';
import { aggregated, earlierNumber, winsorised, type Folded } from '../own-number.js';
import { unitsByValue } from '../percentile-cap.js';
import { AT_ONCE } from '../simulated/arm.js';
import { SimulatedMean } from '../simulated/mean.js';
import { digits, StoredNames } from '../stored-sums.js';

/** A unit's own number and its covariate are at most 2^40. */
const STORED = new StoredNames({
  sum: digits('sum', 2),
  sum_sq: digits('sq', 3),
  sum_x: digits('x', 2),
  sum_xx: digits('xx', 3),
  sum_xy: digits('xy', 3),
});

/** A unit's own number, of `last` with when it was. */
type OwnNumber = number | Required<Folded>;

function numberOf(value: OwnNumber): number {
  return typeof value === 'number' ? value : value.y;
}

/** The mean over units of each unit's own number: the sum, the count, the greatest or the last of its values. */
export const mean: Kind<OwnNumber, 'sum' | 'sum_sq', number> = {
  estimator: meanOfUnits,
  scaled: true,
  guardrail: 'boundary',

  fields: { aggregate: 'optional', value: 'optional', cap: 'optional' },
  canBeMissing: ({ aggregate }) => aggregate !== 'count',
  ownNumber: { aggregate: 'sum', of: numberOf },

  fold(before, event, metric) {
    const { y, at } = aggregated(typeof before === 'number' ? { y: before } : before, event, metric, 'sum');
    return at === undefined ? y : { y, at };
  },
  contribution(value, metric, covariate) {
    const number = value === undefined ? undefined : numberOf(value);
    const own = winsorised(number ?? 0, metric);
    const sums = { sum: own, sum_sq: own * own };
    const x = covariate === undefined ? null : BigInt(covariate);
    const earlier = x === null ? {} : { sum_x: x, sum_xx: x * x, sum_xy: x * own };
    return [...STORED.write({ ...sums, ...earlier }), ...unitsByValue(number, metric)];
  },
  covariate: (earlier, metric) => earlierNumber(earlier, metric, 'sum') || undefined,
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
  powerMetric: (baseline) => spreadMetric('mean', baseline),
  simulate: ({ scale, aggregate }, units, draws) =>
    new SimulatedMean(
      scale,
      // The greatest and the last of a unit's values do not add up.
      aggregate === 'max' || aggregate === 'last' ? { ...units, returns: AT_ONCE } : units,
      draws,
      aggregate === 'count',
    ),
};
