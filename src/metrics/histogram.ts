/** Ratio of neighbouring edges: a value is known to half a per cent. */
const GROWTH = 1.01;
const LOG_GROWTH = Math.log(GROWTH);
/** Values of 0 and below, and the ends of what is told apart (1e-9 to 1e17 in the metric's unit). */
const LOWEST = -2_100;
const HIGHEST = 4_000;

/** Number of the bucket (edge(i − 1), edge(i)] that a value falls into; what is not positive falls into the lowest. */
export function bucketOf(value: number): number {
  if (value <= 0) return LOWEST;
  return Math.min(HIGHEST, Math.max(LOWEST + 1, Math.ceil(Math.log(value) / LOG_GROWTH)));
}

/** Upper edge of a bucket, in the metric's own unit. */
export function edgeOf(bucket: number): number {
  return bucket <= LOWEST ? 0 : Math.exp(bucket * LOG_GROWTH);
}

/**
 * The bucket whose edge is `factor` times that of `bucket`, or the next one away: a margin is rounded in favour of
 * the treatment, by at most one per cent.
 */
export function shifted(bucket: number, factor: number): number {
  const steps = Math.log(factor) / LOG_GROWTH;
  return bucket + (steps > 0 ? Math.ceil(steps - 1e-9) : Math.floor(steps + 1e-9));
}

/** How many requests of one unit fell into each bucket. */
export type UnitHistogram = Record<string, number>;

/** One bucket of the totals of many units: what it adds to Σy, Σy² and Σyd once it lies above the threshold. */
export interface BucketSums {
  y?: bigint;
  yy?: bigint;
  yd?: bigint;
}

/**
 * What one unit adds to the totals, such that the sums for *any* threshold can be read off them later: with y the
 * unit's requests above the threshold and d all of its requests, each bucket holds what Σy, Σy² and Σyd gain when
 * the threshold falls below it. The threshold is frozen only when the experiment runs, long after folding.
 */
export function unitSums(histogram: UnitHistogram): Record<string, bigint> {
  const buckets = Object.keys(histogram).sort((a, b) => Number(b) - Number(a));
  const d = buckets.reduce((sum, bucket) => sum + BigInt(histogram[bucket]!), 0n);
  const sums: Record<string, bigint> = { d, dd: d * d };
  let above = 0n;
  for (const bucket of buckets) {
    const count = BigInt(histogram[bucket]!);
    sums[`buckets.${bucket}.y`] = count;
    sums[`buckets.${bucket}.yy`] = (above + count) ** 2n - above ** 2n;
    sums[`buckets.${bucket}.yd`] = count * d;
    above += count;
  }
  return sums;
}

/** Σy, Σy² and Σyd over units, y being a unit's requests in buckets above `threshold`. */
export function slowSums(
  buckets: Readonly<Record<string, BucketSums>>,
  threshold: number,
): { sum_y: bigint; sum_yy: bigint; sum_yd: bigint } {
  const sums = { sum_y: 0n, sum_yy: 0n, sum_yd: 0n };
  for (const [bucket, { y = 0n, yy = 0n, yd = 0n }] of Object.entries(buckets)) {
    if (Number(bucket) <= threshold) continue;
    sums.sum_y += y;
    sums.sum_yy += yy;
    sums.sum_yd += yd;
  }
  return sums;
}

/** The bucket in which the `q` quantile of all requests lies; null without any. */
export function quantileBucket(buckets: Readonly<Record<string, BucketSums>>, q: number): number | null {
  const counts = Object.entries(buckets)
    .map(([bucket, { y = 0n }]): [number, number] => [Number(bucket), Number(y)])
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
