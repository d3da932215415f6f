import type { Collection } from 'mongodb';
import { DAY_MS } from '../model/time.js';
import { reach, type Database } from './database.js';
import { forgetOlder } from './forget.js';

/** That a unit was erased, and what was removed. It names the unit by its pseudonym only. */
export interface Erasure {
  _id: string;
  unit: string;
  /** When it was asked for; ms since the epoch. */
  at: number;
  /** Id of the key of the person who asked for it. */
  by: string;
  /** The revision from which serving knows nothing of the unit. */
  revision: number;
  removed: Removed;
}

/** How much was removed, by what it was. */
export interface Removed {
  /** 1 where anything was remembered of the unit itself. */
  units: number;
  /** Experiments in which something of it was remembered. */
  experiments: number;
  /** Hashes of event ids. */
  event_ids: number;
  /** Events that were not folded yet. */
  waiting_events: number;
  exclusions: number;
  overrides: number;
  opt_outs: number;
}

/** How long an erasure can be asked for. */
const KEPT_MS = 90 * DAY_MS;

export class ErasureStore {
  private readonly collection: Collection<Erasure>;

  constructor(database: Database) {
    this.collection = database.collection('erasures');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ at: 1 }));
  }

  async put(erasure: Erasure): Promise<void> {
    await reach(() => this.collection.insertOne(erasure));
  }

  async get(id: string): Promise<Erasure | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  /** Deletes some that nobody can ask for again. Returns how many; 0 where none are left. */
  async forget(now: number): Promise<number> {
    return forgetOlder(this.collection, 'at', now - KEPT_MS);
  }
}
