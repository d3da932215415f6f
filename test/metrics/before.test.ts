import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { Catalog, InboxEvent } from '../../src/metrics/records.js';
import { countedOf, emptyUnit, foldUnit } from '../../src/metrics/unit.js';
import { DAY_MS } from '../../src/model/time.js';
import { runs } from '../properties.js';

const START = 20_000 * DAY_MS;
const METRICS = [
  { metric_id: 'bought', kind: 'proportion', event: 'purchase' },
  { metric_id: 'spent', kind: 'mean', event: 'purchase', cap: 40 },
  { metric_id: 'per_visit', kind: 'ratio', event: 'purchase', aggregate: 'sum', denominator_event: 'visit' },
].map((metric) => metricSchema.parse({ ...metric, direction: 'increase' }));
const CATALOG: Catalog = new Map([['e', { metrics: METRICS, live: true }]]);

interface Received {
  event: InboxEvent;
  received_at: number;
}

const moment = fc.record({ day: fc.integer({ min: 0, max: 40 }), hour: fc.integer({ min: 0, max: 23 }) });
const at = moment.map(({ day, hour }) => START + day * DAY_MS + hour * 3_600_000);
const delay = fc.integer({ min: 0, max: 47 }).map((hours) => hours * 3_600_000);
const exposures = fc.array(
  fc.record({
    at,
    delay,
    epoch: fc.integer({ min: 0, max: 2 }),
    mismatch: fc.constantFrom(false, false, true),
  }),
  { minLength: 1, maxLength: 5 },
);
const values = fc.array(
  fc.record({
    at,
    delay,
    type: fc.constantFrom('purchase', 'visit'),
    value: fc.integer({ min: -9, max: 30 }),
  }),
  { maxLength: 25 },
);

const exposure = (id: string, when: number, epoch: number, mismatch = false): InboxEvent => ({
  kind: 'exposure',
  unit: 'u',
  id,
  at: when,
  experiment_id: 'e',
  epoch,
  band: 1,
  variant: 'treatment',
  mismatch,
});
const value = (id: string, when: number, type: string, amount: number): InboxEvent => ({
  kind: 'value',
  unit: 'u',
  id,
  at: when,
  type,
  value: amount,
});

/** Folds step by step, in the order of receipt; events of one hour come in one step. */
function folded(received: readonly Received[]): Map<string, bigint> {
  let unit = emptyUnit();
  const hours = [...new Set(received.map((one) => one.received_at))].sort((a, b) => a - b);
  for (const hour of hours) {
    unit = foldUnit(
      unit,
      received.filter((one) => one.received_at === hour),
      CATALOG,
      hour,
    );
  }
  return new Map(
    countedOf(unit, CATALOG).map(([id, path, amount]) => [`${id.split(':')[1]} ${path}`, BigInt(amount)]),
  );
}

/** The sums of the covariates, from the plain list of events. */
function recounted(events: readonly InboxEvent[]): Record<string, bigint> {
  const first = Math.min(...events.filter((one) => one.kind === 'exposure').map((one) => one.at));
  const firstDay = Math.floor(first / DAY_MS) * DAY_MS;
  const earlier = events.filter((one) => one.at < firstDay && one.at >= firstDay - 14 * DAY_MS);
  const purchases = earlier.flatMap((one) =>
    one.kind === 'value' && one.type === 'purchase' ? [one.value] : [],
  );
  const visits = BigInt(earlier.filter((one) => one.kind === 'value' && one.type === 'visit').length);
  const sum = BigInt(purchases.reduce((total, one) => total + one, 0)) * 1_000n;
  const capped = sum > 40_000n ? 40_000n : sum;
  return { bought: purchases.length > 0 ? 1n : 0n, spent: capped, a: sum, b: visits };
}

const DIGIT = 1n << 32n;

describe('the covariate', () => {
  it('is from before the first exposure in any epoch, and the same in every epoch', () => {
    fc.assert(
      fc.property(exposures, values, (shown, done) => {
        const received: Received[] = [
          ...shown.map((one, i) => ({
            event: exposure(`x${i}`, one.at, one.epoch, one.mismatch),
            received_at: one.at + one.delay,
          })),
          ...done.map((one, i) => ({
            event: value(`v${i}`, one.at, one.type, one.value),
            received_at: one.at + one.delay,
          })),
        ];
        const sums = folded(received);
        // Sending all of it again changes nothing.
        const again = received.map((one) => ({ ...one, received_at: one.received_at + 3_600_000 }));
        const twice = folded([...received, ...again]);
        expect(new Map([...twice].filter(([path]) => !path.endsWith('duplicates')))).toEqual(sums);
        const wanted = recounted(received.map((one) => one.event));
        for (const epoch of [0, 1, 2]) {
          if (!sums.has(`${epoch} arms.treatment.units`)) continue;
          const read = (path: string): bigint => sums.get(`${epoch} arms.treatment.metrics.${path}`) ?? 0n;
          const wide = (path: string): bigint =>
            (read(`${path}_2`) * DIGIT + read(`${path}_1`)) * DIGIT + read(path);
          expect(read('bought.x')).toBe(wanted['bought']);
          expect(read('spent.x')).toBe(wanted['spent']);
          expect(wide('spent.xx')).toBe(wanted['spent']! ** 2n);
          expect([read('per_visit.a'), read('per_visit.b')]).toEqual([wanted['a'], wanted['b']]);
          expect(wide('per_visit.ab')).toBe(wanted['a']! * wanted['b']!);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('is not made of days under treatment: a unit seen again in the watch keeps its own, a new one has its own', () => {
    const days = (from: number, to: number, amount: number): InboxEvent[] =>
      Array.from({ length: to - from }, (_, i) =>
        value(`p${from + i}`, START + (from + i) * DAY_MS, 'purchase', amount),
      );
    const events = [
      ...days(0, 10, 1),
      exposure('x0', START + 10 * DAY_MS, 0),
      ...days(10, 30, 3),
      exposure('x1', START + 30 * DAY_MS, 1),
    ];
    const sums = (list: InboxEvent[]): Map<string, bigint> =>
      folded(list.map((event) => ({ event, received_at: event.at })));
    const path = 'arms.treatment.metrics.spent.x';
    expect([sums(events).get(`0 ${path}`), sums(events).get(`1 ${path}`)]).toEqual([10_000n, 10_000n]);
    const newcomer = events.filter((event) => event.id !== 'x0');
    expect([sums(newcomer).get(`0 ${path}`), sums(newcomer).get(`1 ${path}`)]).toEqual([undefined, 40_000n]);
  });

  it('follows what comes late: an earlier exposure, an event of a day before, and one that takes it back', () => {
    const day = (n: number): number => START + n * DAY_MS;
    const late: Received[] = [
      { event: value('a', day(5), 'purchase', 4), received_at: day(5) },
      { event: value('b', day(6), 'purchase', 5), received_at: day(6) },
      { event: exposure('x1', day(7), 1), received_at: day(7) },
    ];
    const x = (list: Received[]): bigint | undefined => folded(list).get('1 arms.treatment.metrics.spent.x');
    expect(x(late)).toBe(9_000n);
    expect(x([...late, { event: exposure('x0', day(6), 0), received_at: day(8) }])).toBe(4_000n);
    expect(x([...late, { event: value('c', day(6), 'purchase', -2), received_at: day(8) }])).toBe(7_000n);
    expect(x([...late, { event: value('c', day(6), 'purchase', -9), received_at: day(8) }])).toBeUndefined();
  });
});
