import { LARGEST_VALUE } from '../model/event.js';
import type { Metric } from '../model/metric.js';

/** How a kind of metric makes one integer of a unit's events, and sums of the integers of many units. */
export interface Aggregator {
  /** The unit's number after one more event; integers in the metric's scale. */
  fold(before: number, value: number, metric: Metric): number;
  /** What the number adds to the totals. Squares are kept as two halves, high and low in base 2^32. */
  sums(value: number, metric: Metric): Record<string, bigint>;
}

const HALF = 1n << 32n;

const atLeastOne: Aggregator = {
  fold: () => 1,
  sums: (value) => ({ sum: BigInt(value) }),
};

const sumOfValues: Aggregator = {
  fold: (before, value, { scale }) => before + Math.round(value * scale),
  // Winsorised only here: clipping while adding up would make the order of events matter.
  sums(value, { scale, cap }) {
    const limit = cap === undefined ? LARGEST_VALUE : Math.min(LARGEST_VALUE, Math.round(cap * scale));
    const own = BigInt(Math.max(-LARGEST_VALUE, Math.min(limit, value)));
    return { sum: own, sq_high: (own * own) / HALF, sq_low: (own * own) % HALF };
  },
};

/** Kinds without an entry are defined and not yet counted: their metrics have no evidence. */
const AGGREGATORS: Partial<Record<Metric['kind'], Aggregator>> = {
  proportion: atLeastOne,
  error_rate: atLeastOne,
  mean: sumOfValues,
};

export function aggregatorOf(kind: Metric['kind']): Aggregator | undefined {
  return AGGREGATORS[kind];
}
