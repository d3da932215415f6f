import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeInputOf } from '../../src/metrics/analyze-input.js';
import { analyze } from '../../src/metrics/evidence-for.js';
import { bucketOf, edgeOf, shifted } from '../../src/metrics/histogram.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { InboxEvent } from '../../src/metrics/records.js';
import { partsOf, type TotalsDocument } from '../../src/metrics/totals-document.js';
import { newThresholds, sumTotals } from '../../src/metrics/totals.js';
import { countedOf, emptyUnit, foldUnit } from '../../src/metrics/unit.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { type MetricDocument, type MetricRole } from '../../src/model/metric.js';
import { policySchema, standardPolicy } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { runs } from '../properties.js';

const START = 20_000 * DAY_MS;

const DOCUMENTS: (MetricDocument & { role: MetricRole })[] = [
  {
    role: 'primary',
    metric_id: 'spent',
    kind: 'mean',
    event: 'purchase',
    direction: 'increase',
    scale: 100,
    cap: 50,
  },
  {
    role: 'secondary',
    metric_id: 'largest',
    kind: 'mean',
    event: 'purchase',
    direction: 'increase',
    aggregate: 'max',
  },
  {
    role: 'secondary',
    metric_id: 'spent_per_visit',
    kind: 'ratio',
    event: 'purchase',
    aggregate: 'sum',
    denominator_event: 'visit',
    direction: 'increase',
    scale: 100,
  },
  {
    role: 'secondary',
    metric_id: 'purchases_per_visit',
    kind: 'ratio',
    event: 'purchase',
    denominator_event: 'visit',
    direction: 'increase',
  },
  {
    role: 'secondary',
    metric_id: 'visited',
    kind: 'proportion',
    event: 'visit',
    direction: 'increase',
  },
  {
    role: 'guardrail',
    metric_id: 'slow',
    kind: 'quantile',
    quantile: 0.95,
    event: 'request',
    direction: 'decrease',
  },
];

const METRICS = DOCUMENTS.map(({ role: _, ...document }) => metricSchema.parse(document));
const LAUNCH: Launch = {
  engine_version: ENGINE_VERSION,
  requested_at: START,
  start_at: START,
  end_at: START + 20 * DAY_MS,
  policy_document: standardPolicy,
  policy: policySchema.parse(standardPolicy),
  metrics: METRICS.map((metric, index) => ({ role: DOCUMENTS[index]!.role, metric })),
  control: 'control',
  arms: [
    { variant: 'control', traffic: 50 },
    { variant: 'treatment', traffic: 50 },
  ],
  planned_units: 1_000,
  flag_id: 'e',
  salt: 'e',
};
const CATALOG = new Map([['e', { metrics: METRICS, live: true }]]);

interface Person {
  variant: string;
  day: number;
  /** Values of purchases before the exposure, and visits, at most one a day. */
  earlier: number[];
  earlierVisits: number;
  /** Values of purchases and requests, and visits, after the exposure. */
  purchases: number[];
  visits: number;
  requests: number[];
}

const amount = fc.integer({ min: 0, max: 9_000 }).map((cents) => cents / 100);
const person: fc.Arbitrary<Person> = fc.record({
  variant: fc.constantFrom('control', 'treatment'),
  day: fc.integer({ min: 0, max: 3 }),
  earlier: fc.array(amount, { maxLength: 3 }),
  earlierVisits: fc.integer({ min: 0, max: 3 }),
  purchases: fc.array(amount, { maxLength: 4 }),
  visits: fc.integer({ min: 0, max: 4 }),
  requests: fc.array(fc.double({ min: 0.1, max: 5_000, noNaN: true }), { maxLength: 6 }),
});

let ids = 0;
function eventsOf(unit: string, one: Person): InboxEvent[] {
  const at = START + one.day * DAY_MS + 1_000;
  const value = (type: string, when: number, amount: number): InboxEvent => ({
    kind: 'value',
    unit,
    id: String((ids += 1)),
    at: when,
    type,
    value: amount,
  });
  const exposure: InboxEvent = {
    kind: 'exposure',
    unit,
    id: String((ids += 1)),
    at,
    experiment_id: 'e',
    epoch: 0,
    band: 1,
    variant: one.variant,
    mismatch: false,
  };
  return [
    ...one.earlier.map((amount, index) => value('purchase', at - (index + 1) * DAY_MS, amount)),
    ...Array.from({ length: one.earlierVisits }, (_, index) => value('visit', at - (index + 1) * DAY_MS, 0)),
    exposure,
    ...one.purchases.map((amount) => value('purchase', at + 1, amount)),
    ...Array.from({ length: one.visits }, () => value('visit', at + 1, 0)),
    ...one.requests.map((amount) => value('request', at + 1, amount)),
  ];
}

/** Documents of totals as the store would have them. */
function totalsOf(people: Person[]): TotalsDocument[] {
  const documents = new Map<string, Record<string, unknown>>();
  for (const [index, one] of people.entries()) {
    const events = eventsOf(`u${index}`, one).map((event) => ({ event, received_at: event.at }));
    const unit = foldUnit(emptyUnit(), events, CATALOG, START);
    for (const [id, path, amount] of countedOf(unit, CATALOG)) {
      if (!documents.has(id)) documents.set(id, { _id: id });
      const keys = path.split('.');
      let at = documents.get(id)!;
      for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
      at[keys.at(-1)!] = ((at[keys.at(-1)!] as bigint | undefined) ?? 0n) + BigInt(amount);
    }
  }
  return [...documents.values()] as unknown as TotalsDocument[];
}

const square = (values: number[]): number => values.reduce((sum, value) => sum + value * value, 0);
const plus = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
const cents = (values: number[]): number => plus(values.map((value) => Math.round(value * 100)));

describe('totals', () => {
  it('are the integers of a plain recount, for every kind and any threshold', () => {
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 25 }),
        fc.integer({ min: -100, max: 900 }),
        (people, threshold) => {
          const totals = sumTotals(LAUNCH, totalsOf(people), START + 30 * DAY_MS, { slow: threshold }, 0);
          const did = (visits: boolean): boolean =>
            people.some((one) => cents(one.earlier) > 0 || (visits && one.earlierVisits > 0));
          for (const variant of ['control', 'treatment']) {
            const own = people.filter((one) => one.variant === variant);
            const times = (a: number[], b: number[]): bigint => BigInt(plus(a.map((one, i) => one * b[i]!)));
            const n = BigInt(own.length);
            const spent = own.map((one) => Math.min(5_000, cents(one.purchases)));
            // In thousandths, up to the same cap.
            const x = own.map((one) => Math.min(50_000, cents(one.earlier) * 10));
            expect(totals.metrics['spent']![variant]).toEqual({
              n,
              sum: BigInt(plus(spent)),
              sum_sq: BigInt(square(spent)),
              // Both arms have it as soon as one does.
              ...(did(false) && {
                sum_x: BigInt(plus(x)),
                sum_xx: BigInt(square(x)),
                sum_xy: times(x, spent),
              }),
            });
            const largest = own.map((one) => Math.max(0, ...one.purchases.map((value) => Math.round(value))));
            expect(totals.metrics['largest']![variant]).toMatchObject({ n, sum: BigInt(plus(largest)) });
            const y = own.map((one) => cents(one.purchases));
            const d = own.map((one) => one.visits);
            const a = own.map((one) => cents(one.earlier) * 10);
            const b = own.map((one) => one.earlierVisits);
            expect(totals.metrics['spent_per_visit']![variant]).toEqual({
              n,
              sum_y: BigInt(plus(y)),
              sum_d: BigInt(plus(d)),
              sum_yy: BigInt(square(y)),
              sum_dd: BigInt(square(d)),
              sum_yd: times(y, d),
              ...(did(true) && {
                sum_a: BigInt(plus(a)),
                sum_b: BigInt(plus(b)),
                sum_aa: times(a, a),
                sum_bb: times(b, b),
                sum_ab: times(a, b),
                sum_ya: times(y, a),
                sum_yb: times(y, b),
                sum_da: times(d, a),
                sum_db: times(d, b),
              }),
            });
            const visited = own.map((one) => (one.visits > 0 ? 1 : 0));
            const before = own.map((one) => (one.earlierVisits > 0 ? 1 : 0));
            expect(totals.metrics['visited']![variant]).toEqual({
              n,
              sum: BigInt(plus(visited)),
              ...(people.some((one) => one.earlierVisits > 0) && {
                sum_x: BigInt(plus(before)),
                sum_xy: times(before, visited),
              }),
            });
            expect(totals.metrics['purchases_per_visit']![variant]!['sum_y']).toBe(
              BigInt(plus(own.map((one) => one.purchases.length))),
            );
            const limit = variant === 'control' ? threshold : shifted(threshold, 1.1);
            const slow = own.map((one) => one.requests.filter((ms) => bucketOf(ms) > limit).length);
            const all = own.map((one) => one.requests.length);
            expect(totals.metrics['slow']![variant]).toEqual({
              n,
              sum_y: BigInt(plus(slow)),
              sum_d: BigInt(plus(all)),
              sum_yy: BigInt(square(slow)),
              sum_dd: BigInt(square(all)),
              sum_yd: times(slow, all),
            });
          }
          const days = totals.days['spent']!;
          expect(plus(days.map(({ arms }) => Number(arms['control']!['n'])))).toBe(
            people.filter((one) => one.variant === 'control').length,
          );
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('freeze a threshold from the control once it has 1,000 requests, and only then have evidence of it', () => {
    const people = (requests: number): Person[] =>
      ['control', 'treatment'].map((variant) => ({
        variant,
        day: 0,
        earlier: [],
        earlierVisits: 0,
        purchases: [],
        visits: 0,
        requests: Array.from({ length: requests }, (_, index) => 1 + index / 10),
      }));
    const before = totalsOf(people(999));
    expect(newThresholds(LAUNCH, before, {}, 0)).toEqual({});
    const input = analyzeInputOf(LAUNCH, sumTotals(LAUNCH, before, START, {}, 0), {
      control: 1,
      treatment: 1,
    });
    // It is there without the sums that need a threshold, so that a guardrail without one is seen to be blind.
    const waiting = input.metrics.find((metric) => metric.metric_id === 'slow')!;
    expect(Object.keys(waiting.arms['treatment']!).sort()).toEqual(['n', 'sum_d', 'sum_dd']);
    const [comparison] = analyze(input).metrics.find((metric) => metric.metric_id === 'slow')!.comparisons;
    expect(comparison).toMatchObject({
      difference: null,
      guardrail: { log_e_harm: null, harm: false, non_inferior: false, status: 'blind', lacks: 'threshold' },
    });
    expect(comparison!.notes).toContain('no_threshold');
    const documents = totalsOf(people(1_000));
    const thresholds = newThresholds(LAUNCH, documents, {}, 0);
    expect(Math.abs(edgeOf(thresholds['slow']!) / 95.9 - 1)).toBeLessThan(0.01);
    expect(newThresholds(LAUNCH, documents, { slow: 3 }, 0)).toEqual({});
    const totals = sumTotals(LAUNCH, documents, START, thresholds, 0);
    expect(totals.quantiles['slow']!['control']).toBe(edgeOf(thresholds['slow']!));
    const frozen = analyzeInputOf(LAUNCH, totals, { control: 1, treatment: 1 });
    expect(frozen.metrics.find((metric) => metric.metric_id === 'slow')).toMatchObject({ margin: 0.1 });
  });

  it('freeze a threshold from enrolled bands of this epoch only', () => {
    const person: Person = {
      variant: 'control',
      day: 0,
      earlier: [],
      earlierVisits: 0,
      purchases: [],
      visits: 0,
      requests: Array.from({ length: 1_000 }, (_, index) => 1 + index / 10),
    };
    const [enrolled] = totalsOf([person]);
    const [slow] = totalsOf([{ ...person, requests: person.requests.map((ms) => ms * 50) }]);
    const { experiment_id, day } = partsOf(enrolled!._id);
    const withdrawn = { ...slow!, _id: [experiment_id, 0, 7, day].join(':') };
    const ofOtherEpoch = { ...slow!, _id: [experiment_id, 1, 1, day].join(':') };
    const own = newThresholds(LAUNCH, [enrolled!], {}, 0);
    expect(own).toHaveProperty('slow');
    expect(newThresholds(LAUNCH, [withdrawn, enrolled!, ofOtherEpoch], {}, 0, [7])).toEqual(own);
    expect(newThresholds(LAUNCH, [withdrawn, enrolled!], {}, 0)).not.toEqual(own);
    expect(newThresholds(LAUNCH, [withdrawn], {}, 0, [7])).toEqual({});
  });

  it('know the parts of their ids, whatever the experiment is called', () => {
    expect(partsOf('a:b:0:3:20000')).toEqual({ experiment_id: 'a:b', epoch: 0, band: 3, day: 20_000 });
  });
});

describe('buckets', () => {
  it('know a value to half a per cent', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
        const edge = edgeOf(bucketOf(value));
        expect(edge).toBeGreaterThanOrEqual(value * (1 - 1e-12));
        expect(edge / value).toBeLessThan(1.0101);
      }),
    );
  });

  it('round a margin in favour of the treatment', () => {
    expect(edgeOf(shifted(500, 1.2)) / edgeOf(500)).toBeGreaterThanOrEqual(1.2);
    expect(edgeOf(shifted(500, 0.8)) / edgeOf(500)).toBeLessThanOrEqual(0.8);
    expect(shifted(500, 1)).toBe(500);
  });
});
