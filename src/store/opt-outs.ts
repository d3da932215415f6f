import type { Collection } from 'mongodb';
import type { Sealed } from '../secrets/field-sealing.js';
import { reach, type Database } from './database.js';
import type { Page } from './definitions.js';

/** A unit that is in no experiment and of which no events are kept. */
export interface OptOut {
  /** Pseudonym of the unit. */
  _id: string;
  /** The unit's id. */
  sealed: Sealed;
  at: string;
}

/** One read takes well under a second. */
const READ_AT_ONCE = 5_000;

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

  async many(units: readonly string[]): Promise<OptOut[]> {
    return reach(() => this.collection.find({ _id: { $in: [...units] } }).toArray());
  }

  /** One page, in the order of their pseudonyms, of which `after` is the last of a page. */
  async page(limit: number, after = ''): Promise<Page<OptOut>> {
    const found = await reach(() =>
      this.collection
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    );
    const items = found.slice(0, limit);
    return { items, next_cursor: found.length > limit ? items.at(-1)!._id : null };
  }

  /** All of them, some at a time. */
  async all(): Promise<OptOut[]> {
    const all: OptOut[] = [];
    for (let after = ''; ; after = all.at(-1)!._id) {
      const page = await reach(() =>
        this.collection
          .find({ _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(READ_AT_ONCE)
          .toArray(),
      );
      all.push(...page);
      if (page.length < READ_AT_ONCE) return all;
    }
  }

  async delete(unit: string): Promise<boolean> {
    return (await reach(() => this.collection.deleteOne({ _id: unit }))).deletedCount === 1;
  }
}
