import type { EventErrorCode } from '../model/event.js';
import type { Dropped } from '../model/property.js';
import { MINUTE_MS } from '../model/time.js';
import type { EventMinuteStore, MinuteCounts } from '../store/event-minutes.js';
import type { RecentEvent, RecentEventStore } from '../store/recent-events.js';

/** How often a process writes down what arrived, ms. */
export const ARRIVALS_FLUSH_MS = 5_000;
/** Types that one process tells apart in one minute. Senders choose them, so there could be any number. */
const MOST_TYPES = 200;
/** Minutes that wait to be written while MongoDB is away; of older ones nothing is told. */
const MOST_MINUTES = 10;
/** The events of a process that are remembered: so many documents of so many events. */
const SLOTS = 4;
const SLOT_EVENTS = 250;

export interface ArrivalsOptions {
  minutes: Pick<EventMinuteStore, 'add'>;
  recent: Pick<RecentEventStore, 'put'>;
  /** Of this process: two processes must not have the same. */
  process_id: string;
}

/** What arrived in one minute and is not written yet. */
class Minute {
  private readonly types = new Map<string, number>();
  private otherTypes = 0;
  private readonly rejected = new Map<string, number>();
  private readonly dropped = new Map<string, number>();

  accept(type: string): void {
    if (this.types.has(type) || this.types.size < MOST_TYPES) increase(this.types, type);
    else this.otherTypes += 1;
  }

  reject(code: string): void {
    increase(this.rejected, code);
  }

  drop(why: string): void {
    increase(this.dropped, why);
  }

  counts(): MinuteCounts {
    return {
      types: Object.fromEntries(this.types),
      other_types: this.otherTypes,
      rejected: Object.fromEntries(this.rejected),
      dropped: Object.fromEntries(this.dropped),
    };
  }
}

/**
 * Counts by minute what arrives at the door, and remembers a sample of it: the first 250 events of every five seconds, in the
 * whole the last 1,000. It only informs. So nothing waits for it, it is written in steps, and what cannot be written for long
 * is forgotten.
 */
export class Arrivals {
  private readonly minutes = new Map<number, Minute>();
  private readonly slots: RecentEvent[][] = Array.from({ length: SLOTS }, () => []);
  private slot = 0;
  private readonly unwritten = new Set<number>();
  private sinceFlush = 0;

  constructor(private readonly options: ArrivalsOptions) {}

  /** @param now ms since the epoch */
  accept(types: Iterable<string>, now: number): void {
    const minute = this.minuteOf(now);
    for (const type of types) minute.accept(type);
  }

  reject(codes: Iterable<EventErrorCode>, now: number): void {
    const minute = this.minuteOf(now);
    for (const code of codes) minute.reject(code);
  }

  /** Properties that a metric names were not kept. */
  drop(whys: Iterable<Dropped>, now: number): void {
    const minute = this.minuteOf(now);
    for (const why of whys) minute.drop(why);
  }

  remember(events: readonly RecentEvent[]): void {
    for (const event of events) {
      if (this.sinceFlush >= SLOT_EVENTS) return;
      this.sinceFlush += 1;
      if (this.slots[this.slot]!.length >= SLOT_EVENTS) {
        this.slot = (this.slot + 1) % SLOTS;
        this.slots[this.slot] = [];
      }
      this.slots[this.slot]!.push(event);
      this.unwritten.add(this.slot);
    }
  }

  /**
   * Writes what is not written yet. Counts of a minute that could not be written are not told: they may have been written all
   * the same, and twice would be a number that is not so.
   */
  async flush(): Promise<void> {
    const { minutes, recent, process_id } = this.options;
    this.sinceFlush = 0;
    for (const [minute, arrived] of [...this.minutes]) {
      this.minutes.delete(minute);
      await minutes.add(minute, arrived.counts());
    }
    for (const slot of [...this.unwritten]) {
      // What arrives during the write is written the next time.
      this.unwritten.delete(slot);
      await recent.put(`${process_id}:${slot}`, this.slots[slot]!).catch((error: unknown) => {
        this.unwritten.add(slot);
        throw error;
      });
    }
  }

  private minuteOf(now: number): Minute {
    const number = Math.floor(now / MINUTE_MS);
    let minute = this.minutes.get(number);
    if (!minute) {
      this.minutes.set(number, (minute = new Minute()));
      // A map keeps the order of insertion: the oldest goes first.
      for (const oldest of this.minutes.keys()) {
        if (this.minutes.size <= MOST_MINUTES) break;
        this.minutes.delete(oldest);
      }
    }
    return minute;
  }
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
