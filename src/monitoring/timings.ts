import type { Sample } from './computed-series.js';

/** A histogram that allocates nothing while it counts: for what happens thousands of times a second. */
export class Timings {
  /** How many fell into each bucket, the last one without an upper bound. */
  private readonly counts: Float64Array;
  private seconds = 0;

  /** @param bounds upper bounds of the buckets, seconds, in rising order */
  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > this.bounds[bucket]!) bucket += 1;
    this.counts[bucket]! += 1;
    this.seconds += seconds;
  }

  /** As Prometheus has histograms: each bucket counts those below it, too. */
  samples(name: string, labels: Record<string, string>): Sample[] {
    let below = 0;
    const buckets = [...this.counts].map((count, index): Sample => {
      below += count;
      const le = index < this.bounds.length ? String(this.bounds[index]) : '+Inf';
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.seconds },
      { metricName: `${name}_count`, labels, value: below },
    ];
  }
}
