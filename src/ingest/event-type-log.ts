import type { EventTypeStore } from '../store/event-types.js';

/** A type is noted at most this often by one process, ms. */
const NOTED_EVERY_MS = 60_000;
/** At most this many types are remembered. Senders choose the types, so there could be any number of them. */
const MOST_TYPES = 1_000;

/** Notes which types of events arrive. It only informs: a type that cannot be noted now is noted with a later event. */
export class EventTypeLog {
  private readonly noted = new Map<string, number>();

  constructor(private readonly store: Pick<EventTypeStore, 'note'>) {}

  /** @param types of events that were accepted */
  add(types: Iterable<string>, now: number): void {
    const fresh: string[] = [];
    for (const type of new Set(types)) {
      const before = this.noted.get(type);
      if (before !== undefined && now - before < NOTED_EVERY_MS) continue;
      if (before === undefined && this.noted.size >= MOST_TYPES) this.forgetOld(now);
      if (before === undefined && this.noted.size >= MOST_TYPES) continue;
      this.noted.set(type, now);
      fresh.push(type);
    }
    if (fresh.length === 0) return;
    this.store.note(fresh, now).catch(() => {
      for (const type of fresh) this.noted.delete(type);
    });
  }

  private forgetOld(now: number): void {
    for (const [type, at] of this.noted) if (now - at >= NOTED_EVERY_MS) this.noted.delete(type);
  }
}
