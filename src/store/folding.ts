import { Long, type AnyBulkWriteOperation, type Collection, type Document } from 'mongodb';
import type { FoldStore, Partition, StoredUnit, TotalsChange } from '../metrics/folder.js';
import { NewestMap } from '../newest-map.js';
import { isMinutesId, partsOfMinutesId } from '../metrics/minutes.js';
import { partsOf } from '../metrics/totals-document.js';
import type { Batch, Increment, Mark } from '../metrics/records.js';
import type { UnitState } from '../metrics/unit.js';
import { isDuplicate, type Database } from './database.js';
import { Inbox } from './inbox.js';
import { minutesIn, type MinutesRecord } from './minutes.js';
import type { TotalsRecord } from './totals.js';

type PartitionDocument = Partition & { _id: number };

/**
 * A unit as it is stored. Nothing ever looks into its parts, so each is one JSON text: documents inside documents would
 * cost both sides several times as much.
 */
export interface UnitDocument {
  _id: string;
  step: number;
  /** When its newest events were received, ms since the epoch. */
  touched_at: number;
  /** When it was erased, ms since the epoch; absent of all that are not tombstones. */
  erased_at?: number;
  state: string;
  counted: string;
  delta: string;
  marks: string;
}

/** At most this many ids of totals are remembered as being there, some 100 bytes each. One that is not is only asked for again. */
const MOST_KNOWN_TOTALS = 50_000;

/**
 * Totals documents that are there; one set for all partitions that a process folds, because partitions share them. One goes
 * only long after its experiment's end, when none of its events count any more.
 */
const knownTotals = new WeakMap<Database, NewestMap<string, true>>();

function knownTotalsOf(database: Database): NewestMap<string, true> {
  const known = knownTotals.get(database) ?? new NewestMap(MOST_KNOWN_TOTALS);
  knownTotals.set(database, known);
  return known;
}

/** The units of a partition. */
export function unitsOf(database: Database, partition: number): Collection<UnitDocument> {
  return database.collection<UnitDocument>(`units_${partition}`);
}

/** Where the partitions stand. */
export function partitionsOf(database: Database): Collection<PartitionDocument> {
  return database.collection<PartitionDocument>('partitions');
}

/** One partition of the fold, on MongoDB. */
export class MongoFoldStore implements FoldStore {
  private readonly partitions: Collection<PartitionDocument>;
  private readonly units: Collection<UnitDocument>;
  private readonly totals: Collection<TotalsRecord>;
  private readonly minutes: Collection<MinutesRecord>;
  private readonly inbox: Inbox;
  private readonly knownTotals: NewestMap<string, true>;

  constructor(
    database: Database,
    private readonly id: number,
    private readonly count: number,
  ) {
    this.partitions = partitionsOf(database);
    this.units = unitsOf(database, id);
    this.totals = database.collection('totals');
    this.minutes = minutesIn(database);
    this.knownTotals = knownTotalsOf(database);
    this.inbox = new Inbox(database, id);
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

  listBatches(limit: number): Promise<string[]> {
    return this.inbox.list(limit);
  }

  readBatches(ids: readonly string[]): Promise<Batch[]> {
    return this.inbox.read(ids);
  }

  deleteBatches(ids: readonly string[]): Promise<void> {
    return this.inbox.delete(ids);
  }

  async readUnits(ids: readonly string[], step: number): Promise<StoredUnit[]> {
    const found = await this.units.find({ _id: { $in: [...ids] } }, { batchSize: ids.length }).toArray();
    return found.map(({ _id, step: own, touched_at, state, counted, delta, marks }) => ({
      _id,
      step: own,
      touched_at,
      state: JSON.parse(state) as UnitState,
      counted: JSON.parse(counted) as Increment[],
      delta: own === step ? (JSON.parse(delta) as Increment[]) : [],
      marks: own === step ? (JSON.parse(marks) as Mark[]) : [],
    }));
  }

  async insertUnits(units: readonly StoredUnit[]): Promise<boolean> {
    const documents = units.map((unit) => ({ _id: unit._id, ...fieldsOf(unit) }));
    try {
      await this.units.insertMany(documents, { ordered: false });
      return true;
    } catch (error) {
      ignoreDuplicate(error);
      return false;
    }
  }

  async writeUnits(units: readonly StoredUnit[]): Promise<boolean> {
    const writes = units.map((unit): AnyBulkWriteOperation<UnitDocument> => ({
      updateOne: { filter: { _id: unit._id, step: { $lt: unit.step } }, update: { $set: fieldsOf(unit) } },
    }));
    const { matchedCount } = await this.units.bulkWrite(writes, { ordered: false });
    return matchedCount === units.length;
  }

  async initialiseTotals(ids: readonly string[]): Promise<void> {
    const fresh = ids.filter((id) => !this.knownTotals.get(id));
    if (fresh.length === 0) return;
    const applied = Object.fromEntries(Array.from({ length: this.count }, (_, p) => [String(p), 0]));
    const [minutes, totals] = apart(fresh, (id) => id);
    await insertFresh(
      this.totals,
      totals.map((_id) => ({ _id, applied, experiment_id: partsOf(_id).experiment_id })),
    );
    await insertFresh(
      this.minutes,
      minutes.map((_id) => ({ _id, applied, ...partsOfMinutesId(_id) })),
    );
    for (const id of fresh) this.knownTotals.set(id, true);
  }

  async addToTotals(step: number, changes: readonly TotalsChange[]): Promise<void> {
    if (changes.length === 0) return;
    const applied = `applied.${this.id}`;
    const [minutes, totals] = apart(changes, ({ id }) => id);
    const write = (change: TotalsChange, more: object) => ({
      updateOne: {
        filter: { _id: change.id, [applied]: { $lt: step } },
        update: { ...amountsOf(change), $set: { [applied]: step, ...more } },
      },
    });
    const folded_at = Date.now();
    await writeAll(
      this.minutes,
      minutes.map((one) => write(one, {})),
    );
    await writeAll(
      this.totals,
      totals.map((one) => write(one, { folded_at })),
    );
  }
}

/** Those of counts by minute, and those of totals. */
function apart<T>(all: readonly T[], idOf: (one: T) => string): [minutes: T[], totals: T[]] {
  return [all.filter((one) => isMinutesId(idOf(one))), all.filter((one) => !isMinutesId(idOf(one)))];
}

function amountsOf({ increments, marks }: TotalsChange) {
  const amounts = [...increments].map(([path, amount]) => [path, Long.fromBigInt(amount)] as const);
  return {
    ...(increments.size > 0 && { $inc: Object.fromEntries(amounts) }),
    ...(marks.size > 0 && { $max: Object.fromEntries(marks) }),
  };
}

/** Each document only where there is none of its id. */
async function insertFresh<T extends Document>(
  collection: Collection<T>,
  documents: readonly { _id: string }[],
): Promise<void> {
  const upserts = documents.map(({ _id, ...fields }) => ({
    updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
  }));
  await writeAll(collection, upserts).catch(ignoreDuplicate);
}

async function writeAll<T extends Document>(
  collection: Collection<T>,
  writes: readonly object[],
): Promise<void> {
  if (writes.length === 0) return;
  await collection.bulkWrite(writes as AnyBulkWriteOperation<T>[], { ordered: false });
}

function fieldsOf({ step, touched_at, state, counted, delta, marks }: StoredUnit): Omit<UnitDocument, '_id'> {
  return {
    step,
    touched_at,
    ...(state.erased_at !== undefined && { erased_at: state.erased_at }),
    state: JSON.stringify(state),
    counted: JSON.stringify(counted),
    delta: JSON.stringify(delta),
    marks: JSON.stringify(marks),
  };
}

function ignoreDuplicate(error: unknown): void {
  if (!isDuplicate(error)) throw error;
}
