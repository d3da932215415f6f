import { normalQuantile, normalUpperTail } from '../../stats/distributions.js';
import { ratio as ratioOfSums, type RatioSum } from '../../stats/estimators.js';
import { spreadMetric } from '../../stats/power.js';
import { ratioBaseline } from '../ratio-baseline.js';
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
import { residualOf, SimulatedRatio } from '../simulated/ratio.js';
import { digits, StoredNames, type StoredSums } from '../stored-sums.js';

/** All are numbers of requests and their products; no unit has 2^32 requests. */
const STORED = new StoredNames({ sum_d: 'd', sum_dd: digits('dd', 2) });
/** Of each bucket, in the group `buckets`. */
const STORED_BUCKET = new StoredNames({ sum_y: 'y', sum_yy: digits('yy', 2), sum_yd: digits('yd', 2) });

function bucketsIn(totals: StoredSums): Record<string, BucketSums> {
  const buckets: Record<string, BucketSums> = {};
  for (const [bucket, sums] of Object.entries((totals['buckets'] ?? {}) as Record<string, StoredSums>)) {
    buckets[bucket] = STORED_BUCKET.read(sums);
  }
  return buckets;
}

/** The control's quantile becomes the threshold once the control has this many requests. */
const REQUESTS_FOR_THRESHOLD = 1_000;
/** The least factor that a margin or a lift may be: at 0 there would be no logarithm. */
const LEAST_FACTOR = 0.001;
/** A share of 0 or 1 has no normal quantile. */
const MOST_BEYOND = 0.9999;
/** σ of the log-normal latencies that a simulation assumes, to turn "20 % slower" into a share of slow requests. */
const LOG_SPREAD = 0.5;

/**
 * A quantile of all values. Two arms are compared by their shares of slow requests. In the control, slow is what is
 * slower than the control's own quantile, which is frozen once; in a treatment, what is slower than that by the margin.
 */
export const quantile: Kind<UnitHistogram, RatioSum> = {
  estimator: { ...ratioOfSums, covariate: null },
  scaled: false,
  guardrail: 'margin_in_sums',
  sumsBeyondThreshold: ['sum_y', 'sum_yy', 'sum_yd'],

  fields: { quantile: 'required', value: 'optional' },
  canBeMissing: () => true,
  ownNumber: null,

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
  // What is slow is known only when the threshold is frozen: the daily sums from before cannot be counted against it.
  covariate: null,
  armSums(totals, { metric, margin, threshold }) {
    const requests = STORED.read(totals);
    if (threshold === undefined) return requests;
    const factor = metric.direction === 'decrease' ? 1 + margin : Math.max(1 - margin, LEAST_FACTOR);
    return { ...requests, ...slowSums(bucketsIn(totals), shifted(threshold, factor)) };
  },
  threshold: {
    needs: REQUESTS_FOR_THRESHOLD,
    freeze(control, { quantile: q }) {
      if (STORED.read(control).sum_d < REQUESTS_FOR_THRESHOLD) return null;
      return quantileBucket(bucketsIn(control), q!);
    },
    display(totals, { quantile: q }) {
      const bucket = quantileBucket(bucketsIn(totals), q!);
      return bucket === null ? null : edgeOf(bucket);
    },
    // The share beyond the quantile of m values varies around 1 − q with the variance q(1 − q)/m: that of an order
    // statistic, David, Nagaraja (2003), Order Statistics, § 2.1.
    simulate({ sum_d = 0 }, { quantile: q }, draws) {
      if (sum_d < REQUESTS_FOR_THRESHOLD) return null;
      const share = 1 - q! + Math.sqrt((q! * (1 - q!)) / sum_d) * draws.normal();
      return Math.min(MOST_BEYOND, Math.max(1 - MOST_BEYOND, share));
    },
  },

  // Of the share of slow requests, which the threshold makes about 1 − q in the control: it is what is compared.
  baseline: (arm) => ratioBaseline(arm, 1),
  assumedBaseline: ({ quantile: q }) => ({ value: 1 - q!, standard_deviation: 0, correlation: 0 }),
  powerMetric: (baseline) => spreadMetric('quantile', baseline),
  simulate({ direction, quantile: q }, { standard_deviation, lift, margin, returns }, draws) {
    const sign = direction === 'decrease' ? 1 : -1;
    const shift =
      Math.log(Math.max(1 + sign * margin, LEAST_FACTOR)) - Math.log(Math.max(1 + lift, LEAST_FACTOR));
    const slow = new SimulatedRatio(
      1,
      {
        share: null,
        shareWhenFrozen: 1 - q!,
        residual: (share) => residualOf(share, standard_deviation),
        isCount: true,
        returns,
      },
      draws,
    );
    return {
      arrive: (n, at) => slow.arrive(n, at),
      goOn: (at) => slow.goOn(at),
      sums: () => slow.sums(),
      freeze: (share, isControl) =>
        slow.count(
          isControl ? share : normalUpperTail(normalQuantile(1 - share) + shift / LOG_SPREAD),
          isControl,
        ),
    };
  },
};
