import type { Collection } from 'mongodb';
import { HOUR_MS, MINUTE_MS } from '../model/time.js';
import { reach, type Database } from './database.js';
import { forgetOlder } from './forget.js';

/** What arrived at the door in one minute. */
export interface MinuteCounts {
  /** Events that were accepted, by type. */
  types: Readonly<Record<string, number>>;
  /** Accepted events of further types, of which there were too many to tell them apart. */
  other_types: number;
  /** Events that were refused, by code. */
  rejected: Readonly<Record<string, number>>;
  /** Properties that a metric names and that were not kept, by why. */
  dropped: Readonly<Record<string, number>>;
}

/** A minute of the whole installation: each process adds to it every few seconds. */
interface MinuteDocument extends Partial<MinuteCounts> {
  _id: string;
  /** When it began, ms since the epoch. */
  at: number;
}

/** Two hours: one is shown. */
const KEPT_MS = 2 * HOUR_MS;
/** One hour, and the minute that has just begun. */
const MOST_SHOWN = 61;

export class EventMinuteStore {
  private readonly collection: Collection<MinuteDocument>;

  constructor(database: Database) {
    this.collection = database.collection('event_minutes');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ at: 1 }));
  }

  /** Adds to a minute. @param minute since the epoch */
  async add(minute: number, { types, other_types, rejected, dropped }: MinuteCounts): Promise<void> {
    const increments = {
      ...increasing('types', types),
      ...increasing('rejected', rejected),
      ...increasing('dropped', dropped),
      ...(other_types > 0 && { other_types }),
    };
    if (Object.keys(increments).length === 0) return;
    await reach(() =>
      this.collection.updateOne(
        { _id: String(minute) },
        { $inc: increments, $setOnInsert: { at: minute * MINUTE_MS } },
        { upsert: true },
      ),
    );
  }

  /** The minutes from this one on, oldest first; one in which nothing arrived is absent. @param minute since the epoch */
  async since(minute: number): Promise<(MinuteCounts & { minute: number })[]> {
    const found = await reach(() =>
      this.collection
        .find({ at: { $gte: minute * MINUTE_MS } })
        .sort({ at: 1 })
        .limit(MOST_SHOWN)
        .toArray(),
    );
    return found.map(({ at, types, other_types = 0, rejected = {}, dropped = {} }) => ({
      minute: at / MINUTE_MS,
      types: Object.fromEntries(
        Object.entries(types ?? {}).map(([name, n]) => [decodeURIComponent(name), n]),
      ),
      ...{ other_types, rejected, dropped },
    }));
  }

  /** Deletes some that are no longer shown. Returns how many; 0 where none are left. */
  async forget(now: number): Promise<number> {
    return forgetOlder(this.collection, 'at', now - KEPT_MS);
  }
}

function increasing(group: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [`${group}.${asField(name)}`, count]),
  );
}

/** Senders choose the names of types. In a path, a dot separates, and a dollar sign begins an operator. */
function asField(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}
