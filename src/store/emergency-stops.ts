import { randomUUID } from 'node:crypto';
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
  /** As its fence has it. */
  environments?: string[];
  /** Live experiments that it met. */
  experiment_ids: string[];
  fence_revision: number | null;
  released_at: string | null;
}

/** `standing` as long as it is not released: servers find a value by an index, and not everywhere a null. */
type StoredStop = EmergencyStopDocument & { standing?: true };

/** An id for a stop that is set now. Ids sort by time. */
export function emergencyStopId(): string {
  return `stop_${Date.now()}-${randomUUID()}`;
}

export class EmergencyStopStore {
  private readonly collection: Collection<StoredStop>;

  constructor(database: Database) {
    this.collection = database.collection('emergency_stops');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ standing: 1 }));
  }

  async put(document: EmergencyStopDocument): Promise<void> {
    const { _id, released_at } = document;
    const stored = { ...document, ...(released_at === null && { standing: true as const }) };
    await reach(() => this.collection.replaceOne({ _id }, stored, { upsert: true }));
  }

  async get(id: string): Promise<EmergencyStopDocument | null> {
    const found = await reach(() => this.collection.findOne({ _id: id }));
    return found && withoutMark(found);
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
    const filter = {
      ...(after && { _id: { $lt: after._id } }),
      ...inEnvironments('environments', environments),
    };
    const found = await reach(() =>
      this.collection
        .find(filter as object)
        .sort({ _id: -1 })
        .limit(limit + 1)
        .toArray(),
    );
    return pageOf(found.map(withoutMark), limit);
  }

  /** Those that are not released, and those of these ids. */
  async standing(ids: readonly string[]): Promise<EmergencyStopDocument[]> {
    const [open, named] = await Promise.all([
      reach(() => this.collection.find({ standing: true }).toArray()),
      reach(() => this.collection.find({ _id: { $in: [...ids] } }).toArray()),
    ]);
    return [...new Map([...open, ...named].map((stop) => [stop._id, withoutMark(stop)])).values()];
  }
}

function withoutMark({ standing: _, ...stop }: StoredStop): EmergencyStopDocument {
  return stop;
}
