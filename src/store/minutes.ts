import type { Collection } from 'mongodb';
import { minutesId, type MinutesDocument } from '../metrics/minutes.js';
import { HOUR_MS } from '../model/time.js';
import { reach, type Database } from './database.js';
import { forgetOlder, forgetSome } from './forget.js';

export type MinutesRecord = MinutesDocument & {
  experiment_id: string;
  /** Beginning of the hour, ms since the epoch. */
  at: number;
  /** The newest step of each partition that is in these counts. */
  applied: Record<string, number>;
};

/** Counts by minute, where the fold puts them. */
export function minutesIn(database: Database): Collection<MinutesRecord> {
  return database.collection<MinutesRecord>('minutes');
}

/** The counts of experiments by minute. */
export class MinutesStore {
  private readonly minutes: Collection<MinutesRecord>;

  constructor(database: Database) {
    this.minutes = minutesIn(database);
  }

  async initialise(): Promise<void> {
    await reach(async () => {
      await this.minutes.createIndex({ experiment_id: 1 });
      await this.minutes.createIndex({ at: 1 });
    });
  }

  /** The counts of these hours, of those that have any. @param hours moments within them, ms since the epoch */
  async of(experiment_id: string, epoch: number, hours: readonly number[]): Promise<MinutesDocument[]> {
    const ids = new Set(hours.map((at) => minutesId(experiment_id, epoch, at)));
    return reach(() =>
      this.minutes
        .find({ _id: { $in: [...ids] } })
        .project<MinutesDocument>({ m: 1 })
        .toArray(),
    );
  }

  /** Deletes some counts of an experiment. Returns how many; 0 where none are left. */
  async forget(experiment_id: string): Promise<number> {
    return forgetSome(this.minutes as never, experiment_id);
  }

  /** Deletes some counts of hours that were over at `before` (ms since the epoch). Returns how many; 0 where none are left. */
  async forgetHours(before: number): Promise<number> {
    return forgetOlder(this.minutes as never, 'at', before - HOUR_MS);
  }
}
