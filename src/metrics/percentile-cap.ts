import type { Metric } from '../model/metric.js';
import { bucketOf, edgeOf } from './histogram.js';
import type { StoredAmount, StoredSums } from './stored-sums.js';
import { fieldName, partsOf, type TotalsDocument } from './totals-document.js';

/** The group of a metric's totals that counts units by the bucket of their own number. */
const GROUP = 'units_by_value';

/**
 * One unit's place in the histogram of units, by its own number before any cap. Kept only where the cap is asked for by
 * percentile: the next experiment reads it from here.
 *
 * @param value integer in the metric's scale; undefined if the unit had no event
 */
export function unitsByValue(
  value: number | undefined,
  { cap_percentile, scale }: Pick<Metric, 'cap_percentile' | 'scale'>,
): StoredAmount[] {
  if (cap_percentile === undefined || value === undefined) return [];
  return [[`${GROUP}.${bucketOf(value / scale)}`, 1n]];
}

/** Fewer units beyond a percentile say too little about where it lies. */
const LEAST_BEYOND = 10;

/**
 * The value that all but (100 − percentile) per cent of an arm's units stay below, to within one per cent, and the
 * number of units that it rests on. A unit without an event has the value 0. Null if there are too few units, or if
 * the percentile is not above 0.
 *
 * @param documents the totals of an ended experiment
 */
export function percentileOfUnits(
  documents: readonly TotalsDocument[],
  arm: string,
  metric_id: string,
  percentile: number,
): { value: number; units: number } | null {
  let units = 0;
  const counts = new Map<number, number>();
  for (const { _id, arms } of documents) {
    const own = partsOf(_id).epoch === 0 ? arms?.[fieldName(arm)] : undefined;
    units += Number(own?.units ?? 0n);
    const group = (own?.metrics?.[fieldName(metric_id)]?.[GROUP] ?? {}) as StoredSums;
    for (const [bucket, count] of Object.entries(group)) {
      counts.set(Number(bucket), (counts.get(Number(bucket)) ?? 0) + Number(count));
    }
  }
  const beyond = units * (1 - percentile / 100);
  // Rounding of the percentile must not cost a unit.
  if (beyond + 1e-6 < LEAST_BEYOND) return null;
  let above = 0;
  for (const [bucket, count] of [...counts].sort((a, b) => b[0] - a[0])) {
    above += count;
    if (above > beyond) return edgeOf(bucket) > 0 ? { value: edgeOf(bucket), units } : null;
  }
  return null;
}
