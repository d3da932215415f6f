import type { Collection } from 'mongodb';
import { giveBack, leaseOf, takeLease, type Holder, type LeaseBook } from '../lifecycle/lease-book.js';
import type { SlotInterval } from '../model/serving.js';
import { isDuplicate, reach, type Database } from './database.js';

type LeaseDocument = LeaseBook & { _id: string; version: number };

/** The leases of the layers' slots, one document for each layer; every change is a compare-and-set. */
export class LeaseStore {
  private readonly collection: Collection<LeaseDocument>;

  constructor(database: Database) {
    this.collection = database.collection('layer_leases');
  }

  async book(layer_id: string): Promise<LeaseBook> {
    return (await this.read(layer_id)) ?? { leases: [], queue: [] };
  }

  /** The experiment's slots, or null while it waits for them. */
  async take(layer_id: string, holder: Holder, slots: number): Promise<SlotInterval[] | null> {
    const book = await this.change(layer_id, (before) => takeLease(before, holder, slots));
    return leaseOf(book, holder.experiment_id);
  }

  async giveBack(layer_id: string, experiment_id: string): Promise<void> {
    await this.change(layer_id, (before) => giveBack(before, experiment_id));
  }

  /** Every experiment that has a lease or waits for one. */
  async holders(): Promise<{ layer_id: string; experiment_id: string }[]> {
    const documents = await reach(() => this.collection.find().toArray());
    return documents.flatMap(({ _id, leases, queue }) =>
      [...leases, ...queue].map(({ experiment_id }) => ({ layer_id: _id, experiment_id })),
    );
  }

  private async read(layer_id: string): Promise<LeaseDocument | null> {
    return reach(() => this.collection.findOne({ _id: layer_id }));
  }

  private async change(layer_id: string, by: (book: LeaseBook) => LeaseBook): Promise<LeaseBook> {
    for (;;) {
      const before = await this.read(layer_id);
      if (!before) {
        await reach(() =>
          this.collection.insertOne({ _id: layer_id, version: 0, leases: [], queue: [] }),
        ).catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
        continue;
      }
      const { leases, queue } = by({ leases: before.leases, queue: before.queue });
      const { version } = before;
      const result = await reach(() =>
        this.collection.updateOne(
          { _id: layer_id, version },
          { $set: { version: version + 1, leases, queue } },
        ),
      );
      if (result.matchedCount === 1) return { leases, queue };
    }
  }
}
