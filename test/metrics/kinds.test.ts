import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countedBy } from '../../src/metrics/counted.js';
import { KINDS } from '../../src/metrics/kinds.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { addUp, type StoredAmount, type StoredSums } from '../../src/metrics/stored-sums.js';
import { KIND_FIELDS, METRIC_KINDS, type Metric, type MetricKind } from '../../src/model/metric.js';
import type { CountedEvent, UnitValue } from '../../src/metrics/kind.js';
import { isBeyondRange, largestValueOf, largestValues } from '../../src/metrics/value-range.js';
import { AT_ONCE } from '../../src/metrics/simulated/arm.js';
import { Random } from '../../src/rehearsal/random.js';

const FIELDS = { cap: 50, aggregate: 'sum', value: 'amount', denominator_event: 'visit', quantile: 0.9 };

/** A definition with the fields that its kind must have, and others. */
function documentOf(kind: MetricKind, more: Partial<typeof FIELDS> = {}): Record<string, unknown> {
  const required = KIND_FIELDS.filter((field) => KINDS[kind].fields[field] === 'required');
  const fields = Object.fromEntries(required.map((field) => [field, FIELDS[field]]));
  return { metric_id: 'm', kind, event: 'purchase', direction: 'increase', scale: 10, ...fields, ...more };
}

function metricOf(kind: MetricKind): Metric {
  return metricSchema.parse(documentOf(kind));
}

/** An event that counts, as folding sees it. */
function counted(
  { type, value, at = 0 }: { type: string; value: number; at?: number },
  metric: Metric,
): CountedEvent {
  const found = countedBy(metric, { type, value, at });
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** What a totals document has after these increments. */
function stored(amounts: readonly StoredAmount[]): StoredSums {
  return addUp(
    amounts.map(([path, amount]) =>
      path.split('.').reduceRight<StoredSums | bigint>((inner, key) => ({ [key]: inner }), amount),
    ) as StoredSums[],
  );
}

describe.each(METRIC_KINDS)('a metric of kind %s', (name) => {
  const kind = KINDS[name];
  const metric = metricOf(name);
  const names = Object.keys(kind.estimator.sums);

  it('has the fields of its kind and no others', () => {
    for (const field of KIND_FIELDS) {
      // A property is the number only where events are not just counted.
      const summed = field === 'value' && kind.ownNumber !== null && { aggregate: 'sum' };
      const given = metricSchema.safeParse(documentOf(name, { [field]: FIELDS[field], ...summed }));
      expect(given.success, field).toBe(kind.fields[field] !== undefined);
      const without: Record<string, unknown> = documentOf(name);
      delete without[field];
      expect(metricSchema.safeParse(without).success, field).toBe(kind.fields[field] !== 'required');
    }
  });

  it('has the same sums whether units are added up one by one or by way of the totals', () => {
    const events = fc.array(
      fc.record({ type: fc.constantFrom('purchase', 'visit'), value: fc.integer({ min: -90, max: 90 }) }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(fc.array(events, { maxLength: 12 }), (units) => {
        const context = { metric, margin: 0.1, threshold: kind.threshold ? 100 : undefined };
        const contributions = units.map((unit) => {
          const own = unit.filter(({ type }) => type === 'purchase' || type === metric.denominator_event);
          const value = own.reduce<ReturnType<typeof kind.fold> | undefined>(
            (before, event) => kind.fold(before, counted(event, metric), metric),
            undefined,
          );
          return kind.contribution(value, metric, undefined);
        });
        const whole = kind.armSums(stored(contributions.flat()), context) as Record<string, bigint>;
        const single = contributions.map(
          (amounts) => kind.armSums(stored(amounts), context) as Record<string, bigint>,
        );
        expect(Object.keys(whole).sort()).toEqual([...names].sort());
        for (const sum of names) {
          expect(whole[sum], sum).toBe(single.reduce((total, unit) => total + unit[sum]!, 0n));
        }
        expect(kind.estimator.impossible({ n: BigInt(units.length), ...whole })).toEqual([]);
      }),
    );
  });

  it('draws sums that units could have, of about the baseline', () => {
    const random = new Random(1);
    const baseline = kind.assumedBaseline(metric);
    const n = 100_000;
    const units = { ...baseline, lift: 0, margin: 0, returns: AT_ONCE };
    const simulated = kind.simulate(metric, units, random);
    simulated.arrive(n, 0);
    simulated.freeze?.(0.05, true);
    const sums = simulated.sums();
    expect(Object.keys(sums).sort()).toEqual([...names].sort());
    const exact = Object.fromEntries(Object.entries(sums).map(([sum, value]) => [sum, BigInt(value)]));
    const arm = { n: BigInt(n), ...exact };
    expect(kind.estimator.impossible(arm)).toEqual([]);
    const { value, variance } = kind.estimator.moments(arm, kind.scaled ? BigInt(metric.scale) : 1n);
    const measured = Number(value!.n) / Number(value!.d);
    const spread = Math.sqrt(Number(variance!.n) / Number(variance!.d));
    expect(Math.abs(measured - baseline.value)).toBeLessThan(5 * spread);
    const found = kind.baseline({ n, ...sums }, metric.scale);
    if (found) expect(found.value).toBeCloseTo(measured, 9);
  });
});

/** The names in documents that are already written: whoever changes one loses what is stored under it. */
const STORED_PATHS: Record<MetricKind, string[]> = {
  proportion: ['sum', 'x', 'xy'],
  error_rate: ['sum'],
  mean: [
    ...['sum', 'sum_1', 'sq', 'sq_1', 'sq_2'],
    ...['x', 'x_1', 'xx', 'xx_1', 'xx_2', 'xy', 'xy_1', 'xy_2'],
  ],
  ratio: [
    ...['y', 'y_1', 'd', 'dd', 'dd_1', 'yy', 'yy_1', 'yy_2', 'yd', 'yd_1', 'yd_2'],
    ...['a', 'a_1', 'b', 'aa', 'aa_1', 'aa_2', 'bb', 'bb_1', 'ab', 'ab_1', 'ab_2'],
    ...['ya', 'ya_1', 'ya_2', 'yb', 'yb_1', 'yb_2', 'da', 'da_1', 'da_2', 'db', 'db_1'],
  ],
  quantile: [
    ...['d', 'dd', 'dd_1', 'buckets.463.y'],
    ...['buckets.463.yy', 'buckets.463.yy_1', 'buckets.463.yd', 'buckets.463.yd_1'],
  ],
};

it.each(METRIC_KINDS)('the totals of a %s keep their names', (name) => {
  const metric = metricOf(name);
  const value = KINDS[name].fold(undefined, counted({ type: 'purchase', value: 100 }, metric), metric);
  const covariate = KINDS[name].covariate?.(() => ({ count: 2, sum: 7_000 }), metric);
  const paths = KINDS[name].contribution(value, metric, covariate).map(([path]) => path);
  expect(paths).toEqual(STORED_PATHS[name]);
});

/** As many units as any document of totals may have: all first exposed on one day, in one band of one epoch. */
const MOST_UNITS = 2n ** 31n;
const LARGEST_INTEGER = 2n ** 63n - 1n;
/** A value of each kind that is as large as values get, and one as far below zero. */
const EXTREMES: Record<MetricKind, [value: UnitValue, covariate: UnitValue | undefined][]> = {
  proportion: [[1, 1]],
  error_rate: [[1, undefined]],
  mean: [-1, 1].flatMap((sign) =>
    [-1, 1].map((other): [number, number] => [sign * 2 ** 60, other * 2 ** 40]),
  ),
  ratio: [-1, 1].flatMap((sign) =>
    [-1, 1].map((other): [UnitValue, UnitValue] => [
      { y: sign * 2 ** 60, d: 2 ** 32 - 1 },
      { a: other * 2 ** 40, b: 2 ** 32 - 1 },
    ]),
  ),
  quantile: [[{ 463: 2 ** 31, 464: 2 ** 31 - 1 }, undefined]],
};

it.each(METRIC_KINDS)('the sums of a %s stay exact with the largest values, however many units', (name) => {
  const [kind, metric] = [KINDS[name], metricOf(name)];
  const context = { metric, margin: 0, threshold: kind.threshold ? 100 : undefined };
  for (const [value, covariate] of EXTREMES[name]) {
    const amounts = kind.contribution(value, metric, covariate);
    for (const [path, amount] of amounts) {
      expect(amount * MOST_UNITS, path).toBeLessThanOrEqual(LARGEST_INTEGER);
      expect(amount * MOST_UNITS, path).toBeGreaterThanOrEqual(-LARGEST_INTEGER - 1n);
    }
    const one = kind.armSums(stored(amounts), context);
    const all = kind.armSums(stored(amounts.map(([path, amount]) => [path, amount * MOST_UNITS])), context);
    for (const [sum, amount] of Object.entries(one)) expect(all[sum], sum).toBe(amount * MOST_UNITS);
    expect(kind.estimator.impossible({ n: 1n, ...one })).toEqual([]);
  }
});

describe("a unit's own number", () => {
  const events = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 4 }), value: fc.integer({ min: -20, max: 20 }) }),
    { minLength: 1, maxLength: 8 },
  );

  it.each(
    (['mean', 'ratio'] as const).flatMap((kind) =>
      (['sum', 'count', 'max', 'last'] as const).map((aggregate) => [kind, aggregate] as const),
    ),
  )('of a %s is the %s of its events, in whatever order they come', (name, aggregate) => {
    const kind = KINDS[name];
    const metric = metricSchema.parse({ ...documentOf(name), aggregate });
    // Those that only divide may come before all others.
    const divisors = name === 'ratio' ? [0, 2, 9].map((at) => ({ type: 'visit', at, value: 0 })) : [];
    const own = (list: readonly { type: string; at: number; value: number }[]): number => {
      const value = list.reduce<UnitValue | undefined>(
        (before, event) => kind.fold(before, counted(event, metric), metric),
        undefined,
      );
      return kind.ownNumber!.of(value!);
    };
    fc.assert(
      fc.property(events, fc.nat(), (some, seed) => {
        const list = [...divisors, ...some.map((event) => ({ type: 'purchase', ...event }))];
        const values = some.map(({ value }) => value);
        const latest = Math.max(...some.map(({ at }) => at));
        const expected = {
          sum: values.reduce((sum, value) => sum + value, 0),
          count: values.length,
          max: Math.max(...values),
          // Of several at the last moment the greatest, whichever came first.
          last: Math.max(...some.filter(({ at }) => at === latest).map(({ value }) => value)),
        };
        // Minus nought is nought.
        expect(own(list) + 0).toBe(expected[aggregate] * 10 + 0);
        const shuffled = [...list].sort(
          (a, b) => ((a.value * seed + a.at) % 7) - ((b.value * seed + b.at) % 7),
        );
        expect(own(shuffled) + 0).toBe(own(list) + 0);
      }),
    );
  });

  it('of a ratio is 0 where its unit has only divided', () => {
    const metric = metricSchema.parse({ ...documentOf('ratio'), aggregate: 'max' });
    const visit = { type: 'visit', value: 0, at: 1 };
    const value = KINDS.ratio.fold(undefined, counted(visit, metric), metric);
    expect(KINDS.ratio.ownNumber!.of(value)).toBe(0);
    expect(KINDS.ratio.contribution(value, metric, undefined)).toEqual(
      KINDS.ratio.contribution({ y: 0, d: 1 }, metric, undefined),
    );
  });
});

describe('the range of values', () => {
  const scaled = (document: object): Metric =>
    metricSchema.parse({ metric_id: 'm', event: 'purchase', direction: 'increase', scale: 1e9, ...document });

  it('is 2^40 by the scale where a metric takes values, and 2^40 where it counts', () => {
    const spent = scaled({ kind: 'mean' });
    const share = { kind: 'ratio', denominator_event: 'visit' };
    expect(largestValueOf(spent, 'purchase')).toBe(2 ** 40 / 1e9);
    expect(largestValueOf(scaled({ kind: 'mean', aggregate: 'max' }), 'purchase')).toBe(2 ** 40 / 1e9);
    expect(largestValueOf(scaled({ ...share, aggregate: 'sum' }), 'purchase')).toBe(2 ** 40 / 1e9);
    const unlimited: [Metric, string][] = [
      [scaled({ kind: 'mean', aggregate: 'count' }), 'purchase'],
      [scaled(share), 'purchase'],
      [scaled({ ...share, aggregate: 'sum' }), 'visit'],
      [scaled({ kind: 'proportion' }), 'purchase'],
      [scaled({ kind: 'error_rate' }), 'purchase'],
      [scaled({ kind: 'quantile', quantile: 0.5 }), 'purchase'],
    ];
    // Where a property is the number, the event's own value is not looked at.
    expect(largestValueOf(scaled({ kind: 'mean', value: 'amount' }), 'purchase')).toBe(2 ** 40);
    for (const [metric, type] of unlimited) expect(largestValueOf(metric, type), metric.kind).toBe(2 ** 40);
    expect(largestValues([spent, { ...spent, scale: 10 }, ...unlimited.map(([metric]) => metric)])).toEqual({
      purchase: 2 ** 40 / 1e9,
    });
  });

  it('of a unit ends at 2^40 unless a cap ends it before', () => {
    const spent = scaled({ kind: 'mean', scale: 1 });
    const ratio = scaled({ kind: 'ratio', aggregate: 'sum', denominator_event: 'visit', scale: 1 });
    expect([2 ** 40, -(2 ** 40)].map((own) => isBeyondRange(own, spent))).toEqual([false, false]);
    expect([2 ** 40 + 1, -(2 ** 40) - 1].map((own) => isBeyondRange(own, spent))).toEqual([true, true]);
    expect(isBeyondRange({ y: 2 ** 41, d: 1 }, ratio)).toBe(true);
    expect(isBeyondRange(2 ** 41, { ...spent, cap: 50 })).toBe(false);
    expect(isBeyondRange(-(2 ** 41), { ...spent, cap: 50 })).toBe(true);
    expect(isBeyondRange(undefined, spent)).toBe(false);
  });
});

describe('a covariate', () => {
  const capped = { ...metricOf('mean'), cap: 50 };
  const ratio = metricOf('ratio');
  const earlier = (count: number, sum: number) => (type: string) =>
    type === 'purchase' ? { count, sum } : { count: 3, sum: 0 };

  it('is capped as its metric is, in thousandths or in events', () => {
    expect(KINDS.mean.covariate!(earlier(2, 49_000), capped)).toBe(49_000);
    expect(KINDS.mean.covariate!(earlier(2, 51_000), capped)).toBe(50_000);
    expect(KINDS.mean.covariate!(earlier(70, 51_000), { ...capped, aggregate: 'count' })).toBe(50);
    expect(KINDS.ratio.covariate!(earlier(70, 51_000), { ...ratio, cap: 50 })).toEqual({ a: 50, b: 3 });
    expect(KINDS.ratio.covariate!(earlier(70, 51_000), { ...ratio, cap: 50, aggregate: 'sum' })).toEqual({
      a: 50_000,
      b: 3,
    });
  });

  it('of a proportion is whether there was an event; counts without a spread of their own have none', () => {
    expect(KINDS.proportion.covariate!(earlier(5, 0), metricOf('proportion'))).toBe(1);
    expect(KINDS.proportion.covariate!(earlier(0, 0), metricOf('proportion'))).toBeUndefined();
    expect([KINDS.error_rate.covariate, KINDS.quantile.covariate]).toEqual([null, null]);
  });

  it('fits the sums of its estimator', () => {
    for (const name of METRIC_KINDS) {
      expect(KINDS[name].covariate === null).toBe(KINDS[name].estimator.covariate === null);
    }
  });
});
