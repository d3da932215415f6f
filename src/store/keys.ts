import type { Collection } from 'mongodb';
import type { StoredKey } from '../model/key.js';
import { reach, type Database } from './database.js';

export class KeyStore {
  private readonly collection: Collection<StoredKey>;

  constructor(database: Database) {
    this.collection = database.collection('keys');
  }

  async put(key: StoredKey): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: key._id }, key, { upsert: true }));
  }

  async get(id: string): Promise<StoredKey | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  async all(): Promise<StoredKey[]> {
    return reach(() => this.collection.find().sort({ _id: 1 }).toArray());
  }

  async delete(id: string): Promise<boolean> {
    return (await reach(() => this.collection.deleteOne({ _id: id }))).deletedCount === 1;
  }
}
