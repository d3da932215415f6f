import { normalQuantile, normalUpperTail } from '../../stats/distributions.js';
import { ratio as ratioOfSums, type RatioSum } from '../../stats/estimators.js';
import { clusteredSums } from '../clustered.js';
import {
  bucketOf,
  edgeOf,
  quantileBucket,
  shifted,
  slowSums,
  unitBuckets,
  type BucketSums,
  type UnitHistogram,
} from '../histogram.js';
import type { Kind } from '../kind.js';
import { StoredNames, type StoredSums } from '../stored-sums.js';

const STORED = new StoredNames({ sum_d: 'd', sum_dd: 'dd' });
/** Of each bucket, in the group `buckets`. */
const STORED_BUCKET = new StoredNames({ sum_y: 'y', sum_yy: 'yy', sum_yd: 'yd' });

function bucketsIn(totals: StoredSums): Record<string, BucketSums> {
  const buckets = (totals['buckets'] ?? {}) as Record<string, StoredSums>;
  return Object.fromEntries(
    Object.entries(buckets).map(([bucket, sums]) => [bucket, STORED_BUCKET.read(sums)]),
  );
}

/** So many requests the control must have for its quantile to become the threshold. */
const REQUESTS_FOR_THRESHOLD = 1_000n;
/** A margin cannot bring a threshold down to 0. */
const LEAST_FACTOR = 0.001;
/** Latencies are simulated as log-normal with this σ, to turn "20 % slower" into a share of slow requests. */
const LOG_SPREAD = 0.5;

/**
 * A quantile of all values. Two arms are compared by their shares of slow requests: slower than the control's own
 * quantile, frozen once, in the control; slower than that and the margin in a treatment.
 */
export const quantile: Kind<UnitHistogram, RatioSum> = {
  estimator: ratioOfSums,
  scaled: false,
  guardrail: 'margin_in_sums',

  fields: { quantile: 'required' },
  canBeMissing: true,

  fold(before = {}, { value }) {
    const bucket = String(bucketOf(value));
    return { ...before, [bucket]: (before[bucket] ?? 0) + 1 };
  },
  contribution(histogram) {
    if (histogram === undefined) return [];
    const { requests, buckets } = unitBuckets(histogram);
    return [
      ...STORED.write({ sum_d: requests, sum_dd: requests * requests }),
      ...buckets.flatMap(([bucket, sums]) => STORED_BUCKET.write(sums, `buckets.${bucket}.`)),
    ];
  },
  armSums(totals, { metric, margin, threshold }) {
    const requests = STORED.read(totals);
    if (threshold === undefined) return requests;
    const factor = metric.direction === 'decrease' ? 1 + margin : Math.max(1 - margin, LEAST_FACTOR);
    return { ...requests, ...slowSums(bucketsIn(totals), shifted(threshold, factor)) };
  },
  threshold: {
    freeze(control, { quantile: q }) {
      if (STORED.read(control).sum_d < REQUESTS_FOR_THRESHOLD) return null;
      return quantileBucket(bucketsIn(control), q!);
    },
    display(totals, { quantile: q }) {
      const bucket = quantileBucket(bucketsIn(totals), q!);
      return bucket === null ? null : edgeOf(bucket);
    },
  },

  // By the choice of the threshold the control's share of slow requests is about 1 − q, as it is assumed to be.
  baseline: () => null,
  assumedBaseline: ({ quantile: q }) => ({ value: 1 - q!, standard_deviation: 0 }),
  powerMetric: () => null,
  simulate(n, { direction }, { value, lift, margin }, draws) {
    const sign = direction === 'decrease' ? 1 : -1;
    const threshold =
      Math.log(Math.max(1 + sign * margin, LEAST_FACTOR)) - Math.log(Math.max(1 + lift, LEAST_FACTOR));
    const slow = normalUpperTail(normalQuantile(1 - value) + threshold / LOG_SPREAD);
    return clusteredSums(n, slow, 1, draws);
  },
};
