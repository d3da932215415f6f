import type { Collection } from 'mongodb';
import type { Sealed } from '../secrets/field-sealing.js';
import { inChunks } from './chunks.js';
import { reach, type Database } from './database.js';
import type { Page } from './definitions.js';
import { forgetSome } from './forget.js';

/** A unit that a person excluded from an experiment, or gave a variant of it. */
export interface MarkedUnit {
  /** `experiment:pseudonym` */
  _id: string;
  experiment_id: string;
  /** Pseudonym, by which folding knows it. */
  unit: string;
  /** The unit's id, and the variant of an override. People can read them back, and serving recognises the unit by them. */
  sealed: Sealed;
  at: string;
  by: string;
}

/** A unit that a person took out of an experiment. */
export interface Exclusion extends MarkedUnit {
  reason: string;
}

/** A unit that a person gave a variant, to look at it. */
export type Override = MarkedUnit;

export function markedUnitId(experiment_id: string, unit: string): string {
  return `${experiment_id}:${unit}`;
}

/** Experiments whose units one read takes. */
const EXPERIMENTS_AT_ONCE = 200;

export class MarkedUnitStore<T extends MarkedUnit> {
  private readonly collection: Collection<T>;

  constructor(database: Database, name: 'exclusions' | 'overrides') {
    this.collection = database.collection(name);
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.collection.createIndex({ experiment_id: 1, _id: 1 });
      await this.collection.createIndex({ unit: 1, _id: 1 });
    });
  }

  /** Stores the documents that do not exist yet. */
  async add(documents: readonly T[]): Promise<void> {
    await reach(() =>
      this.collection.bulkWrite(
        documents.map(({ _id, ...rest }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: rest }, upsert: true },
        })) as never,
      ),
    );
  }

  /** Stores a document, replacing an earlier one for the same unit. */
  async put(document: T): Promise<void> {
    await reach(() =>
      this.collection.replaceOne({ _id: document._id } as never, document as never, { upsert: true }),
    );
  }

  async get(id: string): Promise<T | null> {
    return (await reach(() => this.collection.findOne({ _id: id } as never))) as T | null;
  }

  /** One page of the units of an experiment, in the order of their pseudonyms, of which `after` is the last of a page. */
  async page(experiment_id: string, limit: number, after: string | undefined): Promise<Page<T>> {
    const filter = {
      experiment_id,
      ...(after !== undefined && { _id: { $gt: markedUnitId(experiment_id, after) } }),
    };
    const found = await reach(() =>
      this.collection
        .find(filter as never)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    );
    const items = found.slice(0, limit) as T[];
    return { items, next_cursor: found.length > limit ? items.at(-1)!.unit : null };
  }

  /** Those of all these experiments. */
  async many(experiment_ids: readonly string[]): Promise<T[]> {
    const all: T[] = [];
    for (const some of inChunks(experiment_ids, EXPERIMENTS_AT_ONCE)) {
      const filter = { experiment_id: { $in: some } };
      all.push(...((await reach(() => this.collection.find(filter as never).toArray())) as T[]));
    }
    return all;
  }

  /** What was said of one unit, in whatever experiment; at most `limit`. */
  async ofUnit(unit: string, limit: number): Promise<T[]> {
    return (await reach(() =>
      this.collection
        .find({ unit } as never)
        .limit(limit)
        .toArray(),
    )) as T[];
  }

  /** Deletes some of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.collection as never, experiment_id);
  }

  async remove(ids: readonly string[]): Promise<number> {
    const { deletedCount } = await reach(() =>
      this.collection.deleteMany({ _id: { $in: [...ids] } } as never),
    );
    return deletedCount;
  }
}
