import type { Collection } from 'mongodb';
import type { StoredPerson } from '../model/person.js';
import { reach, type Database } from './database.js';

/** People who have signed in by an identity provider. None is deleted while a session of theirs may live. */
export class PersonStore {
  private readonly collection: Collection<StoredPerson>;

  constructor(database: Database) {
    this.collection = database.collection('people');
  }

  /** Notes a sign-in. Answers what was known of the person before; null where they came for the first time. */
  async signIn({ _id, ...person }: Omit<StoredPerson, 'ended'>): Promise<StoredPerson | null> {
    return reach(() =>
      this.collection.findOneAndUpdate(
        { _id },
        { $set: person, $setOnInsert: { ended: 0 } },
        { upsert: true, returnDocument: 'before' },
      ),
    );
  }

  /** Ends all sessions of somebody. */
  async endSessions(id: string): Promise<void> {
    await reach(() => this.collection.updateOne({ _id: id }, { $inc: { ended: 1 } }));
  }

  async get(id: string): Promise<StoredPerson | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  async many(ids: readonly string[]): Promise<StoredPerson[]> {
    return reach(() => this.collection.find({ _id: { $in: [...ids] } }).toArray());
  }

  async all(): Promise<StoredPerson[]> {
    return reach(() => this.collection.find().sort({ _id: 1 }).toArray());
  }
}
