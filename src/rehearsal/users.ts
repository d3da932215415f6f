import { marginOf } from '../model/policy.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { normalQuantile, normalUpperTail } from '../stats/distributions.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { Random } from './random.js';

/** What users do without the treatment: the value per unit, and for means its standard deviation. */
export interface Baseline {
  value: number;
  standard_deviation?: number;
}

/** Assumed where neither the caller nor history says anything; every answer names what it assumed. */
export function assumedBaseline({ kind, quantile }: Metric): Required<Baseline> {
  switch (kind) {
    case 'proportion':
      return { value: 0.1, standard_deviation: 0 };
    case 'error_rate':
      return { value: 0.01, standard_deviation: 0 };
    case 'ratio':
      return { value: 0.1, standard_deviation: 0 };
    case 'mean':
      return { value: 1, standard_deviation: 1 };
    case 'quantile':
      return { value: 1 - quantile!, standard_deviation: 0 };
  }
}

/** Requests (or other denominators) of one unit: a mean of 5, twice as spread as a Poisson's. */
const DENOMINATORS = { mean: 5, variance: 10 };
/** Latencies are taken as log-normal with this σ, to turn "20 % slower" into a share of slow requests. */
const LOG_SPREAD = 0.5;

/** The running sums of one metric in one arm, in doubles: they stay below 2^53. */
export interface Sums {
  n: number;
  y: number;
  yy: number;
  d: number;
  dd: number;
  yd: number;
}

export function noSums(): Sums {
  return { n: 0, y: 0, yy: 0, d: 0, dd: 0, yd: 0 };
}

/** Adds the sums of `n` new units whose value is (1 + lift) times the baseline: drawn as sums, not user by user. */
export function addUnits(
  sums: Sums,
  n: number,
  planned: Launch['metrics'][number],
  baseline: Required<Baseline>,
  shift: { lift: number; isControl: boolean },
  launch: Launch,
  random: Random,
): void {
  const { metric, role } = planned;
  const scale = metric.scale;
  sums.n += n;
  if (n === 0) return;
  switch (metric.kind) {
    case 'proportion':
    case 'error_rate':
      sums.y += random.binomial(n, Math.min(1, baseline.value * (1 + shift.lift)));
      return;
    case 'mean': {
      const mean = baseline.value * (1 + shift.lift) * scale;
      const sd = baseline.standard_deviation * scale;
      const y = Math.round(n * mean + Math.sqrt(n) * sd * random.normal());
      sums.y += y;
      // One more than the exact square: rounding must not make a sum of squares impossible.
      sums.yy += Math.ceil(sd * sd * random.chiSquare(n - 1) + (y * y) / n) + 1;
      return;
    }
    case 'ratio':
      return addClustered(sums, n, baseline.value * (1 + shift.lift), scale, random);
    case 'quantile': {
      const margin = role === 'guardrail' && !shift.isControl ? marginOf(launch.policy, metric.metric_id) : 0;
      const sign = metric.direction === 'decrease' ? 1 : -1;
      const threshold =
        Math.log(Math.max(1 + sign * margin, 0.001)) - Math.log(Math.max(1 + shift.lift, 0.001));
      const slow = normalUpperTail(normalQuantile(1 - baseline.value) + threshold / LOG_SPREAD);
      return addClustered(sums, n, slow, 1, random);
    }
  }
}

/** Y of D per unit at rate `share`, D spread over units as above; second moments at their expectation. */
function addClustered(sums: Sums, n: number, share: number, scale: number, random: Random): void {
  const { mean, variance } = DENOMINATORS;
  const d = Math.max(0, Math.round(n * mean + Math.sqrt(n * variance) * random.normal()));
  const noise = Math.sqrt(d * share * Math.max(0, 1 - share)) * random.normal();
  const dd = Math.round(n * (variance + mean * mean));
  sums.d += d;
  sums.dd += dd;
  sums.y += Math.max(0, Math.round((share * d + noise) * scale));
  sums.yd += Math.round(share * dd * scale);
  sums.yy += Math.ceil((share * share * dd + n * mean * share * Math.max(0, 1 - share)) * scale * scale);
}

/** The sums as the exact integers that analysis takes. */
export function armSums({ kind }: Metric, { n, y, yy, d, dd, yd }: Sums): ArmSums {
  switch (kind) {
    case 'proportion':
      return { n: BigInt(n), sum: BigInt(y) };
    case 'error_rate':
      return { n: BigInt(n), errors: BigInt(y) };
    case 'mean':
      return { n: BigInt(n), sum: BigInt(y), sum_sq: BigInt(yy) };
    case 'ratio':
    case 'quantile':
      return {
        n: BigInt(n),
        sum_y: BigInt(y),
        sum_d: BigInt(d),
        sum_yy: BigInt(yy),
        sum_dd: BigInt(dd),
        sum_yd: BigInt(yd),
      };
  }
}
