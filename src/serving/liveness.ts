import { SERVE_STALE_MAX_MS } from '../model/serving.js';
import type { Heartbeat } from '../store/instances.js';

/** A process that serves, as this process sees it. */
export interface ObservedInstance extends Omit<Heartbeat, 'counter'> {
  live: boolean;
  /** How long its counter has not moved, ms. */
  still_ms: number;
}

/** A process whose counter has not moved for this long, by the observer's own clock, is lost. */
export const LOST_AFTER_MS = 10_000;

/** Tells live processes from lost ones by whether their counters move. It never compares the clocks of two machines. */
export class LivenessObserver {
  private readonly seen = new Map<string, { start_id: string; counter: number; moved_at: number }>();

  /** @param now monotonic, ms */
  observe(heartbeats: readonly Heartbeat[], now: number): ObservedInstance[] {
    const present = new Set(heartbeats.map(({ instance_id }) => instance_id));
    for (const id of this.seen.keys()) if (!present.has(id)) this.seen.delete(id);
    return heartbeats.map(({ counter, ...heartbeat }): ObservedInstance => {
      const { instance_id, start_id } = heartbeat;
      const before = this.seen.get(instance_id);
      const moved = before?.start_id !== start_id || before.counter !== counter;
      if (moved) this.seen.set(instance_id, { start_id, counter, moved_at: now });
      const still_ms = moved ? 0 : now - before.moved_at;
      return { ...heartbeat, still_ms, live: still_ms < LOST_AFTER_MS };
    });
  }
}

/** Of a lost process: since when nothing was heard of it, and from when it serves the control by itself. */
export interface Loss {
  silent_since: number;
  serves_control_at: number;
}

/**
 * What is known of a process that is lost; null of one that lives. It may be cut off and serve what it has, but no longer than
 * any process goes on without news.
 *
 * @param now ms since the epoch
 */
export function lossOf({ live, still_ms }: ObservedInstance, now: number): Loss | null {
  if (live) return null;
  const silent_since = now - still_ms;
  return { silent_since, serves_control_at: silent_since + SERVE_STALE_MAX_MS };
}
