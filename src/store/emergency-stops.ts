import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';
import { pageOf, type Page } from './definitions.js';
import { inEnvironments } from './environments.js';

export interface EmergencyStopDocument {
  _id: string;
  at: string;
  by: string;
  reason: string;
  scope: 'all' | string[];
  /** The environments of the experiments in its scope; left out where it reaches every one. */
  environments?: string[];
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

  /**
   * One page, newest first.
   *
   * @param after the last stop of the page before
   * @param environments only stops that reach one of these; null for all
   */
  async page(
    limit: number,
    after: EmergencyStopDocument | null,
    environments: readonly string[] | null,
  ): Promise<Page<EmergencyStopDocument>> {
    const isOlder = after && { $or: [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: after._id } }] };
    const filter = { $and: [isOlder ?? {}, inEnvironments('environments', environments)] };
    const found = await reach(() =>
      this.collection
        .find(filter as object)
        .sort({ at: -1, _id: -1 })
        .limit(limit + 1)
        .toArray(),
    );
    return pageOf(found, limit);
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
