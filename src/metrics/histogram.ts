/** Ratio of neighbouring edges: a value is known to within half a per cent. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** The bucket of values of 0 and below, and the one of the greatest values: 1e-9 to 1e17 lie in between. */
const LOWEST = -2_100;
const HIGHEST = 4_000;

/** Number of the bucket (edge(i − 1), edge(i)] that a value falls into; the lowest where it is not positive. */
export function bucketOf(value: number): number {
  if (value <= 0) return LOWEST;
  return Math.min(HIGHEST, Math.max(LOWEST + 1, Math.ceil(Math.log(value) / LOG_GROWTH)));
}

/** Upper edge of a bucket, in the metric's own unit. */
export function edgeOf(bucket: number): number {
  return bucket <= LOWEST ? 0 : Math.exp(bucket * LOG_GROWTH);
}

/**
 * The bucket whose edge is `factor` times that of `bucket`. Between two edges it is the farther one: a margin is
 * rounded in favour of the treatment, by at most one per cent.
 */
export function shifted(bucket: number, factor: number): number {
  const steps = Math.log(factor) / LOG_GROWTH;
  return bucket + (steps > 0 ? Math.ceil(steps - 1e-9) : Math.floor(steps + 1e-9));
}

/** How many requests of one unit fell into each bucket. */
export type UnitHistogram = Readonly<Record<string, number>>;

/** One bucket of the totals of many units: what it adds to Σy, Σy² and Σyd once it lies above the threshold. */
export interface BucketSums {
  sum_y: bigint;
  sum_yy: bigint;
  sum_yd: bigint;
}

/**
 * What one unit adds to the totals, such that the sums for *any* threshold can be read off them later: with y the
 * unit's requests above the threshold and d all of its requests, each bucket holds what Σy, Σy² and Σyd gain when
 * the threshold falls below it. The threshold is frozen only when the experiment runs, long after folding.
 */
export function unitBuckets(histogram: UnitHistogram): {
  requests: bigint;
  buckets: [bucket: string, sums: BucketSums][];
} {
  const names = Object.keys(histogram).sort((a, b) => Number(b) - Number(a));
  const requests = names.reduce((sum, bucket) => sum + BigInt(histogram[bucket]!), 0n);
  let above = 0n;
  const buckets = names.map((bucket): [string, BucketSums] => {
    const count = BigInt(histogram[bucket]!);
    const sum_yy = (above + count) ** 2n - above ** 2n;
    above += count;
    return [bucket, { sum_y: count, sum_yy, sum_yd: count * requests }];
  });
  return { requests, buckets };
}

/** Σy, Σy² and Σyd over units, y being a unit's requests in buckets above `threshold`. */
export function slowSums(buckets: Readonly<Record<string, BucketSums>>, threshold: number): BucketSums {
  const slow = { sum_y: 0n, sum_yy: 0n, sum_yd: 0n };
  for (const [bucket, { sum_y, sum_yy, sum_yd }] of Object.entries(buckets)) {
    if (Number(bucket) <= threshold) continue;
    slow.sum_y += sum_y;
    slow.sum_yy += sum_yy;
    slow.sum_yd += sum_yd;
  }
  return slow;
}

/** The bucket in which the `q` quantile of all requests lies; null without any. */
export function quantileBucket(buckets: Readonly<Record<string, BucketSums>>, q: number): number | null {
  const counts = Object.entries(buckets)
    .map(([bucket, { sum_y }]): [number, number] => [Number(bucket), Number(sum_y)])
    .filter(([, count]) => count > 0)
    .sort((a, b) => a[0] - b[0]);
  const wanted = q * counts.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of counts) {
    below += count;
    if (below >= wanted) return bucket;
  }
  return null;
}
