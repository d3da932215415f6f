import type { Collection } from 'mongodb';
import type { Command, Refusal } from '../lifecycle/commands.js';
import { isDuplicate, reach, type Database } from './database.js';
import { forgetSome } from './forget.js';

/** A command as it was accepted: stored before it is sent, so that it is delivered even if its sender dies. */
export interface CommandDocument {
  _id: string;
  experiment_id: string;
  command: Command;
  at: string;
  /** ms since the epoch; null for those that never expire. */
  expires_at: number | null;
  status: 'pending' | 'done' | 'refused' | 'expired';
  refusal?: Refusal;
}

export class CommandStore {
  private readonly collection: Collection<CommandDocument>;

  constructor(database: Database) {
    this.collection = database.collection('commands');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.collection.createIndex({ status: 1 });
      await this.collection.createIndex({ experiment_id: 1, _id: 1 });
    });
  }

  /** Stores a command once; false where the same id is there already. */
  async accept(document: CommandDocument): Promise<boolean> {
    return reach(() => this.collection.insertOne(document)).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
  }

  async get(id: string): Promise<CommandDocument | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  async pending(): Promise<CommandDocument[]> {
    return reach(() => this.collection.find({ status: 'pending' }).toArray());
  }

  /** Deletes some commands of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.collection, experiment_id);
  }

  async settle(id: string, status: 'done' | 'refused' | 'expired', refusal?: Refusal): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id: id, status: 'pending' },
        { $set: { status, ...(refusal && { refusal }) } },
      ),
    );
  }
}
