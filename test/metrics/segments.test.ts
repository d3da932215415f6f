import { describe, expect, it } from 'vitest';
import { analyzeInputOf } from '../../src/metrics/analyze-input.js';
import { resultsBySegment } from '../../src/metrics/by-segment.js';
import { Folder } from '../../src/metrics/folder.js';
import { isMinutesId } from '../../src/metrics/minutes.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { Catalog, ExposureRecord, InboxEvent } from '../../src/metrics/records.js';
import { cellId, partsOfCell, type TotalsDocument } from '../../src/metrics/totals-document.js';
import { sumTotals } from '../../src/metrics/totals.js';
import { countedOf, emptyUnit, foldUnit } from '../../src/metrics/unit.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { launch } from '../certificates/certified-life.js';

const NOW = launch.start_at;
const METRICS = launch.metrics.map(({ metric }) => metric);
const CATALOG: Catalog = new Map([['e', { metrics: METRICS, live: true, segmented: true }]]);
const SEGMENTED = { ...launch, segments: { names: ['ios', 'de', 'new'], definitions: [] } };

/** Bits of the segments, the first one lowest. */
const [IOS, DE] = [0b001, 0b010];

function exposure(more: Partial<ExposureRecord> = {}): ExposureRecord {
  return {
    kind: 'exposure',
    unit: 'a',
    id: `x${JSON.stringify(more)}`,
    at: NOW,
    experiment_id: 'e',
    epoch: 0,
    band: 1,
    variant: 'treatment',
    mismatch: false,
    ...more,
  };
}

const click: InboxEvent = { kind: 'value', unit: 'a', id: 'c', at: NOW + 1, type: 'click', value: 1 };
const error: InboxEvent = { kind: 'value', unit: 'a', id: 'err', at: NOW + 2, type: 'error', value: 1 };

/** The totals of units, each with events of its own, as documents with integers at their paths. */
function totalsOf(units: readonly InboxEvent[][]): TotalsDocument[] {
  const documents = new Map<string, Record<string, unknown>>();
  const add = (id: string, path: string, amount: bigint): void => {
    let place = documents.get(id) ?? { _id: id };
    documents.set(id, place);
    const names = path.split('.');
    for (const name of names.slice(0, -1)) place = (place[name] ??= {}) as Record<string, unknown>;
    const last = names.at(-1)!;
    place[last] = ((place[last] as bigint | undefined) ?? 0n) + amount;
  };
  for (const events of units) {
    const received = events.map((event) => ({ event, received_at: NOW + 10 }));
    for (const [cell, path, amount] of countedOf(foldUnit(emptyUnit(), received, CATALOG, NOW), CATALOG)) {
      const { totals_id, segments } = partsOfCell(cell);
      add(totals_id, path, BigInt(amount));
      for (const place of segments) add(totals_id, `segments.${place}.${path}`, BigInt(amount));
    }
  }
  return [...documents.values()] as unknown as TotalsDocument[];
}

const summed = (units: readonly InboxEvent[][], epoch = 0) =>
  sumTotals(SEGMENTED, totalsOf(units), NOW + 40 * 86_400_000, {}, epoch);
const unitsIn = (units: readonly InboxEvent[][], epoch = 0) =>
  Object.fromEntries(
    summed(units, epoch).segments!.map(({ segment, units: counted }) => [
      segment,
      Number(counted['treatment']),
    ]),
  );

describe('a cell', () => {
  it('is a totals id with the segments of a unit, and gives both back', () => {
    expect(cellId('e:0:1:2', 0)).toBe('e:0:1:2');
    expect(partsOfCell(cellId('e:0:1:2', 0b10000101))).toEqual({ totals_id: 'e:0:1:2', segments: [0, 2, 7] });
  });
});

describe('a unit counts in the segments', () => {
  it('that its exposure tells, and in the whole once', () => {
    const units = [[exposure({ segments: IOS | DE }), click]];
    expect(unitsIn(units)).toEqual({ ios: 1, de: 1, new: 0 });
    const { units: all, metrics, segments, untold } = summed(units);
    expect([all['treatment'], untold]).toEqual([1n, 0n]);
    expect(metrics['click_through_rate']!['treatment']).toMatchObject({ n: 1n, sum: 1n });
    expect(segments![1]!.metrics['click_through_rate']!['treatment']).toMatchObject({ n: 1n, sum: 1n });
    expect(segments![2]!.metrics['click_through_rate']!['treatment']).toMatchObject({ n: 0n, sum: 0n });
  });

  it('of its first exposure, whatever comes later or arrives first', () => {
    const first = exposure({ segments: IOS });
    const later = exposure({ at: NOW + 5, segments: DE });
    expect(unitsIn([[first, later]])).toEqual({ ios: 1, de: 0, new: 0 });
    const state = foldUnit(emptyUnit(), [{ event: later, received_at: NOW }], CATALOG, NOW);
    const both = foldUnit(state, [{ event: first, received_at: NOW + 9 }], CATALOG, NOW);
    expect(countedOf(both, CATALOG).map(([cell]) => partsOfCell(cell).segments)).toContainEqual([0]);
    expect(countedOf(both, CATALOG).map(([cell]) => partsOfCell(cell).segments)).not.toContainEqual([1]);
  });

  it('of its first exposure also in later epochs, where the treatment may have made it another unit', () => {
    const units = [[exposure({ segments: IOS }), exposure({ epoch: 1, at: NOW + 9, segments: DE })]];
    expect(unitsIn(units, 1)).toEqual({ ios: 1, de: 0, new: 0 });
  });

  it('the same way for two exposures of one moment, in whatever order', () => {
    const [one, two] = [exposure({ segments: DE }), exposure({ segments: IOS })];
    const fold = (events: InboxEvent[]) =>
      events.reduce(
        (state, event) => foldUnit(state, [{ event, received_at: NOW }], CATALOG, NOW),
        emptyUnit(),
      );
    expect(countedOf(fold([one, two]), CATALOG)).toEqual(countedOf(fold([two, one]), CATALOG));
  });

  it('or in none, where it is in none; and only in the whole where nobody told, which is counted', () => {
    const { segments, untold, units } = summed([[exposure({ segments: 0 })], [exposure()]]);
    expect([units['treatment'], untold]).toEqual([2n, 1n]);
    for (const segment of segments!) expect(segment.units['treatment']).toBe(0n);
  });

  it('unless it crossed over or was taken out', () => {
    const crossed = [exposure({ segments: IOS }), exposure({ id: 'm', mismatch: true })];
    const excluded: InboxEvent = { kind: 'exclusion', unit: 'a', id: 'o', at: NOW + 3, experiment_id: 'e' };
    expect(unitsIn([crossed])).toEqual({ ios: 0, de: 0, new: 0 });
    expect(unitsIn([[exposure({ segments: IOS }), excluded]])).toEqual({ ios: 0, de: 0, new: 0 });
  });
});

it('an experiment without segments counts as before, whatever is told', () => {
  const plain: Catalog = new Map([['e', { metrics: METRICS, live: true }]]);
  const state = foldUnit(emptyUnit(), [{ event: exposure({ segments: IOS }), received_at: NOW }], plain, NOW);
  for (const [cell, path] of countedOf(state, plain)) {
    expect(cell).not.toContain('|');
    expect(path).not.toBe('untold');
  }
});

it('folding gives each segment what its units give to the whole', async () => {
  const changes: [string, string, bigint][] = [];
  const events = [exposure({ segments: IOS | DE }), click, error];
  const folder = new Folder(
    {
      partition: () => Promise.resolve({ step: 1, applied: 0, at: NOW, batches: ['b'] }),
      readBatches: () => Promise.resolve([{ _id: 'b', received_at: NOW, events }]),
      readUnits: () => Promise.resolve([]),
      insertUnits: () => Promise.resolve(true),
      initialiseTotals: (ids: readonly string[]) =>
        Promise.resolve(expect(ids.filter((id) => !isMinutesId(id))).toHaveLength(1)),
      addToTotals: (_step: number, all: readonly { id: string; increments: Map<string, bigint> }[]) => {
        for (const { id, increments } of all)
          for (const [path, amount] of increments) changes.push([id, path, amount]);
        return Promise.resolve();
      },
      setApplied: () => Promise.resolve(),
    } as never,
    () => Promise.resolve(CATALOG),
    () => NOW,
  );
  await folder.foldOnce();
  const paths = changes.map(([, path]) => path);
  const whole = paths.filter((path) => path.startsWith('arms.'));
  expect(whole.length).toBe(3);
  for (const place of [0, 1])
    expect(paths.filter((path) => path.startsWith(`segments.${place}.`)).sort()).toEqual(
      whole.map((path) => `segments.${place}.${path}`).sort(),
    );
  expect(paths.some((path) => path.startsWith('segments.2.'))).toBe(false);
});

describe('results by segment', () => {
  /** 400 units an arm; in `ios`, a quarter of them, the treatment is far better, elsewhere nothing changes. */
  function input(better: number) {
    const units: InboxEvent[][] = [];
    for (const variant of ['control', 'treatment'])
      for (let n = 0; n < 1_600; n += 1) {
        const isIos = n % 4 === 0;
        const unit = `${variant}${n}`;
        const rate = isIos && variant === 'treatment' ? better : 2;
        const clicks = Math.floor(n / 4) % 10 < rate;
        units.push([
          { ...exposure({ segments: isIos ? IOS : DE }), unit, id: `x${unit}`, variant },
          ...(clicks ? [{ ...click, unit, id: `c${unit}` }] : []),
        ]);
      }
    return analyzeInputOf(SEGMENTED, summed(units), { control: 5_000, treatment: 5_000 });
  }

  it('are those of its units alone, and say where the lift is another one', () => {
    const [ios, de, none] = resultsBySegment(input(6));
    const of = (result: typeof ios) =>
      result!.metrics.find(({ metric_id }) => metric_id === 'click_through_rate')!.comparisons[0]!;
    expect(ios!.units).toEqual({ treatment: 400, control: 400 });
    expect(of(ios)).toMatchObject({ control_value: 0.2, value: 0.6, discovery: true });
    expect(of(ios).lift).toBeCloseTo(2, 12);
    expect(of(ios).heterogeneity).toMatchObject({ df: 1, differs: true });
    expect(of(de)).toMatchObject({ control_value: 0.2, value: 0.2, difference: 0, discovery: false });
    expect(none!.units).toEqual({ treatment: 0, control: 0 });
    expect(of(none)).toMatchObject({ value: null, lift: null, discovery: false, heterogeneity: null });
  });

  it('find nothing where nothing is', () => {
    for (const { metrics } of resultsBySegment(input(2)))
      for (const { comparisons } of metrics)
        for (const { discovery, heterogeneity } of comparisons) {
          expect(discovery).toBe(false);
          expect(heterogeneity?.differs ?? false).toBe(false);
        }
  });

  it('are none without segments', () => {
    const { segments: _, ...whole } = input(2);
    expect(resultsBySegment(whole)).toEqual([]);
  });
});

it('a quantile is counted against one threshold everywhere', () => {
  const metric = metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === 'latency_p95'));
  const slow = { ...SEGMENTED, metrics: [...launch.metrics, { role: 'guardrail' as const, metric }] };
  const totals = sumTotals(slow, [], NOW, { latency_p95: 500 }, 0);
  const input = analyzeInputOf(slow, totals, { control: 1, treatment: 1 });
  for (const { metrics } of input.segments!)
    expect(metrics.find(({ metric_id }) => metric_id === 'latency_p95')!.arms['control']).toHaveProperty(
      'sum_y',
    );
});
