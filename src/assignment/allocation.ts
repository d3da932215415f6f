import { SLOTS } from './hash.js';

/** A part of the slots, served one arm. */
export interface Range {
  from: number;
  to: number;
  variant: string;
  band: number;
}

/** Slot to range in one look-up: index + 1 of the range, 0 where the slot is in none. */
export function slotTable(ranges: readonly Range[]): Uint16Array {
  const table = new Uint16Array(SLOTS);
  ranges.forEach(({ from, to }, index) => table.fill(index + 1, from, to));
  return table;
}

/** Names in order with their shares in per cent, as cumulative slots. */
export function cumulativeSlots(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => Math.round(((sum += weight) * SLOTS) / 100));
}
