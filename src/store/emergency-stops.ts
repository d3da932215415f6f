import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

export interface EmergencyStopDocument {
  _id: string;
  at: string;
  by: string;
  reason: string;
  scope: 'all' | string[];
  /** Live experiments that it met. */
  experiment_ids: string[];
  fence_revision: number | null;
  released_at: string | null;
}

export class EmergencyStopStore {
  private readonly collection: Collection<EmergencyStopDocument>;

  constructor(database: Database) {
    this.collection = database.collection('emergency_stops');
  }

  async put(document: EmergencyStopDocument): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: document._id }, document, { upsert: true }));
  }

  async get(id: string): Promise<EmergencyStopDocument | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  /** Those that are not released, and those of these ids. */
  async standing(ids: readonly string[]): Promise<EmergencyStopDocument[]> {
    const [open, named] = await Promise.all([
      reach(() => this.collection.find({ released_at: null }).toArray()),
      reach(() => this.collection.find({ _id: { $in: [...ids] } }).toArray()),
    ]);
    return [...new Map([...open, ...named].map((stop) => [stop._id, stop])).values()];
  }

  async all(): Promise<EmergencyStopDocument[]> {
    return reach(() => this.collection.find().sort({ at: -1 }).toArray());
  }
}
