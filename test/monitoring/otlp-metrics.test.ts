import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { otlpMetrics } from '../../src/monitoring/otlp-metrics.js';

it('turns buckets that count those below them into buckets that do not', async () => {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'done_total', help: 'Done.', labelNames: ['work'], registers }).inc(
    { work: 'look' },
    3,
  );
  new Gauge({ name: 'lag_seconds', help: 'Lag.', registers }).set(1.5);
  const histogram = new Histogram({
    name: 'took',
    help: 'Took.',
    labelNames: ['call'],
    buckets: [1, 2],
    registers,
  });
  for (const seconds of [0.5, 1.5, 1.6, 9]) histogram.observe({ call: 'a' }, seconds);
  histogram.observe({ call: 'b' }, 9);
  const [done, lag, took] = await otlpMetrics(registry, [1, 0], [2, 0]);
  expect(done).toMatchObject({
    ...{ descriptor: { name: 'done_total', description: 'Done.' }, dataPointType: DataPointType.SUM },
    ...{ isMonotonic: true, dataPoints: [{ attributes: { work: 'look' }, value: 3 }] },
  });
  expect(lag).toMatchObject({
    dataPointType: DataPointType.GAUGE,
    dataPoints: [{ attributes: {}, value: 1.5 }],
  });
  expect(took!.dataPoints).toMatchObject([
    {
      attributes: { call: 'a' },
      value: { buckets: { boundaries: [1, 2], counts: [1, 2, 1] }, count: 4, sum: 12.6 },
    },
    { attributes: { call: 'b' }, value: { buckets: { counts: [0, 0, 1] }, count: 1 } },
  ]);
});
