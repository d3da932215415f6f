import type { Collection } from 'mongodb';
import type { TimelineRecord } from '../lifecycle/state.js';
import { isDuplicate, reach, type Database } from './database.js';
import { beyond, directionOf, type ListOrder } from './list-order.js';
import { forgetSome } from './forget.js';

/** One line of an experiment's timeline. `seq` counts its lines from 1, without gaps. */
export interface TimelineItem extends Omit<TimelineRecord, 'n'> {
  _id: string;
  experiment_id: string;
  seq: number;
}

/** A line to append, under a key that is unique in its experiment. */
export type TimelineLine = readonly [key: string, item: Omit<TimelineRecord, 'n'>];

/**
 * What happened to each experiment, in order. A line takes the next number as it is written, and only one line can have it:
 * whoever has read up to a number has missed none before it, however many write at once.
 */
export class TimelineStore {
  private readonly items: Collection<TimelineItem>;

  constructor(database: Database) {
    this.items = database.collection('timeline');
  }

  async initialise(): Promise<void> {
    await reach(() => this.items.createIndex({ experiment_id: 1, seq: 1 }, { unique: true }));
  }

  /** Appends lines in this order. A line whose key is there already is not written again. */
  async append(experiment_id: string, lines: readonly TimelineLine[]): Promise<void> {
    for (let missing = lines; missing.length > 0;) {
      const first = (await this.last(experiment_id)) + 1;
      if (await this.insert(experiment_id, missing, first)) return;
      // Some are there now, or somebody else took a number: what is left gets the next ones.
      missing = await this.missing(experiment_id, missing);
    }
  }

  /** Deletes some lines of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.items, experiment_id);
  }

  /** At most `limit` lines beyond the one whose `seq` is `from`, in this order; from the end where it is 0. */
  async of(
    experiment_id: string,
    limit: number,
    from: number,
    order: ListOrder = 'asc',
  ): Promise<TimelineItem[]> {
    return reach(() =>
      this.items
        .find({ experiment_id, ...beyond('seq', from, order) })
        .sort({ seq: directionOf(order) })
        .limit(limit)
        .toArray(),
    );
  }

  private async last(experiment_id: string): Promise<number> {
    const [last] = await reach(() =>
      this.items
        .find({ experiment_id })
        .project<Pick<TimelineItem, 'seq'>>({ seq: 1 })
        .sort({ seq: -1 })
        .limit(1)
        .toArray(),
    );
    return last?.seq ?? 0;
  }

  /** Writes lines one after the other, until one meets a number or a key that is there already. */
  private async insert(
    experiment_id: string,
    lines: readonly TimelineLine[],
    first: number,
  ): Promise<boolean> {
    const documents = lines.map(([key, item], index) => ({
      ...item,
      _id: idOf(experiment_id, key),
      experiment_id,
      seq: first + index,
    }));
    return reach(() => this.items.insertMany(documents, { ordered: true })).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
  }

  private async missing(
    experiment_id: string,
    lines: readonly TimelineLine[],
  ): Promise<readonly TimelineLine[]> {
    const ids = lines.map(([key]) => idOf(experiment_id, key));
    const found = await reach(() =>
      this.items
        .find({ _id: { $in: ids } })
        .project<Pick<TimelineItem, '_id'>>({ _id: 1 })
        .toArray(),
    );
    const known = new Set(found.map(({ _id }) => _id));
    return lines.filter(([key]) => !known.has(idOf(experiment_id, key)));
  }
}

function idOf(experiment_id: string, key: string): string {
  return `${experiment_id}#${key}`;
}
