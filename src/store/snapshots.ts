import type { Collection } from 'mongodb';
import type { Look } from '../lifecycle/look.js';
import type { AnalyzeInput } from '../stats/input.js';
import { reach, type Database } from './database.js';
import { forgetSome } from './forget.js';

/** The metrics of an experiment at one moment: the sums, and the look that they gave. */
export interface SnapshotDocument {
  _id: string;
  experiment_id: string;
  at: number;
  input: AnalyzeInput;
  look: Look;
}

export class SnapshotStore {
  private readonly collection: Collection<SnapshotDocument>;

  constructor(database: Database) {
    this.collection = database.collection('snapshots');
  }

  async initialise(): Promise<void> {
    await reach(() => this.collection.createIndex({ experiment_id: 1, at: -1 }));
  }

  async put(snapshot: SnapshotDocument): Promise<void> {
    await reach(() => this.collection.replaceOne({ _id: snapshot._id }, snapshot, { upsert: true }));
  }

  async get(id: string): Promise<SnapshotDocument | null> {
    return reach(() => this.collection.findOne({ _id: id }));
  }

  /** The newest snapshot at or before `at` (ms since the epoch). */
  async latest(experiment_id: string, at = Number.MAX_SAFE_INTEGER): Promise<SnapshotDocument | null> {
    const [found] = await reach(() =>
      this.collection
        .find({ experiment_id, at: { $lte: at } })
        .sort({ at: -1 })
        .limit(1)
        .toArray(),
    );
    return found ?? null;
  }

  /** The newest snapshot of an epoch. */
  async latestOfEpoch(experiment_id: string, epoch: number): Promise<SnapshotDocument | null> {
    const [found] = await reach(() =>
      this.collection.find({ experiment_id, 'look.epoch': epoch }).sort({ at: -1 }).limit(1).toArray(),
    );
    return found ?? null;
  }

  /** Deletes some of an experiment's snapshots but those to keep. Returns how many; 0 where none are left. */
  async forget(experiment_id: string, keep: ReadonlySet<string>): Promise<number> {
    return forgetSome(this.collection, experiment_id, keep);
  }

  async series(experiment_id: string, limit: number, after: number): Promise<SnapshotDocument[]> {
    return reach(() =>
      this.collection
        .find({ experiment_id, at: { $gt: after } })
        .sort({ at: 1 })
        .limit(limit)
        .toArray(),
    );
  }
}
