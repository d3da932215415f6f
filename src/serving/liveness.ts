/** A heartbeat as an observer reads it. */
export interface Beat {
  _id: string;
  epoch: string;
  counter: number;
  g: number;
  kind?: 'sdk';
}

export interface Observed {
  instance_id: string;
  /** `sdk`: a service that evaluates in its own process. */
  kind: 'api' | 'sdk';
  /** The serving revision it reported last. */
  g: number;
  live: boolean;
  epoch: string;
  /** For how long its counter has stood, ms. */
  still_ms: number;
}

/** A process whose counter has stood for this long, by the observer's own clock, is lost. */
export const LOST_AFTER_MS = 10_000;

/** Tells live processes from lost ones by whether their counters move; clocks of others are never compared. */
export class LivenessObserver {
  private readonly seen = new Map<string, { epoch: string; counter: number; moved_at: number }>();

  /** @param now monotonic, ms */
  observe(beats: readonly Beat[], now: number): Observed[] {
    for (const id of this.seen.keys()) if (!beats.some((beat) => beat._id === id)) this.seen.delete(id);
    return beats.map(({ _id, epoch, counter, g, kind }): Observed => {
      const before = this.seen.get(_id);
      const moved = before?.epoch !== epoch || before.counter !== counter;
      if (moved) this.seen.set(_id, { epoch, counter, moved_at: now });
      const still_ms = moved ? 0 : now - before.moved_at;
      return { instance_id: _id, kind: kind ?? 'api', g, epoch, still_ms, live: still_ms < LOST_AFTER_MS };
    });
  }
}
