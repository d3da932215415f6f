import { SLOTS } from './hash.js';

/** By slot: index + 1 of the interval that holds it, or 0 if none does. */
export function slotTable(
  intervals: readonly (readonly [from: number, to: number, ...unknown[]])[],
): Uint16Array {
  const table = new Uint16Array(SLOTS);
  intervals.forEach(([from, to], index) => table.fill(index + 1, from, to));
  return table;
}

/** Shares in per cent as cumulative slots: each ends where the next begins. */
export function cumulativeSlots(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => Math.round(((sum += weight) * SLOTS) / 100));
}
