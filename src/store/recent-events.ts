import type { Collection } from 'mongodb';
import type { Properties } from '../model/property.js';
import { HOUR_MS } from '../model/time.js';
import { reach, type Database } from './database.js';
import { forgetOlder } from './forget.js';

/**
 * An event that arrived lately, without its unit and its id: nobody can tell whose it was, so that it need not be found again
 * when a unit is exported or erased.
 */
export interface RecentEvent {
  type: string;
  /** Timestamp, ms since the epoch. */
  at: number;
  received_at: number;
  value: number;
  /** Those that metrics name; absent for none. */
  properties?: Properties;
}

/** Some events of one process. It has a few such documents and writes them in turn. */
interface RecentDocument {
  _id: string;
  /** When the newest of them was received, ms since the epoch. */
  at: number;
  events: RecentEvent[];
}

const KEPT_MS = HOUR_MS;
/** Documents that are read at most; each has at most 250 events. */
const MOST_READ = 40;

/** Events that arrived lately, to try definitions of metrics on. */
export class RecentEventStore {
  private readonly collection: Collection<RecentDocument>;

  constructor(database: Database) {
    this.collection = database.collection('recent_events');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ at: 1 }));
  }

  /** Replaces the events that a process has under this id. */
  async put(id: string, events: readonly RecentEvent[]): Promise<void> {
    const at = Math.max(...events.map(({ received_at }) => received_at));
    await reach(() => this.collection.replaceOne({ _id: id }, { at, events: [...events] }, { upsert: true }));
  }

  /** The newest ones of all processes, newest first. */
  async newest(limit: number, now: number): Promise<RecentEvent[]> {
    const found = await reach(() =>
      this.collection
        .find({ at: { $gte: now - KEPT_MS } })
        .sort({ at: -1 })
        .limit(MOST_READ)
        .toArray(),
    );
    return found
      .flatMap(({ events }) => events)
      .sort((a, b) => b.received_at - a.received_at)
      .slice(0, limit);
  }

  /** Deletes some of processes that are gone, or had no events for long. Returns how many; 0 where none are left. */
  async forget(now: number): Promise<number> {
    return forgetOlder(this.collection, 'at', now - KEPT_MS);
  }
}
