import type { Collection } from 'mongodb';
import type { Certificate } from '../certificates/certificate.js';
import type { DecisionKind, DecisionRecord } from '../lifecycle/state.js';
import { isDuplicate, reach, type Database } from './database.js';
import { beyond, directionOf, type ListOrder } from './list-order.js';

/** A decision with its certificate. `n` counts the decisions of the experiment from 1. */
export interface DecisionItem extends DecisionRecord {
  _id: string;
  experiment_id: string;
  certificate: Certificate;
}

const CONCLUSIONS: DecisionKind[] = ['winner', 'roll_back', 'no_effect', 'inconclusive'];

/** What was decided about each experiment, in order. */
export class DecisionStore {
  private readonly items: Collection<DecisionItem>;

  constructor(database: Database) {
    this.items = database.collection('decisions');
  }

  async initialise(): Promise<void> {
    await reach(() => this.items.createIndex({ experiment_id: 1, n: 1 }));
  }

  /**
   * A decision that is stored already stays as it is: its certificate is a link of a chain. Returns whether it was not there.
   */
  async add(experiment_id: string, decision: DecisionRecord, certificate: Certificate): Promise<boolean> {
    const item: DecisionItem = {
      ...decision,
      _id: `${experiment_id}#${decision.n}`,
      experiment_id,
      certificate,
    };
    return reach(() => this.items.insertOne(item)).then(
      () => true,
      (error: unknown) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
  }

  async get(experiment_id: string, n: number): Promise<DecisionItem | null> {
    return reach(() => this.items.findOne({ _id: `${experiment_id}#${n}` }));
  }

  /** The decisions that chose a winner or ended the experiment, in order. */
  async conclusions(experiment_id: string): Promise<DecisionItem[]> {
    const decision = { $in: CONCLUSIONS };
    return reach(() => this.items.find({ experiment_id, decision }).sort({ n: 1 }).toArray());
  }

  /** The newest decision at or before `at` (ms since the epoch) that rests on a snapshot. */
  async latest(experiment_id: string, at: number): Promise<DecisionItem | null> {
    const [found] = await reach(() =>
      this.items
        .find({ experiment_id, at: { $lte: at }, snapshot_id: { $ne: null } })
        .sort({ n: -1 })
        .limit(1)
        .toArray(),
    );
    return found ?? null;
  }

  /**
   * The decision that stood after a look: the last one that rests on it, or was taken before it. A decision is stored where
   * it differs from the one before, so that most looks have none of their own. Null where nothing was decided yet.
   */
  async standing(
    experiment_id: string,
    look: { snapshot_id: string; at: number },
  ): Promise<DecisionItem | null> {
    const { snapshot_id, at } = look;
    const [found] = await reach(() =>
      this.items
        .find({ experiment_id, $or: [{ snapshot_id }, { at: { $lte: at } }] })
        .sort({ n: -1 })
        .limit(1)
        .toArray(),
    );
    return found ?? null;
  }

  /** Ids of the snapshots on which an experiment's decisions rest. */
  async snapshotIds(experiment_id: string): Promise<string[]> {
    const found = await reach(() =>
      this.items
        .find({ experiment_id })
        .project<Pick<DecisionItem, 'snapshot_id' | 'circumstances'>>({ snapshot_id: 1, circumstances: 1 })
        .toArray(),
    );
    return found
      .flatMap(({ snapshot_id, circumstances }) => [snapshot_id, circumstances?.final_snapshot_id ?? null])
      .filter((id) => id !== null);
  }

  /** At most `limit` decisions beyond number `from`, in this order; from the end where it is 0. */
  async of(
    experiment_id: string,
    limit: number,
    from: number,
    order: ListOrder = 'asc',
  ): Promise<DecisionItem[]> {
    return reach(() =>
      this.items
        .find({ experiment_id, ...beyond('n', from, order) })
        .sort({ n: directionOf(order) })
        .limit(limit)
        .toArray(),
    );
  }
}
