import { Long, type AnyBulkWriteOperation, type Collection } from 'mongodb';
import type { FoldStore, Partition, StoredUnit } from '../metrics/folder.js';
import type { Batch, Increment, Mark } from '../metrics/records.js';
import type { TotalsDocument } from '../metrics/totals-document.js';
import type { UnitState } from '../metrics/unit.js';
import { isDuplicate, reach, type Database } from './database.js';
import { SharedRead } from './shared.js';

type PartitionDocument = Partition & { _id: number };
type TotalsRecord = TotalsDocument & {
  experiment_id: string;
  applied: Record<string, number>;
  /** When the totals last changed, ms since the epoch by the worker's clock. */
  folded_at: number;
};

/** Number of partitions of a new installation. Once stored it never changes, because each unit belongs to one partition. */
const PARTITIONS = 16;
/** Maximum age of what is known about waiting batches, ms. */
const HEADS_MS = 1_000;

/** The inbox of accepted events: one immutable document for each request and partition. */
export class InboxStore {
  /** When the oldest batch of each partition was received. Shared, because every partition's folding and every look asks. */
  private readonly heads = new SharedRead(HEADS_MS, async () => {
    const at = Date.now();
    return { at, received: await this.readHeads() };
  });

  private constructor(
    private readonly database: Database,
    readonly partitions: number,
  ) {}

  /** Reads the number of partitions, storing it at the first start. */
  static async open(database: Database): Promise<InboxStore> {
    const settings = database.collection<{ _id: string; partitions: number }>('settings');
    await reach(() =>
      settings.updateOne({ _id: 'ingest' }, { $setOnInsert: { partitions: PARTITIONS } }, { upsert: true }),
    );
    const stored = await reach(() => settings.findOne({ _id: 'ingest' }));
    return new InboxStore(database, stored!.partitions);
  }

  /** Durable when it resolves. */
  async insert(partition: number, batch: Batch): Promise<void> {
    await reach(() => inbox(this.database, partition).insertOne(batch));
  }

  /** The partition of a pseudonym. */
  partitionOf(unit: string): number {
    return parseInt(unit.slice(0, 8), 16) % this.partitions;
  }

  /** When the oldest batch that waits for folding was received, as of `at`; null where none waits. */
  async waiting(): Promise<{ at: number; oldest: number | null }> {
    const { at, received } = await this.heads.get();
    const oldest = Math.min(...received.values());
    return { at, oldest: oldest === Infinity ? null : oldest };
  }

  /** Whether a partition had anything to fold a moment ago. A batch stays until it is folded. */
  async isWaiting(partition: number): Promise<boolean> {
    return (await this.heads.get()).received.has(partition);
  }

  private async readHeads(): Promise<Map<number, number>> {
    const heads = await Promise.all(
      Array.from({ length: this.partitions }, async (_, partition) => {
        const [found] = await reach(() =>
          inbox(this.database, partition)
            .find()
            .sort({ _id: 1 })
            .limit(1)
            .project<{ received_at: number }>({ received_at: 1 })
            .toArray(),
        );
        return found ? [[partition, found.received_at] as const] : [];
      }),
    );
    return new Map(heads.flat());
  }
}

function inbox(database: Database, partition: number): Collection<Batch> {
  return database.collection<Batch>(`inbox_${partition}`);
}

/** Ids of batches sort by the time they were received. */
export function batchId(received_at: number, unique: string): string {
  return `${String(received_at).padStart(14, '0')}-${unique}`;
}

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

  async of(experiment_id: string): Promise<TotalsDocument[]> {
    const found = await reach(() => this.totals.find({ experiment_id }).toArray());
    return found.map((one) => {
      const last_at = one.last_at === undefined ? {} : { last_at: Number(one.last_at) };
      const last = Object.fromEntries(Object.entries(one.last ?? {}).map(([name, at]) => [name, Number(at)]));
      return { ...one, ...last_at, last };
    });
  }
}

/** One partition of the fold, on MongoDB. */
export class MongoFoldStore implements FoldStore {
  private readonly partitions: Collection<PartitionDocument>;
  private readonly units: Collection<StoredUnit>;
  private readonly totals: Collection<TotalsRecord>;
  private readonly batches: Collection<Batch>;

  constructor(
    database: Database,
    private readonly id: number,
    private readonly count: number,
  ) {
    this.partitions = database.collection('partitions');
    this.units = database.collection(`units_${id}`);
    this.totals = database.collection('totals');
    this.batches = inbox(database, id);
  }

  async partition(): Promise<Partition> {
    const found = await this.partitions.findOne({ _id: this.id });
    if (found) return found;
    const first = { _id: this.id, step: 0, applied: 0, at: 0, batches: [] };
    await this.partitions.insertOne(first).catch(ignoreDuplicate);
    return first;
  }

  async setApplied(n: number): Promise<void> {
    await this.partitions.updateOne({ _id: this.id, step: n, applied: n - 1 }, { $set: { applied: n } });
  }

  async seal(n: number, batches: string[], at: number): Promise<void> {
    await this.partitions.updateOne(
      { _id: this.id, step: n, applied: n },
      { $set: { step: n + 1, batches, at } },
    );
  }

  async listBatches(limit: number): Promise<string[]> {
    const found = await this.batches
      .find()
      .sort({ _id: 1 })
      .limit(limit)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    return found.map(({ _id }) => _id);
  }

  async readBatches(ids: readonly string[]): Promise<Batch[]> {
    return this.batches.find({ _id: { $in: [...ids] } }).toArray();
  }

  async deleteBatches(ids: readonly string[]): Promise<void> {
    await this.batches.deleteMany({ _id: { $in: [...ids] } });
  }

  async insertUnits(ids: readonly string[], empty: UnitState): Promise<void> {
    const known = await this.units
      .find({ _id: { $in: [...ids] } })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    const present = new Set(known.map(({ _id }) => _id));
    const fresh = ids.filter((id) => !present.has(id));
    if (fresh.length === 0) return;
    const documents = fresh.map((_id): StoredUnit => ({
      _id,
      step: 0,
      state: empty,
      counted: [],
      delta: [],
      marks: [],
    }));
    await this.units.insertMany(documents, { ordered: false }).catch(ignoreDuplicate);
  }

  async readUnits(ids: readonly string[]): Promise<StoredUnit[]> {
    return this.units.find({ _id: { $in: [...ids] } }).toArray();
  }

  async writeUnits(units: readonly StoredUnit[]): Promise<void> {
    const writes = units.map(({ _id, ...rest }): AnyBulkWriteOperation<StoredUnit> => ({
      updateOne: { filter: { _id, step: { $lt: rest.step } }, update: { $set: rest } },
    }));
    await this.units.bulkWrite(writes, { ordered: false });
  }

  async initialiseTotals(ids: readonly string[]): Promise<void> {
    for (const _id of ids) {
      const applied = Object.fromEntries(Array.from({ length: this.count }, (_, p) => [String(p), 0]));
      const experiment_id = _id.split(':').slice(0, -3).join(':');
      await this.totals
        .updateOne({ _id }, { $setOnInsert: { applied, experiment_id } as never }, { upsert: true })
        .catch(ignoreDuplicate);
    }
  }

  async addToTotals(
    _id: string,
    step: number,
    increments: readonly Increment[],
    marks: readonly Mark[],
  ): Promise<void> {
    const applied = `applied.${this.id}`;
    const inc = Object.fromEntries(increments.map(([, path, amount]) => [path, Long.fromString(amount)]));
    const max = Object.fromEntries(marks.map(([, path, at]) => [path, at]));
    await this.totals.updateOne(
      { _id, [applied]: { $lt: step } },
      {
        ...(increments.length > 0 && { $inc: inc }),
        ...(marks.length > 0 && { $max: max as never }),
        $set: { [applied]: step, folded_at: Date.now() } as never,
      },
    );
  }
}

function ignoreDuplicate(error: unknown): void {
  if (!isDuplicate(error)) throw error;
}
