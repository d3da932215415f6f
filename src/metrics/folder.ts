import type { Batch, Catalog, Increment, InboxEvent, Mark } from './records.js';
import { countedOf, difference, emptyUnit, foldUnit, marksOf, type UnitState } from './unit.js';

/** Where a partition stands: step `step` has been sealed with these batches, `applied` says it is in the totals. */
export interface Partition {
  step: number;
  applied: number;
  /** When the step was sealed; ms since the epoch. */
  at: number;
  batches: string[];
}

/** A unit as it is stored: what step it is at, what of it is in the totals, and what that step changed there. */
export interface StoredUnit {
  _id: string;
  step: number;
  state: UnitState;
  counted: Increment[];
  delta: Increment[];
  marks: Mark[];
}

/** The single-document operations that folding is made of; each is atomic by itself and nothing else is. */
export interface FoldStore {
  partition(): Promise<Partition>;
  /** step = n and applied = n − 1 → applied = n. */
  setApplied(n: number): Promise<void>;
  /** step = applied = n → step = n + 1 with these batches. */
  seal(n: number, batches: string[], at: number): Promise<void>;
  listBatches(limit: number): Promise<string[]>;
  readBatches(ids: readonly string[]): Promise<Batch[]>;
  deleteBatches(ids: readonly string[]): Promise<void>;
  /** Inserts those that are not there, at step 0. */
  insertUnits(ids: readonly string[], empty: UnitState): Promise<void>;
  readUnits(ids: readonly string[]): Promise<StoredUnit[]>;
  /** Each only where it stands before its step. */
  writeUnits(units: readonly StoredUnit[]): Promise<void>;
  /** Makes the totals documents that are not there, with nothing applied. */
  initialiseTotals(ids: readonly string[]): Promise<void>;
  /** Adds once per step: only where this partition's `applied` is below `step`. */
  addToTotals(
    id: string,
    step: number,
    increments: readonly Increment[],
    marks: readonly Mark[],
  ): Promise<void>;
}

export type CatalogLoader = (experiment_ids: ReadonlySet<string>) => Promise<Catalog>;

const BATCHES_A_STEP = 50;

/**
 * Folds the events of one partition exactly once. Two at once, a crash between any two operations and events sent
 * again change nothing: every write is guarded by its step, and totals are made only from what was read back.
 */
export class Folder {
  private deletedUpTo = 0;

  constructor(
    private readonly store: FoldStore,
    private readonly catalog: CatalogLoader,
    private readonly now: () => number,
  ) {}

  /** One step; answers whether there was anything to do. */
  async foldOnce(): Promise<boolean> {
    const partition = await this.store.partition();
    const { step, applied, batches } = partition;
    if (applied < step) {
      if (await this.fold(partition)) await this.store.setApplied(step);
      return true;
    }
    if (this.deletedUpTo < step) {
      if (batches.length > 0) await this.store.deleteBatches(batches);
      this.deletedUpTo = step;
    }
    const next = await this.store.listBatches(BATCHES_A_STEP);
    // What was listed may have been sealed and deleted by another folder meanwhile; then the seal loses its race.
    const fresh = next.filter((id) => !batches.includes(id));
    if (fresh.length === 0) return false;
    await this.store.seal(step, fresh, this.now());
    return true;
  }

  /** The work of a sealed step; false where another folder is ahead of this one. */
  private async fold({ step, batches: ids }: Partition): Promise<boolean> {
    const batches = await this.store.readBatches(ids);
    if (batches.length < ids.length && (await this.isOver(step))) return false;
    const events = byUnit(batches);
    const units = [...events.keys()];
    if (units.length === 0) return true;
    const oldest = Math.min(...batches.map((batch) => batch.received_at));
    await this.store.insertUnits(units, emptyUnit());
    for (;;) {
      const stored = await this.store.readUnits(units);
      if (stored.some((unit) => unit.step > step)) return false;
      const behind = stored.filter((unit) => unit.step < step);
      if (behind.length === 0) {
        if (stored.length < units.length) return false;
        await this.addUp(stored, step);
        return true;
      }
      const catalog = await this.catalog(experimentsOf(behind, events));
      await this.store.writeUnits(
        behind.map((unit) => advance(unit, step, events.get(unit._id)!, catalog, oldest)),
      );
    }
  }

  private async isOver(step: number): Promise<boolean> {
    const now = await this.store.partition();
    return now.step > step || now.applied >= step;
  }

  private async addUp(units: readonly StoredUnit[], step: number): Promise<void> {
    const sums = new Map<string, { increments: Map<string, bigint>; marks: Map<string, number> }>();
    const of = (id: string) => {
      const found = sums.get(id) ?? {
        increments: new Map<string, bigint>(),
        marks: new Map<string, number>(),
      };
      sums.set(id, found);
      return found;
    };
    for (const unit of units) {
      for (const [id, path, amount] of unit.delta) {
        const { increments } = of(id);
        increments.set(path, (increments.get(path) ?? 0n) + BigInt(amount));
      }
      for (const [id, path, at] of unit.marks) {
        const { marks } = of(id);
        marks.set(path, Math.max(marks.get(path) ?? 0, at));
      }
    }
    await this.store.initialiseTotals([...sums.keys()]);
    for (const [id, { increments, marks }] of sums) {
      await this.store.addToTotals(
        id,
        step,
        [...increments].map(([path, amount]): Increment => [id, path, amount.toString()]),
        [...marks].map(([path, at]): Mark => [id, path, at]),
      );
    }
  }
}

type ReceivedEvent = { event: InboxEvent; received_at: number };

function byUnit(batches: readonly Batch[]): Map<string, ReceivedEvent[]> {
  const units = new Map<string, ReceivedEvent[]>();
  for (const { events, received_at } of batches) {
    for (const event of events) {
      const list = units.get(event.unit) ?? [];
      list.push({ event, received_at });
      units.set(event.unit, list);
    }
  }
  return units;
}

function experimentsOf(
  units: readonly StoredUnit[],
  events: ReadonlyMap<string, ReceivedEvent[]>,
): Set<string> {
  const ids = new Set<string>();
  for (const unit of units) {
    for (const entry of unit.state.entries) ids.add(entry.experiment_id);
    for (const { event } of events.get(unit._id)!) if (event.kind !== 'value') ids.add(event.experiment_id);
  }
  return ids;
}

function advance(
  unit: StoredUnit,
  step: number,
  events: ReceivedEvent[],
  catalog: Catalog,
  oldest: number,
): StoredUnit {
  const state = foldUnit(unit.state, events, catalog, oldest);
  const counted = countedOf(state, catalog);
  return {
    _id: unit._id,
    step,
    state,
    counted,
    delta: difference(unit.counted, counted),
    marks: marksOf(state),
  };
}
