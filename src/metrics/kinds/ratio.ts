import { ratio as ratioOfSums, type RatioSum } from '../../stats/estimators.js';
import { spreadMetric } from '../../stats/power.js';
import type { Kind } from '../kind.js';
import { aggregated, earlierNumber, winsorised, type Folded } from '../own-number.js';
import { unitsByValue } from '../percentile-cap.js';
import { ratioBaseline } from '../ratio-baseline.js';
import { lifted } from '../simulated/arm.js';
import { residualOf, SimulatedRatio } from '../simulated/ratio.js';
import { digits, StoredNames } from '../stored-sums.js';

/** A unit's y is at most 2^40; d is a number of events, which no unit has 2^32 of. */
const STORED = new StoredNames({
  sum_y: digits('y', 2),
  sum_d: 'd',
  sum_yy: digits('yy', 3),
  sum_dd: digits('dd', 2),
  sum_yd: digits('yd', 3),
});
/** Of a and b, the numerator and the denominator from before the experiment, with the bounds of y and d. */
const STORED_EARLIER = new StoredNames({
  sum_a: digits('a', 2),
  sum_b: 'b',
  sum_aa: digits('aa', 3),
  sum_bb: digits('bb', 2),
  sum_ab: digits('ab', 3),
  sum_ya: digits('ya', 3),
  sum_yb: digits('yb', 3),
  sum_da: digits('da', 3),
  sum_db: digits('db', 2),
});

/** `y` is absent while a unit has only divided: its greatest value may be below 0. */
type RatioValue = Partial<Folded> & { readonly d: number };

/** The units' own numbers (by default the number of their events) added up, per denominator event. */
export const ratio: Kind<RatioValue, RatioSum, { a: number; b: number }> = {
  estimator: ratioOfSums,
  scaled: true,
  guardrail: 'boundary',

  fields: { aggregate: 'optional', value: 'optional', cap: 'optional', denominator_event: 'required' },
  canBeMissing: () => true,
  ownNumber: { aggregate: 'count', of: ({ y = 0 }) => y },

  fold(before = { d: 0 }, event, metric) {
    const { y, at } = before;
    const d = before.d + (event.divides ? 1 : 0);
    if (event.lack !== null) return { ...before, d };
    return { ...aggregated(y === undefined ? undefined : { y, at }, event, metric, 'count'), d };
  },
  contribution(value, metric, covariate) {
    const y = winsorised(value?.y ?? 0, metric);
    const d = BigInt(value?.d ?? 0);
    const own = value ? { sum_y: y, sum_d: d, sum_dd: d * d, sum_yy: y * y, sum_yd: y * d } : {};
    const sums = [...STORED.write(own), ...(value ? unitsByValue(value.y ?? 0, metric) : [])];
    if (covariate === undefined) return sums;
    const [a, b] = [BigInt(covariate.a), BigInt(covariate.b)];
    const squares = { sum_a: a, sum_b: b, sum_aa: a * a, sum_bb: b * b, sum_ab: a * b };
    const crosses = { sum_ya: y * a, sum_yb: y * b, sum_da: d * a, sum_db: d * b };
    return [...sums, ...STORED_EARLIER.write({ ...squares, ...(value && crosses) })];
  },
  covariate(earlier, metric) {
    const [a, b] = [earlierNumber(earlier, metric, 'count'), earlier(metric.denominator_event!).count];
    return a === 0 && b === 0 ? undefined : { a, b };
  },
  armSums(totals) {
    const earlier = STORED_EARLIER.read(totals);
    const isEmpty = earlier.sum_aa === 0n && earlier.sum_bb === 0n;
    return { ...STORED.read(totals), ...(!isEmpty && earlier) };
  },
  threshold: null,

  baseline: ratioBaseline,
  assumedBaseline: () => ({ value: 0.1, standard_deviation: 0, correlation: 0 }),
  powerMetric: (baseline) => spreadMetric('ratio', baseline),
  simulate({ scale, aggregate = 'count' }, units, draws) {
    const { standard_deviation, returns } = units;
    const residual = (share: number): number => residualOf(share, standard_deviation);
    const ofRatio = { share: lifted(units), residual, isCount: aggregate === 'count', returns };
    return new SimulatedRatio(scale, ofRatio, draws);
  },
};
