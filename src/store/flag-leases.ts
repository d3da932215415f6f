import type { Collection } from 'mongodb';
import { isDuplicate, reach, type Database } from './database.js';

/** An experiment that drives a flag, or is about to. */
export interface FlagHolder {
  experiment_id: string;
  /** Experiments of one layer exclude one another, so they may share a flag. */
  layer_id: string | null;
  /** When it took the flag, ms since the epoch. */
  at: number;
}

interface FlagLease {
  _id: string;
  version: number;
  holders: FlagHolder[];
}

/** Which experiments drive a flag, one document for each flag; every change is a compare-and-set, so of two starts one wins. */
export class FlagLeaseStore {
  private readonly collection: Collection<FlagLease>;

  constructor(database: Database) {
    this.collection = database.collection('flag_leases');
  }

  /**
   * Takes a flag for an experiment. Returns null, or who holds it so that the experiment cannot.
   *
   * @param over those of these holders that drive the flag no more
   */
  async take(
    flag_id: string,
    holder: FlagHolder,
    over: (holders: readonly FlagHolder[]) => Promise<readonly FlagHolder[]>,
  ): Promise<FlagHolder | null> {
    for (;;) {
      const { version, holders } = await this.read(flag_id);
      const { staying, blocking } = await against(holders, holder, over);
      if (blocking) return blocking;
      const { matchedCount } = await reach(() =>
        this.collection.updateOne(
          { _id: flag_id, version },
          { $set: { version: version + 1, holders: [...staying, holder] } },
        ),
      );
      if (matchedCount === 1) return null;
    }
  }

  /** Who keeps an experiment from taking a flag now; null where nobody does. Takes nothing. */
  async blocking(
    flag_id: string,
    holder: FlagHolder,
    over: (holders: readonly FlagHolder[]) => Promise<readonly FlagHolder[]>,
  ): Promise<FlagHolder | null> {
    const lease = await reach(() => this.collection.findOne({ _id: flag_id }));
    return lease ? (await against(lease.holders, holder, over)).blocking : null;
  }

  private async read(_id: string): Promise<FlagLease> {
    const found = await reach(() => this.collection.findOne({ _id }));
    if (found) return found;
    const fresh: FlagLease = { _id, version: 0, holders: [] };
    await reach(() => this.collection.insertOne({ ...fresh })).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
    return (await reach(() => this.collection.findOne({ _id }))) ?? fresh;
  }
}

/** Those of a flag's holders that still drive it, and the one that excludes another experiment. */
async function against(
  holders: readonly FlagHolder[],
  { experiment_id, layer_id }: FlagHolder,
  over: (holders: readonly FlagHolder[]) => Promise<readonly FlagHolder[]>,
): Promise<{ staying: readonly FlagHolder[]; blocking: FlagHolder | null }> {
  const others = holders.filter((other) => other.experiment_id !== experiment_id);
  const gone = await over(others);
  const staying = others.filter((other) => !gone.includes(other));
  const blocking = staying.find((other) => layer_id === null || other.layer_id !== layer_id) ?? null;
  return { staying, blocking };
}
