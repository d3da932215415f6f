import type { Plan } from './plan.js';
import type { Dwell, State } from './state.js';

/** A dwell of `ms` that stands until it is released. */
export function dwellOf(ms: number): Dwell {
  return { left: ms, since: null };
}

/** Milliseconds that a dwell clock still has to run. */
export function remaining(dwell: Dwell, now: number): number {
  return dwell.since === null ? dwell.left : Math.max(0, dwell.left - (now - dwell.since));
}

/** The clock running, or standing, from `now` on. */
export function turn(dwell: Dwell, running: boolean, now: number): Dwell {
  if (running === (dwell.since !== null)) return dwell;
  return { left: remaining(dwell, now), since: running ? now : null };
}

/** The end as it stands: planned at the launch, or extended since. */
export function endOf(plan: Plan, { extended_to }: Pick<State, 'extended_to'>): number {
  return extended_to ?? plan.end_at;
}
