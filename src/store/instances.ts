import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';

/** What a process that serves says of itself, again and again. */
export interface Heartbeat {
  instance_id: string;
  /** New at each start: a process that binds the port of a former one has the same `instance_id`. */
  start_id: string;
  /** Moves for as long as the process lives. */
  counter: number;
  /** The revision that it serves; -1 before its first snapshot. */
  serving_revision: number;
  /** `sdk`: a service that evaluates in its own process. */
  kind: 'api' | 'sdk';
}

/** As stored. */
interface InstanceDocument {
  _id: string;
  /** `start_id`. */
  epoch: string;
  counter: number;
  /** `serving_revision`. */
  g: number;
  kind?: 'sdk';
}

export class InstanceStore {
  private readonly collection: Collection<InstanceDocument>;

  constructor(database: Database) {
    this.collection = database.collection('instances');
  }

  /** The heartbeat of an API process. It replaces that of a former process of the same `instance_id`. */
  async beat({ instance_id, start_id, counter, serving_revision }: Omit<Heartbeat, 'kind'>): Promise<void> {
    const document = { _id: instance_id, epoch: start_id, counter, g: serving_revision };
    await reach(() => this.collection.replaceOne({ _id: instance_id }, document, { upsert: true }));
  }

  /** Writes the heartbeat of an SDK, which has asked for the snapshot. Its `instance_id` is new at each start. */
  async hearSdk(instance_id: string, serving_revision: number): Promise<void> {
    await reach(() =>
      this.collection.updateOne(
        { _id: sdkId(instance_id) },
        {
          $inc: { counter: 1 },
          $set: { g: serving_revision },
          $setOnInsert: { kind: 'sdk' as const, epoch: instance_id },
        },
        { upsert: true },
      ),
    );
  }

  async forgetSdk(instance_id: string): Promise<void> {
    await this.remove(sdkId(instance_id), instance_id);
  }

  async all(): Promise<Heartbeat[]> {
    const documents = await reach(() => this.collection.find().toArray());
    return documents.map(({ _id, epoch, counter, g, kind }) => ({
      instance_id: _id,
      start_id: epoch,
      counter,
      serving_revision: g,
      kind: kind ?? 'api',
    }));
  }

  /** Does nothing if a later start has taken over the `instance_id`. */
  async remove(instance_id: string, start_id: string): Promise<void> {
    await reach(() => this.collection.deleteOne({ _id: instance_id, epoch: start_id }));
  }
}

function sdkId(instance_id: string): string {
  return `sdk:${instance_id}`;
}
