import { SLOTS } from './hash.js';

/** Slot to interval in one look-up: index + 1 of the interval, 0 where the slot is in none. */
export function slotTable(
  intervals: readonly (readonly [from: number, to: number, ...unknown[]])[],
): Uint16Array {
  const table = new Uint16Array(SLOTS);
  intervals.forEach(([from, to], index) => table.fill(index + 1, from, to));
  return table;
}

/** Names in order with their shares in per cent, as cumulative slots. */
export function cumulativeSlots(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => Math.round(((sum += weight) * SLOTS) / 100));
}
