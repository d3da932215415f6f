import type { Dwell } from './state.js';

/** A stopped clock with `ms` to run. */
export function dwellOf(ms: number): Dwell {
  return { left: ms, since: null };
}

/** Milliseconds that a dwell clock still has to run. */
export function remaining(dwell: Dwell, now: number): number {
  return dwell.since === null ? dwell.left : Math.max(0, dwell.left - (now - dwell.since));
}

/** The clock running, or stopped, from `now` on; the same object where it already is. */
export function switchClock(dwell: Dwell, runs: boolean, now: number): Dwell {
  if (runs === (dwell.since !== null)) return dwell;
  return { left: remaining(dwell, now), since: runs ? now : null };
}
