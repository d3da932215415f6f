import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { StopMoment } from '../alerts/other-alerts.js';
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

/**
 * `standing` as long as it is not released: servers find a value by an index, and not everywhere a null. `unheard` is
 * written with each change of a stop, until alerts were made of all that became of it; `heard` has those that were, and
 * `moments` when it came to them.
 */
type StoredStop = EmergencyStopDocument & {
  standing?: true;
  unheard?: true;
  heard?: StopMoment[];
  moments?: Partial<Record<StopMoment, number>>;
};

/** A stop of which not all is told, and what is. */
export interface UnheardStop {
  stop: EmergencyStopDocument;
  heard: readonly StopMoment[];
}

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
    await reach(async () => {
      await this.collection.createIndex({ standing: 1 });
      await this.collection.createIndex({ unheard: 1 });
    });
  }

  async put(document: EmergencyStopDocument): Promise<void> {
    const { _id, ...fields } = document;
    const isStanding = document.released_at === null;
    const $set = { ...fields, unheard: true as const, ...(isStanding && { standing: true as const }) };
    const update = { $set, ...(!isStanding && { $unset: { standing: '' as const } }) };
    await reach(() => this.collection.updateOne({ _id }, update, { upsert: true }));
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

  /** Stops of which not all is told yet: those that are not complete, and those that were changed since. */
  async unheard(): Promise<UnheardStop[]> {
    const found = await reach(() => this.collection.find({ unheard: true }).toArray());
    return found.map((stored) => ({ stop: withoutMark(stored), heard: stored.heard ?? [] }));
  }

  /** It came to this moment. Returns when, ms since the epoch: what is said twice stays as it was said first. */
  async came(id: string, moment: StopMoment, at: number): Promise<number> {
    const field = `moments.${moment}`;
    await reach(() =>
      this.collection.updateOne({ _id: id, [field]: { $exists: false } }, { $set: { [field]: at } }),
    );
    const found = await reach(() => this.collection.findOne({ _id: id }));
    return found?.moments?.[moment] ?? at;
  }

  /** An alert was made of this moment. */
  async heard(id: string, moment: StopMoment): Promise<void> {
    await reach(() => this.collection.updateOne({ _id: id }, { $addToSet: { heard: moment } }));
  }

  /** Nothing is left to tell of a stop as it was read; one that was changed since is told again. */
  async allHeard({ _id, released_at }: EmergencyStopDocument): Promise<void> {
    await reach(() => this.collection.updateOne({ _id, released_at }, { $unset: { unheard: '' } }));
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

function withoutMark(stored: StoredStop): EmergencyStopDocument {
  const { standing: _, unheard: _1, heard: _2, moments: _3, ...stop } = stored;
  return stop;
}
