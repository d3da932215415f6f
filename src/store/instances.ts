import type { Collection } from 'mongodb';
import { reach, type Database } from './database.js';
import { SharedRead } from './shared.js';

/** What a process that serves says of itself, again and again. */
export interface Heartbeat {
  /** New at each start, as `start_id` is; it has a name for people in it. */
  instance_id: string;
  start_id: string;
  /** Moves for as long as the process lives. */
  counter: number;
  /** The revision that it serves; -1 before its first snapshot. */
  serving_revision: number;
  /** `sdk`: a service that evaluates in its own process. */
  kind: 'api' | 'sdk';
  /** By which others on its machine can tell whether it still runs; null where nobody can. */
  process: ProcessIdentity | null;
  /** Definitions that it cannot serve: `flag:…`, `segment:…`, `experiment:…`. */
  unserved: readonly Unserved[];
}

/** A definition that a process leaves out of what it serves, and why. */
export interface Unserved {
  id: string;
  message: string;
}

/** One heartbeat names at most so many. */
const MOST_UNSERVED = 100;

/** A process as its operating system knows it. */
export interface ProcessIdentity {
  /** The running system and its space of process ids. Containers have spaces of their own. */
  machine: string;
  pid: number;
  /** When it started, in ticks of that system: process ids are used again. */
  started: string;
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
  process?: ProcessIdentity | null;
  unserved?: Unserved[];
}

/** Maximum age of `recent`, ms: less than the time between two heartbeats. */
const RECENT_MS = 200;

export class InstanceStore {
  private readonly collection: Collection<InstanceDocument>;
  private readonly shared = new SharedRead(RECENT_MS, () => this.all());

  constructor(database: Database) {
    this.collection = database.collection('instances');
  }

  /** The heartbeat of an API process. */
  async beat({
    instance_id,
    start_id,
    counter,
    serving_revision,
    process,
    unserved,
  }: Omit<Heartbeat, 'kind'>): Promise<void> {
    const document: InstanceDocument = {
      ...{ _id: instance_id, epoch: start_id, counter, g: serving_revision, process },
      ...(unserved.length > 0 && { unserved: unserved.slice(0, MOST_UNSERVED) }),
    };
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

  /** As `all`, up to 200 ms ago: for reports, of which there may be many at once. */
  recent(): Promise<Heartbeat[]> {
    return this.shared.get();
  }

  async all(): Promise<Heartbeat[]> {
    const documents = await reach(() => this.collection.find().toArray());
    return documents.map(({ _id, epoch, counter, g, kind, process, unserved }) => ({
      instance_id: _id,
      start_id: epoch,
      counter,
      serving_revision: g,
      kind: kind ?? 'api',
      process: process ?? null,
      unserved: unserved ?? [],
    }));
  }

  async remove(instance_id: string, start_id: string): Promise<void> {
    await reach(() => this.collection.deleteOne({ _id: instance_id, epoch: start_id }));
  }
}

function sdkId(instance_id: string): string {
  return `sdk:${instance_id}`;
}
