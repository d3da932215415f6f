import type { Collection } from 'mongodb';
import type { TimelineRecord } from '../lifecycle/state.js';
import { isDuplicate, reach, type Database } from './database.js';
import { forgetSome } from './forget.js';

/** One line of an experiment's timeline. `seq` grows along the timeline; numbers may be missing in between. */
export interface TimelineItem extends Omit<TimelineRecord, 'n'> {
  _id: string;
  experiment_id: string;
  seq: number;
}

/** A line to append, under a key that is unique in its experiment. */
export type TimelineLine = readonly [key: string, item: Omit<TimelineRecord, 'n'>];

/** What happened to each experiment, in order. */
export class TimelineStore {
  private readonly items: Collection<TimelineItem>;
  private readonly counters: Collection<{ _id: string; seq: number }>;

  constructor(database: Database) {
    this.items = database.collection('timeline');
    this.counters = database.collection('timeline_counters');
  }

  async initialise(): Promise<void> {
    await reach(() => this.items.createIndex({ experiment_id: 1, seq: 1 }));
  }

  /** Appends lines in this order. A line whose key is there already is not written again. */
  async append(experiment_id: string, lines: readonly TimelineLine[]): Promise<void> {
    if (lines.length === 0) return;
    await reach(async () => {
      const counter = await this.counters.findOneAndUpdate(
        { _id: experiment_id },
        { $inc: { seq: lines.length } },
        { upsert: true, returnDocument: 'after' },
      );
      // Lines that are there already keep their numbers; the numbers taken for them now stay unused.
      const first = counter!.seq - lines.length + 1;
      await this.items
        .insertMany(
          lines.map(([key, item], index) => ({
            ...item,
            _id: `${experiment_id}#${key}`,
            experiment_id,
            seq: first + index,
          })),
          { ordered: false },
        )
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
    });
  }

  /** Deletes some lines of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.items, experiment_id);
  }

  /** At most `limit` lines with a `seq` greater than `after`. */
  async of(experiment_id: string, limit: number, after: number): Promise<TimelineItem[]> {
    return reach(() =>
      this.items
        .find({ experiment_id, seq: { $gt: after } })
        .sort({ seq: 1 })
        .limit(limit)
        .toArray(),
    );
  }
}
