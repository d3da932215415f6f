import type { Collection } from 'mongodb';
import { isUnder, type Fence } from '../model/serving.js';
import { reach, type Database } from './database.js';

/** Kinds of things that are served, as they stand in the log of changes. */
export type ServedKind = 'flag' | 'segment' | 'experiment' | 'key' | 'opt-out';
export type ServedId = `${ServedKind}:${string}` | 'fence';

interface ServingDocument {
  _id: 'serving';
  revision: number;
  log: { id: ServedId }[];
  fences: StoredFence[];
}

export interface StoredFence extends Fence {
  by: string;
  reason: string;
  at: string;
  /** The environments of the experiments in its scope; left out where it reaches every one. */
  environments?: string[];
}

const LOG_LENGTH = 500;

/** The one document that every process polls: the log of changes to what is served, and the fences. */
export class ServingStore {
  private readonly collection: Collection<ServingDocument>;

  constructor(database: Database) {
    this.collection = database.collection('serving');
  }

  /** Whether nothing was ever served: the installation is new. */
  async isFresh(): Promise<boolean> {
    return (await reach(() => this.collection.countDocuments({ _id: 'serving' }))) === 0;
  }

  async initialise(): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id: 'serving' },
        { $setOnInsert: { revision: 0, log: [], fences: [] } },
        { upsert: true },
      ),
    );
  }

  async read(): Promise<ServingDocument> {
    const found = await reach(() => this.collection.findOne({ _id: 'serving' }));
    return found ?? { _id: 'serving', revision: 0, log: [], fences: [] };
  }

  /** The fences alone, without the log, which is long. */
  async fences(): Promise<StoredFence[]> {
    const found = await reach(() =>
      this.collection.findOne({ _id: 'serving' }, { projection: { fences: 1 } }),
    );
    return found?.fences ?? [];
  }

  /**
   * Tells every process that something changed. Returns the revision at which they will have seen it, and the fences
   * as they are then.
   */
  async changed(...ids: ServedId[]): Promise<{ revision: number; fences: StoredFence[] }> {
    return this.bump(ids);
  }

  /** Sets a fence. Returns the revision from which a process obeys it. */
  async fence(fence: StoredFence): Promise<number> {
    return (await this.bump(['fence'], { fences: fence })).revision;
  }

  async release(emergency_stop_id: string): Promise<number> {
    const after = await reach(() =>
      this.collection.findOneAndUpdate(
        { _id: 'serving' },
        {
          $inc: { revision: 1 },
          $push: { log: { $each: [{ id: 'fence' as const }], $slice: -LOG_LENGTH } },
          $pull: { fences: { emergency_stop_id } },
        },
        { returnDocument: 'after', projection: { revision: 1 } },
      ),
    );
    return after!.revision;
  }

  /** The revision counts the entries of the log, one for each id. */
  private async bump(
    ids: ServedId[],
    push: object = {},
  ): Promise<{ revision: number; fences: StoredFence[] }> {
    const after = await reach(() =>
      this.collection.findOneAndUpdate(
        { _id: 'serving' },
        {
          $inc: { revision: ids.length },
          $push: { log: { $each: ids.map((id) => ({ id })), $slice: -LOG_LENGTH }, ...push } as never,
        },
        { returnDocument: 'after', projection: { revision: 1, fences: 1 } },
      ),
    );
    return { revision: after!.revision, fences: after!.fences };
  }
}

/** Ids that changed between two revisions, or null where the log does not reach back that far. */
export function changesSince(
  { revision, log }: Pick<ServingDocument, 'revision' | 'log'>,
  since: number,
): ServedId[] | null {
  const count = revision - since;
  if (count < 0 || count > log.length) return null;
  return [...new Set(log.slice(log.length - count).map(({ id }) => id))];
}

/** The fences that an experiment stands under. */
export function fencesOver<F extends Fence>(fences: readonly F[], experiment_id: string): F[] {
  return fences.filter((fence) => isUnder(fence, experiment_id));
}
