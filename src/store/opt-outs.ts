import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** A unit that is in no experiment and of which no events are kept. */
export interface OptOut {
  /** Pseudonym of the unit. */
  _id: string;
  sealed_unit_id: string;
  at: string;
}

export class OptOutStore {
  private readonly collection: Collection<OptOut>;

  constructor(database: Database) {
    this.collection = database.collection('opt_outs');
  }

  /** Stores an opt-out. An earlier one stays, with its time. */
  async put({ _id, ...rest }: OptOut): Promise<OptOut> {
    await reach(() => this.collection.updateOne({ _id }, { $setOnInsert: rest }, { upsert: true }));
    return (await this.get(_id)) ?? { _id, ...rest };
  }

  async get(unit: string): Promise<OptOut | null> {
    return reach(() => this.collection.findOne({ _id: unit }));
  }

  async many(units: readonly string[] | 'all'): Promise<OptOut[]> {
    const filter = units === 'all' ? {} : { _id: { $in: [...units] } };
    return reach(() => this.collection.find(filter as object).toArray());
  }

  async delete(unit: string): Promise<boolean> {
    return (await reach(() => this.collection.deleteOne({ _id: unit }))).deletedCount === 1;
  }
}
