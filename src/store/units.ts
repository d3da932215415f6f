import { REMEMBER_MS, type UnitState } from '../metrics/unit.js';
import { reach, type Database } from './database.js';
import { partitionsOf, unitsOf } from './folding.js';
import { FORGOTTEN_AT_ONCE } from './forget.js';

/** A unit of which nothing was received for long. */
export interface IdleUnit {
  _id: string;
  /** It is only deleted as long as it stands at this step. */
  step: number;
  /** Experiments that it still counts in. */
  experiment_ids: string[];
}

/** How long a tombstone stands: until nothing from before the erasure can be sent again. */
const TOMBSTONE_MS = REMEMBER_MS;

/** The units of all partitions, for what is done to them besides folding. */
export class UnitStore {
  constructor(private readonly database: Database) {}

  /**
   * Goes through some units of a partition, in the order of their ids.
   *
   * @param after the `last` of the call before; '' at first
   * @param now ms since the epoch: tombstones go after 49 hours
   * @returns those without events since `before` (ms since the epoch), and the id to go on from; null at the end
   */
  async idle(
    partition: number,
    after: string,
    before: number,
    now = Date.now(),
  ): Promise<{ idle: IdleUnit[]; last: string | null }> {
    const units = unitsOf(this.database, partition);
    const found = await reach(() =>
      units
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(FORGOTTEN_AT_ONCE)
        .project<{ _id: string; touched_at: number; erased_at?: number }>({ touched_at: 1, erased_at: 1 })
        .toArray(),
    );
    const ids = found
      .filter(({ touched_at, erased_at }) =>
        erased_at === undefined ? touched_at < before : erased_at < now - TOMBSTONE_MS,
      )
      .map(({ _id }) => _id);
    const old = ids.length === 0 ? [] : await reach(() => units.find({ _id: { $in: ids } }).toArray());
    // A unit without its step would be folded anew where the step is repeated.
    const applied = old.length === 0 ? 0 : await this.applied(partition);
    const over = old.filter(({ step, erased_at }) => erased_at === undefined || step <= applied);
    const idle = over.map(({ _id, step, state }) => {
      const { entries } = JSON.parse(state) as UnitState;
      return { _id, step, experiment_ids: entries.map(({ experiment_id }) => experiment_id) };
    });
    return { idle, last: found.length < FORGOTTEN_AT_ONCE ? null : found.at(-1)!._id };
  }

  /** What is remembered of a unit; null of one that nothing is known of, or that was erased. */
  async known(partition: number, unit: string): Promise<UnitState | null> {
    const found = await reach(() => unitsOf(this.database, partition).findOne({ _id: unit }));
    return !found || found.erased_at !== undefined ? null : (JSON.parse(found.state) as UnitState);
  }

  /** The newest step of a partition that is in the totals. */
  private async applied(partition: number): Promise<number> {
    return (await reach(() => partitionsOf(this.database).findOne({ _id: partition })))?.applied ?? 0;
  }

  /** Deletes units, each only if nothing was folded into it since it was read. */
  async delete(partition: number, idle: readonly IdleUnit[]): Promise<void> {
    if (idle.length === 0) return;
    await reach(() =>
      unitsOf(this.database, partition).bulkWrite(
        idle.map(({ _id, step }) => ({ deleteOne: { filter: { _id, step } } })),
        { ordered: false },
      ),
    );
  }
}
