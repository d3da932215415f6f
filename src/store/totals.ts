import type { Collection } from 'mongodb';
import type { TotalsDocument } from '../metrics/totals-document.js';
import { reach, type Database } from './database.js';
import { forgetSome } from './forget.js';

export type TotalsRecord = TotalsDocument & {
  experiment_id: string;
  /** The newest step of each partition that is in these totals. */
  applied: Record<string, number>;
  /** When the totals last changed, ms since the epoch by the worker's clock. */
  folded_at: number;
};

/** The totals of experiments, read exactly. */
export class TotalsStore {
  private readonly totals: Collection<TotalsRecord>;

  constructor(database: Database) {
    this.totals = database.exact('totals');
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.totals.createIndex({ experiment_id: 1 });
      await this.totals.createIndex({ folded_at: 1 });
    });
  }

  /** Experiments whose totals have changed since `at` (ms since the epoch). */
  async changedSince(at: number): Promise<string[]> {
    const found = await reach(() =>
      this.totals
        .find({ folded_at: { $gte: at } })
        .project<{ experiment_id: string }>({ experiment_id: 1 })
        .toArray(),
    );
    return [...new Set(found.map(({ experiment_id }) => experiment_id))];
  }

  /** When totals of each experiment were changed last, of those that were since `at`; ms since the epoch. */
  async foldedSince(at: number): Promise<Map<string, number>> {
    const found = await reach(() =>
      this.totals
        .find({ folded_at: { $gte: at } })
        .project<{ experiment_id: string; folded_at: number }>({ experiment_id: 1, folded_at: 1 })
        .toArray(),
    );
    const newest = new Map<string, number>();
    for (const { experiment_id, folded_at } of found) {
      const own = Number(folded_at);
      newest.set(experiment_id, Math.max(own, newest.get(experiment_id) ?? own));
    }
    return newest;
  }

  /** Deletes some totals of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.totals as never, experiment_id);
  }

  async of(experiment_id: string): Promise<TotalsDocument[]> {
    const found = await reach(() => this.totals.find({ experiment_id }).toArray());
    return found.map((one) => {
      const last_at = one.last_at === undefined ? {} : { last_at: Number(one.last_at) };
      const last = Object.fromEntries(Object.entries(one.last ?? {}).map(([name, at]) => [name, Number(at)]));
      return { ...one, ...last_at, last };
    });
  }
}
