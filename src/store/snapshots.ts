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

type Head = Pick<SnapshotDocument, '_id' | 'at'> & { look: Pick<Look, 'epoch'> };

/** When a look was taken, and under which allocation. */
export interface SnapshotMoment {
  _id: string;
  at: number;
  revision: number;
  epoch: number;
}

/** Looks of one experiment that are told of at most: those of four weeks every five minutes, and of a watch each minute. */
const MOST_MOMENTS = 20_000;

/** The part of a look that a series shows. */
export type SeriesLook = Pick<Look, 'revision' | 'epoch' | 'units' | 'evidence'>;

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

  /** The newest snapshot of an epoch. Epochs only grow, so it is searched by halves: there may be thousands after it. */
  async latestOfEpoch(experiment_id: string, epoch: number): Promise<SnapshotDocument | null> {
    const first = await this.head(experiment_id, { $gte: 0 }, 1);
    const last = await this.head(experiment_id, { $gte: 0 }, -1);
    if (!first || !last) return null;
    let found = last.look.epoch <= epoch ? last : first;
    // Up to `low` no snapshot is of a later epoch, and after `high` every one is.
    let [low, high] = [found.at, last.at];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const head = (await this.head(experiment_id, { $gte: found.at, $lte: middle }, -1))!;
      if (head.look.epoch > epoch) high = head.at - 1;
      else [found, low] = [head, middle];
    }
    return found.look.epoch === epoch ? this.get(found._id) : null;
  }

  /** The time and the epoch of the first snapshot, or the last, of those at some time. */
  private async head(experiment_id: string, at: object, order: 1 | -1): Promise<Head | null> {
    const [found] = await reach(() =>
      this.collection
        .find({ experiment_id, at } as object)
        .sort({ at: order })
        .limit(1)
        .project<Head>({ at: 1, 'look.epoch': 1 })
        .toArray(),
    );
    return found ?? null;
  }

  /** Deletes some of an experiment's snapshots but those to keep. Returns how many; 0 where none are left. */
  async forget(experiment_id: string, keep: ReadonlySet<string>): Promise<number> {
    return forgetSome(this.collection, experiment_id, keep);
  }

  /** When the looks of an experiment were taken, the oldest first. */
  async moments(experiment_id: string): Promise<SnapshotMoment[]> {
    const found = await reach(() =>
      this.collection
        .find({ experiment_id })
        .sort({ at: 1 })
        .limit(MOST_MOMENTS)
        .project<Pick<SnapshotDocument, '_id' | 'at'> & { look: Pick<Look, 'revision' | 'epoch'> }>({
          at: 1,
          'look.revision': 1,
          'look.epoch': 1,
        })
        .toArray(),
    );
    return found.map(({ _id, at, look: { revision, epoch } }) => ({ _id, at, revision, epoch }));
  }

  /** What a series shows of these snapshots, the oldest first. */
  async forSeries(
    ids: readonly string[],
  ): Promise<(Pick<SnapshotDocument, '_id' | 'at'> & { look: SeriesLook })[]> {
    return reach(() =>
      this.collection
        .find({ _id: { $in: [...ids] } })
        .sort({ at: 1 })
        .project<Pick<SnapshotDocument, '_id' | 'at'> & { look: SeriesLook }>({
          at: 1,
          'look.revision': 1,
          'look.epoch': 1,
          'look.units': 1,
          'look.evidence': 1,
        })
        .toArray(),
    );
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
