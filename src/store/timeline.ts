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

/** As stored. `unheard`: alerts were not made of it yet. It is written with the line, so that no line can be missed. */
type StoredLine = TimelineItem & { unheard?: true };

/** Of an experiment, at most so many lines become alerts at once. */
const HEARD_AT_ONCE = 100;

/** A line to append, under a key that is unique in its experiment. */
export type TimelineLine = readonly [key: string, item: Omit<TimelineRecord, 'n'>];

/**
 * What happened to each experiment, in order. A line takes the next number as it is written, and only one line can have it:
 * whoever has read up to a number has missed none before it, however many write at once.
 */
export class TimelineStore {
  private readonly items: Collection<StoredLine>;

  constructor(database: Database) {
    this.items = database.collection('timeline');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.items.createIndex({ experiment_id: 1, seq: 1 }, { unique: true });
      await this.items.createIndex({ unheard: 1, experiment_id: 1, seq: 1 });
    });
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
        .find({ experiment_id, ...beyond('seq', from, order) }, { projection: { unheard: 0 } })
        .sort({ seq: directionOf(order) })
        .limit(limit)
        .toArray(),
    );
  }

  /** Some experiments that have lines of which no alerts were made yet. */
  async unheardOf(): Promise<string[]> {
    const found = await reach(() =>
      this.items
        .find({ unheard: true })
        .project<Pick<TimelineItem, 'experiment_id'>>({ _id: 0, experiment_id: 1 })
        .limit(HEARD_AT_ONCE)
        .toArray(),
    );
    return [...new Set(found.map(({ experiment_id }) => experiment_id))];
  }

  /**
   * The next lines of an experiment of which no alerts were made yet, in their order and without a gap between them. None
   * where an earlier one has just come to light: the next time begins with that.
   */
  async unheard(experiment_id: string): Promise<TimelineItem[]> {
    const found = await reach(() =>
      this.items.find({ unheard: true, experiment_id }).sort({ seq: 1 }).limit(HEARD_AT_ONCE).toArray(),
    );
    const [first] = found;
    if (first === undefined) return [];
    // Lines may be written while they are read. One is only written once the one before it can be read.
    const before = await reach(() => this.items.findOne({ experiment_id, seq: first.seq - 1 }));
    if (before?.unheard) return [];
    return found.filter(({ seq }, index) => seq === first.seq + index);
  }

  /** Alerts were made of these lines, or none is wanted of them. */
  async heard(ids: readonly string[]): Promise<void> {
    await reach(() => this.items.updateMany({ _id: { $in: [...ids] } }, { $unset: { unheard: '' } }));
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
      unheard: true as const,
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
