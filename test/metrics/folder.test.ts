import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Folder,
  type FoldStore,
  type Partition,
  type StoredUnit,
  type TotalsChange,
} from '../../src/metrics/folder.js';
import { isMinutesId, minuteIncrements } from '../../src/metrics/minutes.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type {
  Batch,
  Catalog,
  ExposureRecord,
  Increment,
  InboxEvent,
  ValueRecord,
} from '../../src/metrics/records.js';
import {
  countedOf,
  emptyUnit,
  experimentsIn,
  foldEvents,
  foldUnit,
  type UnitState,
} from '../../src/metrics/unit.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { runs } from '../properties.js';

const NOW = 1_800_000_000_000;
const METRICS = [
  ...['click_through_rate', 'engagement_time', 'error_rate'].map((id) =>
    builtInMetrics.find((metric) => metric.metric_id === id),
  ),
  {
    metric_id: 'seconds_per_click',
    kind: 'ratio',
    event: 'engagement',
    aggregate: 'sum',
    denominator_event: 'click',
    direction: 'increase',
    scale: 1000,
  },
  {
    metric_id: 'engagement_p90',
    kind: 'quantile',
    quantile: 0.9,
    event: 'engagement',
    direction: 'increase',
  },
  {
    metric_id: 'radio_seconds',
    kind: 'mean',
    event: 'engagement',
    where: { source: { $in: ['radio', 'podcast'] }, value: { $gte: 6 } },
    direction: 'increase',
  },
  {
    metric_id: 'last_volume',
    kind: 'mean',
    event: 'engagement',
    value: 'volume',
    aggregate: 'last',
    direction: 'increase',
  },
  {
    metric_id: 'loudest_per_click',
    kind: 'ratio',
    event: 'engagement',
    where: { source: { $ne: 'radio' } },
    value: 'volume',
    aggregate: 'max',
    denominator_event: 'click',
    direction: 'increase',
  },
  {
    metric_id: 'radio_share',
    kind: 'ratio',
    event: 'engagement',
    denominator_event: 'engagement',
    where: { source: 'radio' },
    direction: 'increase',
  },
].map((metric) => metricSchema.parse(metric));
const CATALOG: Catalog = new Map([['e', { metrics: METRICS, live: true }]]);
/** The same, with segments. */
const SEGMENTED: Catalog = new Map([
  ['e', { metrics: METRICS, watched: METRICS, live: true, segmented: true }],
]);

type Guard = 'unit' | 'absent' | 'initialised' | 'applied';

/** A store in memory whose every operation is one await: the scheduler may put anything between two of them. */
class MemoryStore implements FoldStore {
  static readonly partition0: Partition = { step: 0, applied: 0, at: 0, batches: [] };
  readonly partitionDocument = { ...MemoryStore.partition0 };
  readonly inbox = new Map<string, Batch>();
  readonly units = new Map<string, StoredUnit>();
  readonly totals = new Map<
    string,
    { applied?: number; sums: Map<string, bigint>; marks: Map<string, number> }
  >();

  constructor(
    private readonly turn: () => Promise<void>,
    private readonly without?: Guard,
  ) {}

  async partition(): Promise<Partition> {
    await this.turn();
    return { ...this.partitionDocument };
  }

  async setApplied(n: number): Promise<void> {
    await this.turn();
    const p = this.partitionDocument;
    if (p.step === n && p.applied === n - 1) p.applied = n;
  }

  async seal(n: number, batches: string[], at: number): Promise<void> {
    await this.turn();
    const p = this.partitionDocument;
    if (p.step === n && p.applied === n) Object.assign(p, { step: n + 1, batches, at });
  }

  /** One at a time, so that there are many steps to fall behind in. */
  async listBatches(): Promise<string[]> {
    await this.turn();
    return [...this.inbox.keys()].sort().slice(0, 1);
  }

  async readBatches(ids: readonly string[]): Promise<Batch[]> {
    await this.turn();
    return ids.flatMap((id) => this.inbox.get(id) ?? []);
  }

  async deleteBatches(ids: readonly string[]): Promise<void> {
    await this.turn();
    for (const id of ids) this.inbox.delete(id);
  }

  async insertUnits(units: readonly StoredUnit[]): Promise<boolean> {
    return this.putEach(units, (before) => !before || this.without === 'absent');
  }

  async readUnits(ids: readonly string[]): Promise<StoredUnit[]> {
    await this.turn();
    return ids.flatMap((id) => {
      const unit = this.units.get(id);
      return unit ? [structuredClone(unit)] : [];
    });
  }

  async writeUnits(units: readonly StoredUnit[]): Promise<boolean> {
    return this.putEach(
      units,
      (before, { step }) => before !== undefined && (this.without === 'unit' || before.step < step),
    );
  }

  private async putEach(
    units: readonly StoredUnit[],
    isAllowed: (before: StoredUnit | undefined, unit: StoredUnit) => boolean,
  ): Promise<boolean> {
    let written = 0;
    for (const unit of units) {
      await this.turn();
      if (!isAllowed(this.units.get(unit._id), unit)) continue;
      this.units.set(unit._id, unit);
      written += 1;
    }
    return written === units.length;
  }

  async initialiseTotals(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.turn();
      if (this.totals.has(id)) continue;
      this.totals.set(id, {
        ...(this.without !== 'initialised' && { applied: 0 }),
        sums: new Map(),
        marks: new Map(),
      });
    }
  }

  async addToTotals(step: number, changes: readonly TotalsChange[]): Promise<void> {
    for (const { id, increments, marks } of changes) {
      await this.turn();
      const totals = this.totals.get(id)!;
      // As in MongoDB: {$lt: n} does not match a field that is not there.
      const open = totals.applied !== undefined && totals.applied < step;
      if (!open && this.without !== 'applied') continue;
      for (const [path, amount] of increments) totals.sums.set(path, (totals.sums.get(path) ?? 0n) + amount);
      for (const [path, at] of marks) totals.marks.set(path, Math.max(totals.marks.get(path) ?? 0, at));
      totals.applied = step;
    }
  }
}

interface Script {
  batches: InboxEvent[][];
  /** Who goes next, one for each operation. */
  turns: number[];
  kills: number[];
}

/** Runs two folders over the batches, interleaved and killed as the script says, then one until nothing is left. */
async function run({ batches, turns, kills }: Script, without?: Guard): Promise<Map<string, string>> {
  const waiting = new Map<number, () => void>();
  let operations = 0;
  let running = -1;
  const dead = new Set<number>();
  const turnOf = (who: number) => async (): Promise<void> => {
    if (dead.has(who)) await new Promise(() => undefined);
    await new Promise<void>((resolve) => waiting.set(who, resolve));
    operations += 1;
    if (dead.has(who)) await new Promise(() => undefined);
    running = who;
  };
  const store = new MemoryStore(() => Promise.resolve(), without);
  // The same documents, with turns of its own: also between two documents of one bulk write.
  const bound = (who: number): FoldStore =>
    Object.create(store, { turn: { value: turnOf(who) } }) as MemoryStore;
  batches.forEach((events, index) => {
    const id = String(index).padStart(4, '0');
    store.inbox.set(id, { _id: id, received_at: NOW + index, events });
  });
  let who = 0;
  const live: number[] = [];
  const spawn = (): void => {
    const me = who;
    who += 1;
    live.push(me);
    const folder = new Folder(
      bound(me),
      () => Promise.resolve(SEGMENTED),
      () => NOW,
    );
    void (async () => {
      while (!dead.has(me)) await folder.foldOnce();
    })();
  };
  spawn();
  spawn();
  for (const [index, choice] of turns.entries()) {
    await new Promise((resolve) => setImmediate(resolve));
    const me = live[choice % live.length]!;
    waiting.get(me)?.();
    if (kills.includes(index)) {
      dead.add(me);
      live.splice(live.indexOf(me), 1);
      spawn();
    }
  }
  for (const me of live) dead.add(me);
  expect(operations + running).toBeGreaterThan(0);
  const last = new Folder(
    store,
    () => Promise.resolve(SEGMENTED),
    () => NOW,
  );
  while (await last.foldOnce());
  return flatten(
    [...store.totals].flatMap(([id, { sums }]) =>
      [...sums].map(([path, n]): [string, bigint] => [`${id} ${path}`, n]),
    ),
  );
}

function flatten(entries: [string, bigint][]): Map<string, string> {
  return new Map(
    entries
      .filter(([, n]) => n !== 0n)
      .map(([key, n]): [string, string] => [key, n.toString()])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * What a plain count gives: each unit folded once over all its events. Those of the batch that erases it, and of later ones,
 * are not among them.
 */
function recount(batches: InboxEvent[][]): Map<string, string> {
  const units = new Map<string, { event: InboxEvent; received_at: number }[]>();
  const erased = new Set<string>();
  batches.forEach((events, index) => {
    for (const { kind, unit } of events) if (kind === 'erasure') erased.add(unit);
    for (const event of events) {
      if (erased.has(event.unit)) continue;
      units.set(event.unit, [...(units.get(event.unit) ?? []), { event, received_at: NOW + index }]);
    }
  });
  const sums = new Map<string, bigint>();
  for (const events of units.values()) {
    for (const [cell, path, amount] of countedOf(foldUnit(emptyUnit(), events, SEGMENTED, NOW), SEGMENTED)) {
      const [id, bits = '0'] = cell.split('|');
      const places = [0, 1, 2].filter((place) => Number(bits) & (1 << place));
      for (const prefix of ['', ...places.map((place) => `segments.${place}.`)]) {
        const key = `${id} ${prefix}${path}`;
        sums.set(key, (sums.get(key) ?? 0n) + BigInt(amount));
      }
    }
  }
  for (const [id, path, amount] of recountMinutes(batches))
    sums.set(`${id} ${path}`, (sums.get(`${id} ${path}`) ?? 0n) + BigInt(amount));
  return flatten([...sums]);
}

/** Some have no volume, and some one that is no number. */
function propertiesOf(id: number): Record<string, string | number> {
  return {
    source: ['radio', 'podcast', 'album'][id % 3]!,
    ...(id !== 5 && { volume: id === 7 ? 'loud' : ((id * 7) % 11) - 3 }),
  };
}

/** The counts by minute depend on what a unit was when an event came: batch after batch, by one folder that nothing disturbs. */
function recountMinutes(batches: InboxEvent[][]): Increment[] {
  const states = new Map<string, UnitState>();
  const erased = new Set<string>();
  return batches.flatMap((events, index) => {
    for (const { kind, unit } of events) if (kind === 'erasure') erased.add(unit);
    const units = [...new Set(events.map(({ unit }) => unit))].filter((unit) => !erased.has(unit));
    return units.flatMap((unit) => {
      const own = events.filter((event) => event.unit === unit);
      const received = own.map((event) => ({ event, received_at: NOW + index }));
      const before = states.get(unit) ?? emptyUnit();
      const folded = foldEvents(before, received, SEGMENTED, NOW + index);
      states.set(unit, folded.unit);
      return minuteIncrements(before, folded, SEGMENTED);
    });
  });
}

const unitArbitrary = fc.constantFrom('a', 'b', 'c');
const erasureArbitrary: fc.Arbitrary<InboxEvent> = fc
  .record({ unit: unitArbitrary, n: fc.nat({ max: 2 }) })
  .map(({ unit, n }) => ({ kind: 'erasure' as const, unit, id: `erasure-${n}`, at: NOW }));
const eventArbitrary: fc.Arbitrary<InboxEvent> = fc.oneof(
  fc.record({ unit: unitArbitrary, n: fc.constantFrom(1, 2, 3) }).map(({ unit, n }) => ({
    kind: 'exposure' as const,
    unit,
    id: `x${n}`,
    // The third is in a later epoch, which takes the covariate of the first.
    at: n === 3 ? NOW - 5 : NOW - 10,
    experiment_id: 'e',
    epoch: n === 3 ? 1 : 0,
    band: 1,
    variant: 'treatment',
    mismatch: false,
    // The second is as old as the first and tells otherwise; the third does not tell.
    ...(n < 3 && { segments: n === 1 ? 0b101 : 0b010 }),
  })),
  fc
    .record({
      unit: unitArbitrary,
      id: fc.nat({ max: 12 }),
      type: fc.constantFrom('click', 'engagement', 'engagement', 'error'),
      value: fc.integer({ min: 1, max: 50 }),
    })
    .map(({ unit, id, type, value }) => ({
      // An id names one event, so the same id always brings the same content.
      kind: 'value' as const,
      unit,
      id: `${unit}-${type}-${id}`,
      at: id > 9 ? NOW - 40 * 3_600_000 : NOW - 5 + (id % 3),
      type,
      value: type === 'engagement' ? (id + 1) * 3 : value % 2,
      ...(type === 'engagement' && id % 6 > 0 && { properties: propertiesOf(id) }),
    })),
);
const scriptArbitrary: fc.Arbitrary<Script> = fc.record({
  batches: fc.array(
    fc.array(
      fc.oneof({ weight: 12, arbitrary: eventArbitrary }, { weight: 1, arbitrary: erasureArbitrary }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    { minLength: 1, maxLength: 6 },
  ),
  // In bursts: the races that matter are those in which one stands still while the other gets far ahead.
  turns: fc
    .array(fc.tuple(fc.nat({ max: 1 }), fc.integer({ min: 1, max: 40 })), { minLength: 3, maxLength: 14 })
    .map((bursts) => bursts.flatMap(([who, length]) => Array<number>(length).fill(who))),
  kills: fc.array(fc.nat({ max: 160 }), { maxLength: 6 }),
});

const withoutDuplicates = (totals: Map<string, string>): [string, string][] =>
  [...totals].filter(([key]) => !key.endsWith(' duplicates'));

describe('folding', () => {
  it('counts exactly once: two folders, any interleaving, kills, events sent again, erasures', async () => {
    await fc.assert(
      fc.asyncProperty(scriptArbitrary, async (script) => {
        expect(withoutDuplicates(await run(script))).toEqual(withoutDuplicates(recount(script.batches)));
      }),
      { numRuns: runs(200) },
    );
  });

  it.each<Guard>(['unit', 'absent', 'initialised', 'applied'])('needs the guard of the %s', async (guard) => {
    const wrong = await fc.check(
      fc.asyncProperty(scriptArbitrary, async (script) => {
        expect(withoutDuplicates(await run(script, guard))).toEqual(
          withoutDuplicates(recount(script.batches)),
        );
      }),
      { numRuns: runs(20_000), endOnFailure: true },
    );
    expect(wrong.failed).toBe(true);
  });
});

/** Folds a batch at a time, by a folder that another one overtakes at `operation` and which then dies. */
describe.each(['insertUnits', 'writeUnits'] as const)('a folder that is overtaken at %s', (operation) => {
  it('adds up what the other one wrote, which saw the experiment in another state', async () => {
    const store = new MemoryStore(() => Promise.resolve());
    const folderOn = (own: MemoryStore, isLive: () => boolean): Folder =>
      new Folder(
        own,
        () => Promise.resolve(new Map([['e', { metrics: METRICS, live: isLive() }]])),
        () => NOW,
      );
    const exposure: InboxEvent = {
      ...{ kind: 'exposure', unit: 'a', id: 'x', at: NOW, experiment_id: 'e' },
      ...{ epoch: 0, band: 1, variant: 'control', mismatch: false },
    };
    const click: InboxEvent = { kind: 'value', unit: 'a', id: 'c', at: NOW + 1, type: 'click', value: 1 };
    for (const [n, event] of (operation === 'insertUnits' ? [exposure] : [exposure, click]).entries())
      store.inbox.set(String(n), { _id: String(n), received_at: NOW + n, events: [event] });
    const faster = folderOn(
      Object.create(store, {
        initialiseTotals: { value: () => Promise.reject(new Error('killed')) },
      }) as MemoryStore,
      () => true,
    );
    let overtaken = 0;
    const slower = folderOn(
      Object.create(store, {
        [operation]: {
          value: async (units: StoredUnit[]) => {
            overtaken += 1;
            await faster.foldOnce().catch(() => undefined);
            return store[operation](units);
          },
        },
      }) as MemoryStore,
      () => operation === 'writeUnits' && store.units.size === 0,
    );
    while (await slower.foldOnce());
    expect(overtaken).toBe(1);
    const counted = store.units.get('a')!.counted.map(([, path, amount]) => [path, BigInt(amount)]);
    expect(counted.length).toBeGreaterThan(0);
    const totals = [...store.totals].filter(([id]) => !isMinutesId(id));
    expect(totals.flatMap(([, { sums }]) => [...sums])).toEqual(counted);
    const minutes = [...store.totals].filter(([id]) => isMinutesId(id));
    expect(minutes.flatMap(([, { sums }]) => [...sums])).toContainEqual([
      expect.stringMatching(/\.control\.e$/),
      operation === 'insertUnits' ? 1n : 2n,
    ]);
  });
});

describe('a unit that is erased', () => {
  const exposure: InboxEvent = {
    ...{ kind: 'exposure', unit: 'a', id: 'x', at: NOW, experiment_id: 'e' },
    ...{ epoch: 0, band: 1, variant: 'control', mismatch: false },
  };
  const click: InboxEvent = { kind: 'value', unit: 'a', id: 'c', at: NOW + 1, type: 'click', value: 1 };
  const erasure: InboxEvent = { kind: 'erasure', unit: 'a', id: 'gone', at: NOW + 2 };

  async function foldAll(...batches: InboxEvent[][]): Promise<MemoryStore> {
    const store = new MemoryStore(() => Promise.resolve());
    for (const [n, events] of batches.entries())
      store.inbox.set(String(n), { _id: String(n), received_at: NOW + n, events });
    const folder = new Folder(
      store,
      () => Promise.resolve(CATALOG),
      () => NOW,
    );
    while (await folder.foldOnce());
    return store;
  }
  const sumsOf = (store: MemoryStore): [string, bigint][] =>
    [...store.totals.values()].flatMap(({ sums }) => [...sums]);

  it('leaves a tombstone that knows nothing, and its share of the totals', async () => {
    const before = await foldAll([exposure], [click]);
    const after = await foldAll([exposure], [click], [erasure]);
    expect(sumsOf(after)).toEqual(sumsOf(before));
    expect(sumsOf(after)).toContainEqual(['arms.control.units', 1n]);
    expect(after.units.get('a')).toEqual({
      ...{ _id: 'a', step: 3, touched_at: NOW + 2, counted: [], delta: [], marks: [] },
      state: { ...emptyUnit(), erased_at: NOW + 2 },
    });
    expect(after.inbox.size).toBe(0);
  });

  it('is not made anew by what is sent again, and counts no more', async () => {
    const before = await foldAll([exposure], [click], [erasure]);
    const again = await foldAll([exposure], [click], [erasure], [exposure, click], [{ ...click, id: 'd' }]);
    expect(sumsOf(again)).toEqual(sumsOf(before));
    expect(again.units.get('a')!.state).toEqual({ ...emptyUnit(), erased_at: NOW + 2 });
  });

  it('drops what waits in the same step', async () => {
    const store = await foldAll([exposure, click, erasure]);
    expect(sumsOf(store)).toEqual([]);
    expect([...store.units.values()].map(({ state }) => state.erased_at)).toEqual([NOW]);
  });
});

describe('a unit', () => {
  it('is the same in whatever order and batches its events come', () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { minLength: 1, maxLength: 12 }), fc.nat(), (events, seed) => {
        const own = events
          .filter((event) => event.unit === 'a')
          .map((event) => ({ event, received_at: NOW }));
        const shuffled = [...own].sort(
          (x, y) => ((x.event.id.length * seed) % 7) - ((y.event.id.length * seed) % 7),
        );
        const [once, other] = [own, shuffled].map((list) =>
          countedOf(foldUnit(emptyUnit(), list, CATALOG, NOW), CATALOG).sort(),
        );
        expect(other).toEqual(once);
        const half = foldUnit(emptyUnit(), own.slice(0, 3), CATALOG, NOW);
        const both = countedOf(foldUnit(half, own.slice(3), CATALOG, NOW), CATALOG).sort();
        expect(both.filter(([, path]) => path !== 'duplicates')).toEqual(
          once!.filter(([, path]) => path !== 'duplicates'),
        );
      }),
    );
  });

  it('has one order for events with one id, of which only the first counts', () => {
    const exposure: InboxEvent = {
      kind: 'exposure',
      unit: 'a',
      id: 'x',
      at: NOW,
      experiment_id: 'e',
      epoch: 0,
      band: 1,
      variant: 'control',
      mismatch: false,
    };
    const click: InboxEvent = { kind: 'value', unit: 'a', id: 'c', at: NOW + 1, type: 'click', value: 1 };
    const received = [
      { event: exposure, received_at: NOW + 70_000 },
      // More than a minute before the exposure: this one does not count, and it is the first.
      { event: click, received_at: NOW + 2 },
      { event: click, received_at: NOW + 70_000 },
      // The sender used the id again for something else.
      { event: { ...click, type: 'engagement', value: 7 }, received_at: NOW + 70_000 },
      { event: { ...click, id: 'd' }, received_at: NOW + 70_000 },
      { event: { ...click, id: 'd', type: 'engagement', value: 7 }, received_at: NOW + 70_000 },
    ];
    const fold = (list: typeof received) => countedOf(foldUnit(emptyUnit(), list, CATALOG, NOW), CATALOG);
    const whole = fold(received);
    fc.assert(
      fc.property(fc.shuffledSubarray(received, { minLength: received.length }), (shuffled) => {
        expect(fold(shuffled)).toEqual(whole);
      }),
    );
    expect(whole.find(([, path]) => path.endsWith('click_through_rate.sum'))![2]).toBe('1');
    const early = received.slice(0, 3);
    for (const list of [early, [...early].reverse()]) {
      expect(fold(list).some(([, path]) => path.includes('click_through_rate'))).toBe(false);
    }
  });

  it('is taken out of both arms once it was seen in a second one', () => {
    const exposure = (id: string, mismatch: boolean): { event: InboxEvent; received_at: number } => ({
      event: {
        kind: 'exposure',
        unit: 'a',
        id,
        at: NOW,
        experiment_id: 'e',
        epoch: 0,
        band: 1,
        variant: 'treatment',
        mismatch,
      },
      received_at: NOW,
    });
    const once = foldUnit(emptyUnit(), [exposure('1', false)], CATALOG, NOW);
    expect(countedOf(once, CATALOG)).toEqual([
      [expect.stringMatching(/^e:0:1:/), 'arms.treatment.units', '1'],
    ]);
    const twice = foldUnit(once, [exposure('2', true)], CATALOG, NOW);
    expect(countedOf(twice, CATALOG)).toEqual([[expect.stringMatching(/^e:0:1:/), 'crossed_over', '1']]);
    expect(countedOf(foldUnit(emptyUnit(), [exposure('2', true)], CATALOG, NOW), CATALOG)).toEqual([]);
  });

  it('leaves the totals when a person takes it out, whenever that is, and does not come back', () => {
    const exposure: InboxEvent = {
      kind: 'exposure',
      experiment_id: 'e',
      epoch: 0,
      band: 1,
      variant: 'treatment',
      mismatch: false,
      unit: 'u',
      id: '1',
      at: NOW,
    };
    const exclusion: InboxEvent = { kind: 'exclusion', experiment_id: 'e', unit: 'u', id: '2', at: NOW + 5 };
    const take = (state: UnitState, ...events: InboxEvent[]): UnitState =>
      foldUnit(
        state,
        events.map((event) => ({ event, received_at: NOW })),
        CATALOG,
        NOW,
      );
    const exposed = take(emptyUnit(), exposure);
    expect(countedOf(exposed, CATALOG)).not.toEqual([]);
    const out = take(exposed, exclusion);
    expect(countedOf(out, CATALOG)).toEqual([]);
    expect(countedOf(take(out, { ...exposure, id: '3' }), CATALOG)).toEqual([]);
    expect(countedOf(take(take(emptyUnit(), exclusion), exposure), CATALOG)).toEqual([]);
    expect(countedOf(take(exposed, { ...exclusion, experiment_id: 'other' }), CATALOG)).not.toEqual([]);
  });

  it('counts what happened after the exposure, and not what was received long before it', () => {
    const click = (
      id: string,
      at: number,
      received_at: number,
    ): { event: InboxEvent; received_at: number } => ({
      event: { kind: 'value', unit: 'a', id, at, type: 'click', value: 1 },
      received_at,
    });
    const exposure = {
      event: {
        kind: 'exposure',
        unit: 'a',
        id: 'x',
        at: NOW,
        experiment_id: 'e',
        epoch: 0,
        band: 1,
        variant: 'control',
        mismatch: false,
      } as const,
      received_at: NOW + 30_000,
    };
    const clicks = (events: { event: InboxEvent; received_at: number }[]): number =>
      countedOf(foldUnit(emptyUnit(), events, CATALOG, NOW), CATALOG).filter(([, path]) =>
        path.endsWith('.sum'),
      ).length;
    expect(clicks([exposure, click('1', NOW + 1, NOW + 1)])).toBe(1);
    expect(clicks([exposure, click('1', NOW - 1, NOW + 1)])).toBe(0);
    const early = foldUnit(emptyUnit(), [click('1', NOW + 1, NOW + 1)], CATALOG, NOW);
    const clicked = (unit: UnitState): boolean =>
      countedOf(unit, CATALOG).some(([, path]) => path.includes('click_through_rate'));
    expect(clicked(foldUnit(early, [exposure], CATALOG, NOW + 30_000))).toBe(true);
    const late = { ...exposure, received_at: NOW + 62_000 };
    expect(clicked(foldUnit(early, [late], CATALOG, NOW + 62_000))).toBe(false);
  });
});

describe('what is left out', () => {
  const exposure = (at: number, received_at: number, id = 'x') => ({
    event: {
      ...{ kind: 'exposure', unit: 'a', id, at, experiment_id: 'e' },
      ...{ epoch: 0, band: 1, variant: 'control', mismatch: false },
    } as InboxEvent,
    received_at,
  });
  const event = (id: string, at: number, received_at: number, type = 'click', value = 1) => ({
    event: { kind: 'value', unit: 'a', id, at, type, value } as InboxEvent,
    received_at,
  });
  /** Folded one after the other, as if each came in a step of its own. */
  function countOf(
    name: string,
    ...events: { event: InboxEvent; received_at: number }[]
  ): string | undefined {
    const unit = events.reduce((state, one) => foldUnit(state, [one], CATALOG, NOW), emptyUnit());
    const [own, ...others] = countedOf(unit, CATALOG).filter(([, path]) => path === name);
    expect(others).toEqual([]);
    return own?.[2];
  }

  it('is counted where it happened, by its timestamp, before the exposure', () => {
    const early = [event('1', NOW - 1, NOW + 1), event('2', NOW - 2, NOW + 1, 'engagement', 3)];
    expect(countOf('before_exposure', exposure(NOW, NOW), ...early)).toBe('2');
    expect(countOf('before_exposure', ...early, exposure(NOW, NOW))).toBe('2');
    expect(countOf('before_exposure', exposure(NOW, NOW), early[0]!, early[0]!)).toBe('1');
    // What counts, what no metric of the experiment uses, and what was received long before the exposure.
    expect(countOf('before_exposure', exposure(NOW, NOW), event('1', NOW, NOW))).toBeUndefined();
    expect(countOf('before_exposure', exposure(NOW, NOW), event('1', NOW - 1, NOW, 'other'))).toBeUndefined();
    const late = exposure(NOW, NOW + 62_000);
    expect(countOf('before_exposure', event('1', NOW - 1, NOW + 1), late)).toBeUndefined();
  });

  it('is found anew when an earlier exposure arrives', () => {
    const [one, two] = [event('1', NOW - 10, NOW + 1), event('2', NOW - 30, NOW + 1)];
    const exposures = [exposure(NOW, NOW), exposure(NOW - 20, NOW + 2, 'y')];
    expect(countOf('before_exposure', exposures[0]!, one, two)).toBe('2');
    expect(countOf('before_exposure', exposures[0]!, one, two, exposures[1]!)).toBe('1');
    expect(countOf('before_exposure', ...exposures, one, two)).toBe('1');
  });

  it('is counted where its value is too large for a metric, or a number of the unit for exact sums', () => {
    // Seconds have the scale 1,000 in two metrics of three; the third takes every value.
    const large = event('1', NOW + 1, NOW + 1, 'engagement', 2 ** 39);
    const sum = (...events: { event: InboxEvent; received_at: number }[]): string[] => {
      const unit = events.reduce((state, one) => foldUnit(state, [one], CATALOG, NOW), emptyUnit());
      return countedOf(unit, CATALOG)
        .filter(([, path]) => path.includes('engagement_time.sum'))
        .map(([, path, amount]) => `${path.split('.').at(-1)} ${amount}`);
    };
    const small = event('2', NOW + 2, NOW + 2, 'engagement', 5);
    expect(countOf('out_of_range', exposure(NOW, NOW), large, small)).toBe('2');
    expect(sum(exposure(NOW, NOW), large, small)).toEqual(['sum 5000']);
    expect(countOf('out_of_range', exposure(NOW, NOW), small)).toBeUndefined();
    const halves = ['3', '4', '5'].map((id) => event(id, NOW + 3, NOW + 3, 'engagement', 2 ** 39 / 1_000));
    expect(countOf('out_of_range', exposure(NOW, NOW), ...halves)).toBe('2');
    expect(sum(exposure(NOW, NOW), ...halves)).toEqual(['sum_1 256']);
  });
});

describe('what a step writes', () => {
  /** Folds batches one after the other, each under its own catalog; answers the ids of the totals that each one changed. */
  async function changedBy(
    batches: { events: InboxEvent[]; live: (id: string) => boolean }[],
  ): Promise<{ changed: string[][]; store: MemoryStore }> {
    const store = new MemoryStore(() => Promise.resolve());
    const changed: string[][] = [];
    for (const [n, { events, live }] of batches.entries()) {
      const catalog: Catalog = new Map(EXPERIMENTS.map((id) => [id, { metrics: METRICS, live: live(id) }]));
      const ids = new Set<string>();
      const counting = Object.create(store, {
        addToTotals: {
          value: (step: number, changes: TotalsChange[]) => {
            for (const { id } of changes) if (!isMinutesId(id)) ids.add(id.split(':')[0]!);
            return store.addToTotals(step, changes);
          },
        },
      }) as MemoryStore;
      store.inbox.set(String(n), { _id: String(n), received_at: NOW + n, events });
      const folder = new Folder(
        counting,
        () => Promise.resolve(catalog),
        () => NOW,
      );
      while (await folder.foldOnce());
      changed.push([...ids].sort());
    }
    return { changed, store };
  }

  const EXPERIMENTS = Array.from({ length: 40 }, (_, n) => `e${String(n).padStart(2, '0')}`);
  const exposures = EXPERIMENTS.map((experiment_id): InboxEvent => ({
    kind: 'exposure',
    unit: 'a',
    id: `x-${experiment_id}`,
    at: NOW - 10,
    experiment_id,
    epoch: 0,
    band: 1,
    variant: 'treatment',
    mismatch: false,
  }));
  const value = (id: string, type: string): InboxEvent => ({
    kind: 'value',
    unit: 'a',
    id,
    at: NOW - 5,
    type,
    value: 1,
  });

  it('is nothing for experiments that are over, whose totals keep what they have', async () => {
    const { changed, store } = await changedBy([
      { events: [...exposures, value('c0', 'click')], live: () => true },
      { events: [value('c1', 'engagement')], live: (id) => id === 'e00' },
      { events: [value('c2', 'engagement')], live: (id) => id === 'e00' },
    ]);
    expect(changed).toEqual([EXPERIMENTS, ['e00'], ['e00']]);
    // What is over is not remembered with the unit either.
    expect(store.units.get('a')!.state.entries.map(({ experiment_id }) => experiment_id)).toEqual(['e00']);
    const totals = [...store.totals].filter(([id]) => !isMinutesId(id));
    expect(totals.map(([, { sums }]) => sums.get('arms.treatment.units'))).toEqual(EXPERIMENTS.map(() => 1n));
  });

  it('does not grow with the experiments that a unit was in', async () => {
    const running = new Set<string>();
    const store = new MemoryStore(() => Promise.resolve());
    const folder = new Folder(
      store,
      (ids) =>
        Promise.resolve(new Map([...ids].map((id) => [id, { metrics: METRICS, live: running.has(id) }]))),
      () => NOW,
    );
    const sizes: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const experiment_id = `experiment-${n}`;
      const at = NOW + n * 24 * 3_600_000;
      running.clear();
      running.add(experiment_id);
      const exposure: InboxEvent = { ...(exposures[0] as ExposureRecord), id: `x-${n}`, at, experiment_id };
      const click: InboxEvent = { ...(value(`c-${n}`, 'click') as ValueRecord), at: at + 1 };
      // In one it is excluded without ever having been exposed; in each something is sent twice.
      const exclusion: InboxEvent = {
        ...{ kind: 'exclusion', unit: 'a', id: `o-${n}`, at },
        experiment_id: n % 2 === 0 ? experiment_id : `${experiment_id}-other`,
      };
      running.add(`${experiment_id}-other`);
      store.inbox.set(String(n), {
        _id: String(n),
        received_at: at,
        events: [exposure, exposure, click, click, exclusion],
      });
      while (await folder.foldOnce());
      const { state, counted } = store.units.get('a')!;
      sizes.push(JSON.stringify({ state, counted }).length);
      expect([...new Set(experimentsIn(state))].every((id) => id.startsWith(experiment_id))).toBe(true);
    }
    // After 18 days, for which the days before an exposure are remembered.
    expect(Math.max(...sizes.slice(40))).toBeLessThanOrEqual(1.02 * Math.max(...sizes.slice(20, 40)));
    expect([...store.totals.keys()].filter((id) => !isMinutesId(id))).toHaveLength(200);
  });

  it('is nothing for an event that changes nothing there', async () => {
    const { changed } = await changedBy([
      { events: exposures.slice(0, 2), live: () => true },
      { events: [value('o', 'an unknown type')], live: () => true },
    ]);
    expect(changed).toEqual([['e00', 'e01'], []]);
  });
});
