import type { Batch, Catalog, Increment, InboxEvent, Mark } from './records.js';
import { minuteIncrements } from './minutes.js';
import { partsOf, partsOfCell } from './totals-document.js';
import {
  countedOf,
  difference,
  emptyUnit,
  experimentsIn,
  foldEvents,
  marksOf,
  tombstone,
  type UnitState,
} from './unit.js';

/** Where a partition stands: `step` was sealed with these batches; they are in the totals once `applied` equals it. */
export interface Partition {
  step: number;
  applied: number;
  /** When the step was sealed; ms since the epoch. */
  at: number;
  batches: string[];
}

/**
 * A stored unit: the step that it is at, what of it is in the totals, and what that step changed there. Marks are those
 * that are later than before the step.
 */
export interface StoredUnit {
  _id: string;
  step: number;
  /** When the newest events of that step were received, ms since the epoch. */
  touched_at: number;
  state: UnitState;
  counted: Increment[];
  delta: Increment[];
  marks: Mark[];
}

/** The operations that folding is made of. A write of one document is atomic; nothing else is. */
export interface FoldStore {
  partition(): Promise<Partition>;
  /** step = n and applied = n − 1 → applied = n. */
  setApplied(n: number): Promise<void>;
  /** step = applied = n → step = n + 1 with these batches. */
  seal(n: number, batches: string[], at: number): Promise<void>;
  listBatches(limit: number): Promise<string[]>;
  readBatches(ids: readonly string[]): Promise<Batch[]>;
  deleteBatches(ids: readonly string[]): Promise<void>;
  /** Their deltas and marks are those of `step`; units before that have none. */
  readUnits(ids: readonly string[], step: number): Promise<StoredUnit[]>;
  /** Each only where there is none of that id. Whether this very call inserted all of them. */
  insertUnits(units: readonly StoredUnit[]): Promise<boolean>;
  /** Each only where it is there and stands before its step. Whether this very call wrote all of them. */
  writeUnits(units: readonly StoredUnit[]): Promise<boolean>;
  /** Makes the totals documents that are not there, with nothing applied. */
  initialiseTotals(ids: readonly string[]): Promise<void>;
  /** Adds once per step: to each document only where this partition's `applied` is below `step`. */
  addToTotals(step: number, changes: readonly TotalsChange[]): Promise<void>;
}

type UnitChange = Pick<StoredUnit, 'delta' | 'marks'>;

/** What changes in one document of totals, or of counts by minute, by path. */
export interface TotalsChange {
  id: string;
  increments: Map<string, bigint>;
  marks: Map<string, number>;
}

/** What one step folded. */
export interface FoldedStep {
  batches: number;
  events: number;
  units: number;
}

export type CatalogLoader = (experiment_ids: ReadonlySet<string>) => Promise<Catalog>;

/** A step has at most this many batches: their ids stand in the partition's document. */
const BATCHES_A_STEP = 200;
/** So many units are read, folded and written at a time: memory need not hold all units of a step. */
const UNITS_AT_ONCE = 250;

/**
 * Folds the events of one partition exactly once. Two folders at once, a crash between any two operations, and events
 * that are sent twice do no harm: every write is guarded by its step, and totals are made only from what certainly is in
 * the units: what was read there, or what the guarded write of this folder put there.
 *
 *     applied = step       The batches of `step` are in the totals.
 *         │                  Delete these batches and list those that have arrived since.
 *         ▼  seal            Only if applied = step is still true.
 *     applied = step − 1   The batches of the new `step` are fixed. None of them is in the totals yet.
 *         │                  Read the units, write each that is behind `step`. Where another folder wrote one
 *         │                  first, read them again. All are at `step` now, and their deltas known.
 *         │                  Add the deltas to each totals document that has not applied `step`.
 *         ▼  setApplied      Only if applied = step − 1 is still true.
 *     applied = step       And so on.
 *
 * After a crash the folder starts again from the state above. Writes that were done before find nothing to do.
 */
export class Folder {
  private deletedUpTo = 0;

  constructor(
    private readonly store: FoldStore,
    private readonly catalog: CatalogLoader,
    private readonly now: () => number,
    /** Called for each step that this folder has brought into the totals; after a crash for the same one again. */
    private readonly onFolded: (step: FoldedStep) => void = () => undefined,
  ) {}

  /** Follows one arrow of the picture. Returns whether there was anything to do. */
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
    // Another folder may have sealed and deleted a listed batch in the meantime. Then this seal loses the race.
    const fresh = next.filter((id) => !batches.includes(id));
    if (fresh.length === 0) return false;
    await this.store.seal(step, fresh, this.now());
    return true;
  }

  /** Does the work of a sealed step. Returns false if another folder is ahead of this one. */
  private async fold({ step, batches: ids }: Partition): Promise<boolean> {
    const batches = await this.store.readBatches(ids);
    if (batches.length < ids.length && (await this.isOver(step))) return false;
    const events = byUnit(batches);
    if (events.size === 0) return true;
    const oldest = Math.min(...batches.map((batch) => batch.received_at));
    const totals = new TotalsChanges();
    const units = [...events.keys()];
    for (let first = 0; first < units.length; first += UNITS_AT_ONCE) {
      const some = units.slice(first, first + UNITS_AT_ONCE);
      const changes = await this.bringUnitsTo(step, some, events, oldest);
      if (changes === null) return false;
      totals.add(changes);
    }
    const changes = totals.all();
    await this.store.initialiseTotals(changes.map(({ id }) => id));
    await this.store.addToTotals(step, changes);
    const count = batches.reduce((sum, batch) => sum + batch.events.length, 0);
    this.onFolded({ batches: batches.length, events: count, units: units.length });
    return true;
  }

  private async isOver(step: number): Promise<boolean> {
    const now = await this.store.partition();
    return now.step > step || now.applied >= step;
  }

  /** Brings units to `step`; what the step changes of each. Null if another folder is ahead of this one. */
  private async bringUnitsTo(
    step: number,
    ids: readonly string[],
    events: ReadonlyMap<string, ReceivedEvent[]>,
    oldest_received_at: number,
  ): Promise<UnitChange[] | null> {
    for (;;) {
      const stored = await this.store.readUnits(ids, step);
      if (stored.some((unit) => unit.step > step)) return null;
      const known = new Set(stored.map(({ _id }) => _id));
      const absent = ids.filter((id) => !known.has(id)).map(unitBefore);
      const behind = stored.filter((unit) => unit.step < step);
      const catalog = await this.catalog(experimentsOf([...behind, ...absent], events));
      const after = (unit: StoredUnit): StoredUnit =>
        advance(unit, step, events.get(unit._id)!, catalog, oldest_received_at);
      const [fresh, grown] = [absent.map(after), behind.map(after)];
      const isInserted = fresh.length === 0 || (await this.store.insertUnits(fresh));
      const isWritten = grown.length === 0 || (await this.store.writeUnits(grown));
      // Where another folder was faster with one, or one was deleted in between, only reading tells what is there.
      if (isInserted && isWritten)
        return [...stored.filter((unit) => unit.step === step), ...fresh, ...grown];
    }
  }
}

/** The deltas and marks of all units of a step together, for each totals document that changes. */
class TotalsChanges {
  /** By cell: units of the same segments are added up before each segment gets the sum. */
  private readonly cells = new Map<string, Map<string, bigint>>();
  private readonly changes = new Map<string, TotalsChange>();

  add(units: readonly UnitChange[]): void {
    for (const { delta, marks } of units) {
      for (const [cell, path, amount] of delta) {
        let increments = this.cells.get(cell);
        if (!increments) this.cells.set(cell, (increments = new Map<string, bigint>()));
        increments.set(path, (increments.get(path) ?? 0n) + BigInt(amount));
      }
      for (const [id, path, at] of marks) {
        const { marks: latest } = this.of(id);
        latest.set(path, Math.max(latest.get(path) ?? 0, at));
      }
    }
  }

  /** Once all units are added. */
  all(): TotalsChange[] {
    for (const [cell, increments] of this.cells) {
      const { totals_id, segments } = partsOfCell(cell);
      const { increments: sums } = this.of(totals_id);
      const prefixes = ['', ...segments.map((place) => `segments.${place}.`)];
      for (const prefix of prefixes)
        for (const [path, amount] of increments)
          sums.set(prefix + path, (sums.get(prefix + path) ?? 0n) + amount);
    }
    this.cells.clear();
    return [...this.changes.values()];
  }

  private of(id: string): TotalsChange {
    let change = this.changes.get(id);
    if (!change) this.changes.set(id, (change = { id, increments: new Map(), marks: new Map() }));
    return change;
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
    for (const id of experimentsIn(unit.state)) ids.add(id);
    for (const { event } of events.get(unit._id)!) if ('experiment_id' in event) ids.add(event.experiment_id);
  }
  return ids;
}

/** A unit of which nothing is known yet. */
function unitBefore(_id: string): StoredUnit {
  return { _id, step: 0, touched_at: 0, state: emptyUnit(), counted: [], delta: [], marks: [] };
}

function advance(
  stored: StoredUnit,
  step: number,
  events: ReceivedEvent[],
  catalog: Catalog,
  oldest: number,
): StoredUnit {
  const erased_at = erasureOf(stored.state, events);
  if (erased_at !== undefined) return erased(stored._id, step, erased_at);
  const before = withoutEnded(stored, catalog);
  const folded = foldEvents(before.state, events, catalog, oldest);
  const { unit: state } = folded;
  const counted = countedOf(state, catalog);
  return {
    _id: stored._id,
    step,
    touched_at: Math.max(...events.map(({ received_at }) => received_at)),
    state,
    counted,
    delta: [...difference(before.counted, counted), ...minuteIncrements(before.state, folded, catalog)],
    marks: laterMarks(marksOf(before.state), marksOf(state)),
  };
}

/** When a unit was last erased: before, or by one of these events. Undefined of one that was not. */
function erasureOf({ erased_at }: UnitState, events: readonly ReceivedEvent[]): number | undefined {
  const times = events.flatMap(({ event, received_at }) => (event.kind === 'erasure' ? [received_at] : []));
  return times.length === 0 ? erased_at : Math.max(erased_at ?? 0, ...times);
}

/**
 * A tombstone in the place of a unit. The totals keep what they have of it, which nobody can tell from the rest. What came in
 * the same step, and comes after it, is dropped.
 */
function erased(_id: string, step: number, erased_at: number): StoredUnit {
  const nothing = { counted: [], delta: [], marks: [] };
  return { _id, step, touched_at: erased_at, state: tombstone(erased_at), ...nothing };
}

/**
 * A unit without what it had in experiments that are over. Nothing changes their totals any more, so they keep what they
 * have of this unit.
 */
function withoutEnded(
  { state, counted }: StoredUnit,
  catalog: Catalog,
): Pick<StoredUnit, 'state' | 'counted'> {
  const ended = new Set(experimentsIn(state).filter((id) => catalog.get(id)?.live === false));
  if (ended.size === 0) return { state, counted };
  const duplicates = Object.entries(state.duplicates).filter(([id]) => !ended.has(id));
  return {
    state: {
      ...state,
      entries: state.entries.filter(({ experiment_id }) => !ended.has(experiment_id)),
      firsts: state.firsts.filter(({ experiment_id }) => !ended.has(experiment_id)),
      excluded: state.excluded.filter((id) => !ended.has(id)),
      duplicates: Object.fromEntries(duplicates),
    },
    counted: counted.filter(([id]) => !ended.has(partsOf(id).experiment_id)),
  };
}

function laterMarks(before: readonly Mark[], after: readonly Mark[]): Mark[] {
  const known = new Map(before.map(([id, path, at]) => [`${id}\n${path}`, at]));
  return after.filter(([id, path, at]) => at > (known.get(`${id}\n${path}`) ?? -Infinity));
}
