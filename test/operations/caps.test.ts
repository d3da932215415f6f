import { describe, expect, it } from 'vitest';
import type { CountedEvent } from '../../src/metrics/kind.js';
import { KINDS } from '../../src/metrics/kinds.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { percentileOfUnits } from '../../src/metrics/percentile-cap.js';
import { addUp, type StoredSums } from '../../src/metrics/stored-sums.js';
import type { TotalsDocument } from '../../src/metrics/totals-document.js';
import { builtInMetrics, type MetricDocument } from '../../src/model/metric.js';
import { capsFor, uncappedWarnings } from '../../src/operations/find-caps.js';
import { launchWith } from './plan-fixtures.js';

const REVENUE = builtInMetrics.find(({ metric_id }) => metric_id === 'revenue_per_user')!;
const RATIO: MetricDocument = {
  metric_id: 'revenue_per_visit',
  kind: 'ratio',
  event: 'purchase',
  aggregate: 'sum',
  denominator_event: 'visit',
  direction: 'increase',
  scale: 100,
  cap: { percentile: 99 },
};

const bought = (value: number): CountedEvent => ({ value, at: 0, divides: false, lack: null });

/** The totals of units with these values (euros; null without a purchase), as folding makes them. */
function totalsOf(document: MetricDocument, values: readonly (number | null)[]): TotalsDocument {
  const metric = metricSchema.parse(document);
  const kind = KINDS[metric.kind];
  const amounts = values.flatMap((value) => {
    const own = value === null ? undefined : kind.fold(undefined, bought(value), metric);
    return kind.contribution(own, metric, undefined);
  });
  const sums = addUp(
    amounts.map(
      ([path, amount]) =>
        path
          .split('.')
          .reduceRight<StoredSums | bigint>((inner, key) => ({ [key]: inner }), amount) as StoredSums,
    ),
  );
  const arm = { units: BigInt(values.length), metrics: { [metric.metric_id]: sums } };
  return { _id: 'past:0:1:20000', arms: { control: arm } };
}

/** One in 20 buys; the k-th buyer spends k. */
function spending(units: number): (number | null)[] {
  return Array.from({ length: units }, (_, index) => (index % 20 === 0 ? index / 20 + 1 : null));
}

describe('the percentile of units', () => {
  it('is that of all units, those without an event included, to within one per cent', () => {
    const found = percentileOfUnits(
      [totalsOf(REVENUE, spending(20_000))],
      'control',
      REVENUE.metric_id,
      99.9,
    );
    expect(found!.units).toBe(20_000);
    // 1,000 buyers spend 1 to 1,000; 20 units lie beyond the percentile.
    expect(found!.value / 980).toBeGreaterThan(1 / 1.01);
    expect(found!.value / 980).toBeLessThan(1.011);
    expect(
      percentileOfUnits([totalsOf(RATIO, spending(20_000))], 'control', RATIO.metric_id, 99)!.value / 800,
    ).toBeCloseTo(1, 1);
  });

  it('is not known from few units, nor where it is not above 0', () => {
    const of = (values: (number | null)[]) =>
      percentileOfUnits([totalsOf(REVENUE, values)], 'control', REVENUE.metric_id, 99.9);
    expect(of(spending(9_980))).toBeNull();
    expect(of(spending(10_000))).not.toBeNull();
    expect(of(Array.from({ length: 20_000 }, (_, index) => (index < 10 ? 5 : null)))).toBeNull();
    expect(of(Array.from({ length: 20_000 }, () => -5))).toBeNull();
  });

  it('does not depend on the cap that was in force', () => {
    const capped = { ...metricSchema.parse(REVENUE), cap: 10 };
    const value = KINDS.mean.fold(undefined, bought(500), capped);
    const paths = KINDS.mean.contribution(value, capped, 0);
    expect(paths).toContainEqual(['sum', 1_000n]);
    expect(paths.filter(([path]) => path.startsWith('units_by_value.'))).toEqual([
      ['units_by_value.625', 1n],
    ]);
  });
});

const capsOf = (store: never, document: MetricDocument) => capsFor(store, [metricSchema.parse(document)]);

describe('a cap by percentile', () => {
  const store = (totals: TotalsDocument, past: MetricDocument = REVENUE) =>
    ({
      pastExperiments: {
        newestWithMetric: (metric_id: string, _limit: number, { state }: { state: string }) => {
          expect(state).toBe('completed');
          const launch = { control: 'control', metrics: [{ metric: metricSchema.parse(past) }] };
          return Promise.resolve(metric_id === past.metric_id ? [{ _id: 'past', launch }] : []);
        },
      },
      totals: { of: () => Promise.resolve([totals]) },
    }) as never;

  it('becomes a number at the start, with its source', async () => {
    const caps = await capsOf(store(totalsOf(REVENUE, spending(20_000))), REVENUE);
    expect(caps).toEqual([
      {
        metric_id: 'revenue_per_user',
        percentile: 99.9,
        cap: expect.any(Number) as number,
        source: { experiment_id: 'past', units: 20_000 },
      },
    ]);
    expect(Math.abs(caps[0]!.cap! / 980 - 1)).toBeLessThan(0.011);
    const launch = launchWith({
      definition: { success_metrics: { primary: ['revenue_per_user'] } },
      history: { caps },
    });
    expect(launch.metrics[0]!.metric).toMatchObject({ cap: caps[0]!.cap, cap_percentile: 99.9 });
    expect(launch.caps).toEqual(caps);
    expect(uncappedWarnings(caps)).toEqual([]);
  });

  it('is none where no experiment counted enough units in the same way, and the start says so', async () => {
    const full = totalsOf(REVENUE, spending(20_000));
    const none = [{ metric_id: 'revenue_per_user', percentile: 99.9, cap: null, source: null }];
    expect(await capsOf(store(totalsOf(REVENUE, spending(1_000))), REVENUE)).toEqual(none);
    expect(await capsOf(store(full, { ...REVENUE, window: '7d' }), REVENUE)).toEqual(none);
    expect(await capsOf(store(full), { ...REVENUE, aggregate: 'max' })).toEqual(none);
    expect(uncappedWarnings(none)).toEqual([
      { code: 'cap_unknown', text: expect.stringContaining('revenue_per_user is not capped') as string },
    ]);
    const launch = launchWith({
      definition: { success_metrics: { primary: ['revenue_per_user'] } },
      history: { caps: none },
    });
    expect(launch.metrics[0]!.metric.cap).toBeUndefined();
  });

  it('is not looked up for metrics that have a number, or no cap', async () => {
    expect(await capsOf(store(totalsOf(REVENUE, [])), { ...REVENUE, cap: 5 })).toEqual([]);
  });

  it.each([
    [{ percentile: 100 }, 'cap.percentile'],
    [{ percentile: 50 }, 'cap.percentile'],
    [{ quantile: 0.99 }, 'cap'],
    [-1, 'cap'],
    ['99.9', 'cap'],
  ])('%j is refused', (cap, path) => {
    const { error } = metricSchema.safeParse({ ...REVENUE, cap });
    expect(error!.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
