import type { UnitState } from '../metrics/unit.js';
import { reach, type Database } from './database.js';
import { unitsOf } from './folding.js';
import { FORGOTTEN_AT_ONCE } from './forget.js';

/** A unit of which nothing was received for long. */
export interface IdleUnit {
  _id: string;
  /** It is only deleted as long as it stands at this step. */
  step: number;
  /** Experiments that it still counts in. */
  experiment_ids: string[];
}

/** The units of all partitions, for what is done to them besides folding. */
export class UnitStore {
  constructor(private readonly database: Database) {}

  /**
   * Goes through some units of a partition, in the order of their ids.
   *
   * @param after the `last` of the call before; '' at first
   * @returns those without events since `before` (ms since the epoch), and the id to go on from; null at the end
   */
  async idle(
    partition: number,
    after: string,
    before: number,
  ): Promise<{ idle: IdleUnit[]; last: string | null }> {
    const units = unitsOf(this.database, partition);
    const found = await reach(() =>
      units
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(FORGOTTEN_AT_ONCE)
        .project<{ _id: string; touched_at: number }>({ touched_at: 1 })
        .toArray(),
    );
    const ids = found.filter(({ touched_at }) => touched_at < before).map(({ _id }) => _id);
    const old = ids.length === 0 ? [] : await reach(() => units.find({ _id: { $in: ids } }).toArray());
    const idle = old.map(({ _id, step, state }) => {
      const { entries } = JSON.parse(state) as UnitState;
      return { _id, step, experiment_ids: entries.map(({ experiment_id }) => experiment_id) };
    });
    return { idle, last: found.length < FORGOTTEN_AT_ONCE ? null : found.at(-1)!._id };
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
