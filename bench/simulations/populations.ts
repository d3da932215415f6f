import {
  bucketOf,
  quantileBucket,
  shifted,
  unitBuckets,
  type BucketSums,
} from '../../src/metrics/histogram.js';
import type { MetricKind } from '../../src/model/metric.js';
import type { Random } from '../../src/rehearsal/random.js';
import type { ArmSums } from '../../src/stats/arm-sums.js';

/** The units of one arm, drawn one by one, or as exact counts of them. */
export interface Units {
  add(units: number): void;
  sums(): ArmSums;
}

/** What units do under a metric. */
export interface Population {
  what: string;
  kind: MetricKind;
  /** Units of the control and of the treatment, whose value is `factor` times the control's. */
  arms(random: Random, factor: number): [control: Units, treatment: Units];
  /** Whether there is something to compare yet; always, if absent. Called before each look. */
  ready?(arms: [Units, Units]): boolean;
}

/** Counts of units that have an event, each with probability `rate` × factor. */
export function rates(rate: number, kind: 'proportion' | 'error_rate' = 'proportion'): Population {
  const name = kind === 'error_rate' ? 'errors' : 'sum';
  const units = (random: Random, p: number): Units => {
    let [n, y] = [0, 0];
    return {
      add(count) {
        n += count;
        y += binomial(random, count, p);
      },
      sums: () => ({ n: BigInt(n), [name]: BigInt(y) }),
    };
  };
  return {
    what: kind === 'error_rate' ? `error rate ${percent(rate)}` : `rate ${percent(rate)}`,
    kind,
    arms: (random, factor) => [units(random, rate), units(random, rate * factor)],
  };
}

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

/** Exact: in batches whose expected count is small enough for inversion, so that no normal approximation is used. */
function binomial(random: Random, n: number, p: number): number {
  const batch = Math.max(1, Math.floor(25 / Math.max(1e-9, Math.min(p, 1 - p))));
  let y = 0;
  for (let left = n; left > 0; left -= batch) y += random.binomial(Math.min(batch, left), p);
  return y;
}

/** Means of values in whole numbers, drawn unit by unit. */
function means(what: string, drawn: (random: Random, factor: number) => () => number): Population {
  const units = (random: Random, factor: number): Units => {
    const draw = drawn(random, factor);
    let [n, sum, sum_sq] = [0, 0, 0];
    return {
      add(count) {
        n += count;
        for (let unit = 0; unit < count; unit += 1) {
          const value = draw();
          sum += value;
          sum_sq += value * value;
        }
      },
      sums: () => ({ n: BigInt(n), sum: BigInt(sum), sum_sq: BigInt(sum_sq) }),
    };
  };
  return { what, kind: 'mean', arms: (random, factor) => [units(random, 1), units(random, factor)] };
}

/** Normal values around 2 with standard deviation 1. */
export const normalValues = means(
  'normal values',
  (random, factor) => () => Math.round(1_000 * (2 * factor + random.normal())),
);

/** Time spent: exponential. */
export const exponentialValues = means(
  'exponential values',
  (random, factor) => () => Math.round(-100 * factor * Math.log(1 - random.uniform())),
);

/** Revenue without a cap: 5 % of units buy, for lognormal amounts. */
export function revenue(sigma: number): Population {
  const what = `5 % buy for lognormal ${sigma} amounts`;
  return means(
    what,
    (random, factor) => () =>
      random.uniform() < 0.05 ? Math.round(100 * factor * Math.exp(sigma * random.normal())) : 0,
  );
}

/** Counts that are 1 for nearly all units; few have `more` besides (or one less, where the factor is below 1). */
export function mostlyOne(more: number): Population {
  const share = 0.02;
  const control = 1 + share * more;
  return means(`counts mostly 1, few ${1 + more}`, (random, factor) => {
    const wanted = control * factor;
    const [step, p] = wanted >= 1 ? [more, (wanted - 1) / more] : [-1, 1 - wanted];
    return () => (random.uniform() < p ? 1 + step : 1);
  });
}

const RATIO_SUMS = ['sum_y', 'sum_d', 'sum_yy', 'sum_dd', 'sum_yd'] as const;

class RatioSums {
  private n = 0;
  private readonly totals = RATIO_SUMS.map(() => 0);

  add(y: number, d: number): void {
    this.n += 1;
    for (const [index, term] of [y, d, y * y, d * d, y * d].entries()) this.totals[index]! += term;
  }

  sums(): ArmSums {
    const named = RATIO_SUMS.map((name, index) => [name, BigInt(this.totals[index]!)]);
    return { n: BigInt(this.n), ...Object.fromEntries(named) } as ArmSums;
  }
}

/** Units differ in how much they do, and in their own rate: what one unit does belongs together. */
export const clusteredRatio: Population = {
  what: 'ratio, clustered by unit',
  kind: 'ratio',
  arms(random, factor) {
    const units = (own: number): Units => {
      const totals = new RatioSums();
      return {
        add(count) {
          for (let unit = 0; unit < count; unit += 1) {
            const d = 1 + Math.floor(-4 * Math.log(1 - random.uniform()));
            totals.add(random.binomial(d, (random.uniform() < 0.5 ? 0.05 : 0.15) * own), d);
          }
        },
        sums: () => totals.sums(),
      };
    };
    return [units(1), units(factor)];
  },
};

/** Requests that the control must have before its quantile is frozen as the threshold. */
const REQUESTS_FOR_THRESHOLD = 1_000;

/** Latency: every unit has a speed of its own. The threshold is the control's p95, frozen at 1,000 requests. */
export function clusteredLatency(margin: number): Population {
  const frozen = new WeakMap<Units, number>();
  return {
    what: 'p95 of clustered requests',
    kind: 'quantile',
    arms(random, factor) {
      const [control, treatment] = [new Requests(random, 1, 1), new Requests(random, factor, 1 + margin)];
      return [control, treatment];
    },
    ready([control, treatment]) {
      const threshold = frozen.get(control) ?? (control as Requests).ownThreshold();
      if (threshold === null) return false;
      if (!frozen.has(control)) {
        frozen.set(control, threshold);
        for (const arm of [control, treatment]) (arm as Requests).count(threshold);
      }
      return true;
    },
  };
}

/** The requests of one arm: kept by unit until the threshold is known, and from then on counted. */
class Requests implements Units {
  private readonly totals = new RatioSums();
  private kept: number[][] = [];
  private threshold: number | null = null;

  constructor(
    private readonly random: Random,
    private readonly factor: number,
    private readonly beyond: number,
  ) {}

  add(count: number): void {
    for (let unit = 0; unit < count; unit += 1) {
      const speed = 100 * this.factor * Math.exp(0.3 * this.random.normal());
      const requests = Array.from({ length: 1 + Math.floor(-5 * Math.log(1 - this.random.uniform())) }, () =>
        bucketOf(speed * Math.exp(0.4 * this.random.normal())),
      );
      if (this.threshold === null) this.kept.push(requests);
      else this.fold(requests);
    }
  }

  ownThreshold(): number | null {
    const requests = this.kept.flat();
    if (requests.length < REQUESTS_FOR_THRESHOLD) return null;
    const histogram: Record<string, number> = {};
    for (const bucket of requests) histogram[bucket] = (histogram[bucket] ?? 0) + 1;
    const buckets: Record<string, BucketSums> = Object.fromEntries(unitBuckets(histogram).buckets);
    return quantileBucket(buckets, 0.95);
  }

  count(threshold: number): void {
    this.threshold = this.beyond === 1 ? threshold : shifted(threshold, this.beyond);
    for (const requests of this.kept) this.fold(requests);
    this.kept = [];
  }

  private fold(requests: readonly number[]): void {
    this.totals.add(requests.filter((bucket) => bucket > this.threshold!).length, requests.length);
  }

  sums(): ArmSums {
    return this.totals.sums();
  }
}
