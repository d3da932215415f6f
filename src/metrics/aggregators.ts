import { LARGEST_VALUE } from '../model/event.js';
import type { Metric } from '../model/metric.js';
import { bucketOf, unitSums, type UnitHistogram } from './histogram.js';

/** One unit's own number under a metric: a count or sum, the two of a ratio, or how its values are distributed. */
export type UnitValue = number | { y: number; d: number } | UnitHistogram;

/** How a kind of metric makes a unit's own number of its events, and sums of the numbers of many units. */
export interface Aggregator<Value extends UnitValue = UnitValue> {
  /** The number after one more event; integers in the metric's scale. */
  fold(before: Value | undefined, event: { type: string; value: number }, metric: Metric): Value;
  /** What the number adds to the totals. `x` is the unit's own covariate from before the experiment. */
  sums(value: Value | undefined, metric: Metric, x: number): Record<string, bigint>;
}

const HALF = 1n << 32n;

/** A sum that may outgrow 64 bits, as two that can not: high and low in base 2^32. */
function halves(name: string, value: bigint): Record<string, bigint> {
  const low = BigInt.asUintN(32, value);
  return { [`${name}_high`]: (value - low) / HALF, [`${name}_low`]: low };
}

/** The sum that two halves make. */
export function whole(total: (name: string) => bigint, name: string): bigint {
  return total(`${name}_high`) * HALF + total(`${name}_low`);
}

const atLeastOne: Aggregator<number> = {
  fold: () => 1,
  sums: (value) => ({ sum: value === undefined ? 0n : 1n }),
};

/** The metric's `aggregate` of a unit's values. */
function aggregated(before: number | undefined, value: number, { kind, aggregate, scale }: Metric): number {
  const own = Math.round(value * scale);
  switch (aggregate ?? (kind === 'ratio' ? 'count' : 'sum')) {
    case 'count':
      return (before ?? 0) + scale;
    case 'max':
      return Math.max(before ?? own, own);
    case 'sum':
      return (before ?? 0) + own;
  }
}

/** Winsorised only when it is counted: clipping while adding up would make the order of events matter. */
function winsorised(value: number, { scale, cap }: Metric): bigint {
  const limit = cap === undefined ? LARGEST_VALUE : Math.min(LARGEST_VALUE, Math.round(cap * scale));
  return BigInt(Math.max(-LARGEST_VALUE, Math.min(limit, value)));
}

const perUnit: Aggregator<number> = {
  fold: (before, { value }, metric) => aggregated(before, value, metric),
  sums(value, metric, covariate) {
    const own = winsorised(value ?? 0, metric);
    const x = BigInt(Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, covariate)));
    return {
      sum: own,
      ...halves('sq', own * own),
      ...(x !== 0n && { x, ...halves('xx', x * x), ...halves('xy', x * own) }),
    };
  },
};

const ratio: Aggregator<{ y: number; d: number }> = {
  fold(before = { y: 0, d: 0 }, { type, value }, metric) {
    const y = type === metric.event ? aggregated(before.y, value, metric) : before.y;
    return { y, d: before.d + (type === metric.denominator_event ? 1 : 0) };
  },
  sums(value, metric) {
    if (value === undefined) return {};
    const y = winsorised(value.y, metric);
    const d = BigInt(value.d);
    return { y, d, dd: d * d, ...halves('yy', y * y), ...halves('yd', y * d) };
  },
};

const distribution: Aggregator<UnitHistogram> = {
  fold(before = {}, { value }) {
    const bucket = String(bucketOf(value));
    return { ...before, [bucket]: (before[bucket] ?? 0) + 1 };
  },
  sums: (value) => (value === undefined ? {} : unitSums(value)),
};

const AGGREGATORS = {
  proportion: atLeastOne,
  error_rate: atLeastOne,
  mean: perUnit,
  ratio,
  quantile: distribution,
};

export function aggregatorOf(kind: Metric['kind']): Aggregator {
  // Each aggregator gets back only values that it made itself.
  return AGGREGATORS[kind];
}
