import type { Collection } from 'mongodb';
import { DAY_MS } from '../model/time.js';
import { reach, type Database } from './database.js';
import { forgetOlder } from './forget.js';

/** A type of events, whether a metric counts it or not. */
interface EventTypeDocument {
  _id: string;
  /** When an event of this type last arrived, ms since the epoch; up to a minute old. */
  last_at: number;
}

/** Types that no event has had for this long are forgotten. */
const FORGOTTEN_AFTER_MS = 90 * DAY_MS;

/** When events of each type last arrived. */
export class EventTypeStore {
  private readonly collection: Collection<EventTypeDocument>;

  constructor(database: Database) {
    this.collection = database.collection('event_types');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ last_at: 1 }));
  }

  async note(types: readonly string[], at: number): Promise<void> {
    await reach(() =>
      this.collection.bulkWrite(
        types.map((type) => ({
          updateOne: { filter: { _id: type }, update: { $max: { last_at: at } }, upsert: true },
        })),
        { ordered: false },
      ),
    );
  }

  /** When events of these types last arrived. A type that never had one is absent. */
  async lastSeen(types: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await reach(() => this.collection.find({ _id: { $in: [...types] } }).toArray());
    return new Map(found.map(({ _id, last_at }) => [_id, last_at]));
  }

  /** The types that arrived last, newest first. */
  async newest(limit: number): Promise<ReadonlyMap<string, number>> {
    const found = await reach(() => this.collection.find().sort({ last_at: -1 }).limit(limit).toArray());
    return new Map(found.map(({ _id, last_at }) => [_id, last_at]));
  }

  /** Deletes some types that no event has had for long. Returns how many; 0 where none are left. */
  async forget(now: number): Promise<number> {
    return forgetOlder(this.collection, 'last_at', now - FORGOTTEN_AFTER_MS);
  }
}
