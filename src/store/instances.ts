import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** The heartbeat of one API process. `counter` moves while it lives, `g` is the serving revision it serves. */
export interface Heartbeat {
  _id: string;
  epoch: string;
  counter: number;
  g: number;
}

export class InstanceStore {
  private readonly collection: Collection<Heartbeat>;

  constructor(database: Database) {
    this.collection = database.collection('instances');
  }

  /** Who binds a port takes the place of the process that had it before. */
  async beat(heartbeat: Heartbeat): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: heartbeat._id }, heartbeat, { upsert: true }));
  }

  async all(): Promise<Heartbeat[]> {
    return reach(() => this.collection.find().toArray());
  }

  async remove(id: string, epoch: string): Promise<void> {
    await reach(() => this.collection.deleteOne({ _id: id, epoch }));
  }
}
