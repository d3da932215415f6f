import { expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { tryMetric } from '../../src/operations/try-metric.js';
import type { RecentEvent } from '../../src/store/recent-events.js';

const REVENUE = metricSchema.parse({
  ...{ metric_id: 'pro_revenue', kind: 'mean', event: 'purchase', direction: 'increase', scale: 100 },
  ...{ value: 'amount', where: { plan: 'pro' } },
});
const KEPT = [
  { type: 'purchase', name: 'amount', personal: false },
  { type: 'view', name: 'plan', personal: false },
];
const event = (n: number, more: Partial<RecentEvent>): RecentEvent => ({
  ...{ type: 'purchase', at: 1_000, received_at: 5_000 - n, value: 0 },
  ...more,
});

it('says of each event whether it counts, and why not', () => {
  const { events, ...counts } = tryMetric(
    REVENUE,
    [
      event(0, { type: 'view' }),
      event(1, { properties: { plan: 'pro', amount: 9.5 } }),
      event(2, { properties: { plan: 'free', amount: 9.5 } }),
      event(3, { properties: { plan: 'pro' } }),
      event(4, { properties: { plan: 'pro', amount: 2 ** 40 } }),
    ],
    KEPT,
    4,
  );
  expect(counts).toEqual({
    ...{ metric_id: 'pro_revenue', looked_at: 5, since: '1970-01-01T00:00:04.996Z', counted: 1, divides: 0 },
    not_counted: { other_type: 1, condition: 1, no_value: 1, out_of_range: 1 },
    unkept_properties: ['plan'],
    similar_types: [],
  });
  // Those of its type come first.
  expect(events.map(({ type, counts: own, number, why }) => [type, own, number, why])).toEqual([
    ['purchase', true, 9.5, null],
    ['purchase', false, null, 'condition'],
    ['purchase', false, null, 'no_value'],
    ['purchase', false, null, 'out_of_range'],
  ]);
});

it('counts events where the metric does, and tells what a ratio divides by', () => {
  const failing = metricSchema.parse({
    ...{ metric_id: 'failing', kind: 'ratio', event: 'request', denominator_event: 'request' },
    ...{ direction: 'decrease', where: { status: { $gte: 500 } } },
  });
  const request = (n: number, status: number) =>
    event(n, { type: 'request', value: 80, properties: { status } });
  const trial = tryMetric(failing, [request(0, 500), request(1, 200)], [], 10);
  expect([trial.counted, trial.divides]).toEqual([1, 2]);
  expect(trial.events.map(({ number, divides, why }) => [number, divides, why])).toEqual([
    [1, true, null],
    [null, true, 'condition'],
  ]);
});

it('finds a type that is misspelt', () => {
  const trial = tryMetric(REVENUE, [event(0, { type: 'purchsae' }), event(1, { type: 'view' })], [], 10);
  expect(trial.similar_types).toEqual(['purchsae']);
  expect(tryMetric(REVENUE, [], [], 10)).toMatchObject({ looked_at: 0, since: null, counted: 0, events: [] });
});
