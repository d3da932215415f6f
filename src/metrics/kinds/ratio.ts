import { ratio as ratioOfSums, type RatioSum } from '../../stats/estimators.js';
import { spreadMetric } from '../../stats/power.js';
import { clusteredSums, ratioBaseline } from '../clustered.js';
import type { Kind } from '../kind.js';
import { aggregated, winsorised } from '../own-number.js';
import { unitsByValue } from '../percentile-cap.js';
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
    const sums = STORED.write({ sum_y: y, sum_d: d, sum_dd: d * d, sum_yy: y * y, sum_yd: y * d });
    return [...sums, ...unitsByValue(value.y, metric)];
  },
  armSums: (totals) => STORED.read(totals),
  threshold: null,

  baseline: ratioBaseline,
  assumedBaseline: () => ({ value: 0.1, standard_deviation: 0 }),
  powerMetric: (baseline) => spreadMetric('ratio', baseline),
  simulate: (n, { scale }, { value, lift }, draws) => clusteredSums(n, value * (1 + lift), scale, draws),
};
