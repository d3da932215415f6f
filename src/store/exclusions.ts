import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** A unit that a person took out of an experiment. */
export interface ExclusionDocument {
  /** `experiment:pseudonym` */
  _id: string;
  experiment_id: string;
  /** Pseudonym, by which serving and folding know it. */
  unit: string;
  /** The unit's id, encrypted: only for people to read back. */
  sealed_unit_id: string;
  reason: string;
  at: string;
  by: string;
}

export class ExclusionStore {
  private readonly collection: Collection<ExclusionDocument>;

  constructor(database: Database) {
    this.collection = database.collection('exclusions');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ experiment_id: 1 }));
  }

  /** Stores those that are not there yet. */
  async add(documents: readonly ExclusionDocument[]): Promise<void> {
    await reach(() =>
      this.collection.bulkWrite(
        documents.map(({ _id, ...rest }) => ({
          updateOne: { filter: { _id }, update: { $setOnInsert: rest }, upsert: true },
        })),
      ),
    );
  }

  async of(experiment_id: string): Promise<ExclusionDocument[]> {
    return reach(() => this.collection.find({ experiment_id }).sort({ _id: 1 }).toArray());
  }

  /** Pseudonyms by experiment. */
  async units(experiment_ids: readonly string[] | 'all'): Promise<Map<string, string[]>> {
    const filter = experiment_ids === 'all' ? {} : { experiment_id: { $in: [...experiment_ids] } };
    const found = await reach(() => this.collection.find(filter as object).toArray());
    const units = new Map<string, string[]>();
    for (const { experiment_id, unit } of found) {
      units.set(experiment_id, [...(units.get(experiment_id) ?? []), unit]);
    }
    return units;
  }

  async remove(ids: readonly string[]): Promise<number> {
    const { deletedCount } = await reach(() => this.collection.deleteMany({ _id: { $in: [...ids] } }));
    return deletedCount;
  }
}
