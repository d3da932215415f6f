import { expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { Metric } from '../../src/model/metric.js';
import { historyOf } from '../../src/operations/find-baselines.js';

const RATE = metricSchema.parse({
  metric_id: 'm',
  kind: 'proportion',
  event: 'purchase',
  direction: 'increase',
});
const SPENT: Metric = { ...RATE, kind: 'mean' };

/** Experiments that measured a metric with this id, the newest first: how each defined it, and the sum of a thousand users. */
function past(...measured: [Metric, number][]) {
  const launch = (metric: Metric) => ({ control: 'c', metrics: [{ metric }] });
  return {
    pastExperiments: {
      newestWithMetric: () =>
        measured.map(([metric], index) => ({ _id: `${index}`, launch: launch(metric) })),
    },
    snapshots: {
      latest: (id: string) => {
        const [{ metric_id, kind }, sum] = measured[Number(id)]!;
        const arms = { c: { n: '1000', sum: `${sum}`, sum_sq: `${sum}` } };
        return { input: { control: 'c', metrics: [{ metric_id, kind, arms }] } };
      },
    },
  } as never;
}

it('a baseline comes from the newest experiment that counted as the metric does now', async () => {
  expect((await historyOf(past([RATE, 200], [RATE, 300]), [RATE]))['m']).toMatchObject({ value: 0.2 });
  // It was redefined since, under the same id.
  for (const other of [
    SPENT,
    { ...RATE, where: '{"plan":"pro"}' },
    { ...RATE, event: 'click' },
    { ...RATE, window: 1 },
  ]) {
    expect((await historyOf(past([other, 200], [RATE, 300]), [RATE]))['m']).toMatchObject({ value: 0.3 });
    expect(await historyOf(past([other, 200]), [RATE])).toEqual({});
  }
});
