import { ratio as ratioOfSums, type RatioSum } from '../../stats/estimators.js';
import type { Kind } from '../kind.js';
import { aggregated, winsorised } from '../own-number.js';
import { lifted } from '../simulated/arm.js';
import { residualOf, SimulatedRatio } from '../simulated/ratio.js';
import { halves, StoredNames } from '../stored-sums.js';

const STORED = new StoredNames({
  sum_y: 'y',
  sum_d: 'd',
  sum_yy: halves('yy'),
  sum_dd: 'dd',
  sum_yd: halves('yd'),
});

/** The units' own numbers (by default the number of their events) added up, per denominator event. */
export const ratio: Kind<{ y: number; d: number }, RatioSum> = {
  estimator: ratioOfSums,
  scaled: true,
  guardrail: 'boundary',

  fields: { aggregate: 'optional', cap: 'optional', denominator_event: 'required' },
  canBeMissing: () => true,

  fold(before = { y: 0, d: 0 }, { type, value }, metric) {
    const y = type === metric.event ? aggregated(before.y, value, metric, 'count') : before.y;
    return { y, d: before.d + (type === metric.denominator_event ? 1 : 0) };
  },
  contribution(value, metric) {
    if (value === undefined) return [];
    const y = winsorised(value.y, metric);
    const d = BigInt(value.d);
    return STORED.write({ sum_y: y, sum_d: d, sum_dd: d * d, sum_yy: y * y, sum_yd: y * d });
  },
  armSums: (totals) => STORED.read(totals),
  threshold: null,

  baseline: ({ sum_y, sum_d }, scale) => (sum_d === 0 ? null : { value: sum_y / sum_d / scale }),
  assumedBaseline: () => ({ value: 0.1, standard_deviation: 0, correlation: 0 }),
  powerMetric: () => null,
  simulate({ scale, aggregate = 'count' }, units, draws) {
    const { standard_deviation, returns } = units;
    const residual = (share: number): number => residualOf(share, standard_deviation);
    const ofRatio = { share: lifted(units), residual, isCount: aggregate === 'count', returns };
    return new SimulatedRatio(scale, ofRatio, draws);
  },
};
