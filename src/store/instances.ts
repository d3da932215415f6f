import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** The heartbeat of a process that serves. `counter` moves while it lives, `g` is the serving revision it serves. */
export interface Heartbeat {
  _id: string;
  epoch: string;
  counter: number;
  g: number;
  /** `sdk`: a service that evaluates in its own process. */
  kind?: 'sdk';
}

export class InstanceStore {
  private readonly collection: Collection<Heartbeat>;

  constructor(database: Database) {
    this.collection = database.collection('instances');
  }

  /** A process that binds a port replaces the one that had it before. */
  async beat(heartbeat: Heartbeat): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: heartbeat._id }, heartbeat, { upsert: true }));
  }

  /** An SDK has asked this process for the snapshot, so this process writes its heartbeat. The id is new at each start. */
  async hearSdk(instance_id: string, g: number): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id: sdkId(instance_id) },
        { $inc: { counter: 1 }, $set: { g }, $setOnInsert: { kind: 'sdk' as const, epoch: instance_id } },
        { upsert: true },
      ),
    );
  }

  async forgetSdk(instance_id: string): Promise<void> {
    await this.remove(sdkId(instance_id), instance_id);
  }

  async all(): Promise<Heartbeat[]> {
    return reach(() => this.collection.find().toArray());
  }

  async remove(id: string, epoch: string): Promise<void> {
    await reach(() => this.collection.deleteOne({ _id: id, epoch }));
  }
}

function sdkId(instance_id: string): string {
  return `sdk:${instance_id}`;
}
