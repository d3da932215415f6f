import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { ServingMeter } from '../../api/serving/serving-meter.js';
import { byLabel, computedSeries, gauge } from '../../src/monitoring/computed-series.js';
import { Timings } from '../../src/monitoring/timings.js';
import { failure } from '../../src/errors.js';

it('a bucket counts what is at most its bound, as all buckets above it do', () => {
  const timings = new Timings([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) timings.observe(seconds);
  expect(timings.samples('t', { call: 'x' })).toEqual([
    { metricName: 't_bucket', labels: { call: 'x', le: '0.1' }, value: 2 },
    { metricName: 't_bucket', labels: { call: 'x', le: '1' }, value: 3 },
    { metricName: 't_bucket', labels: { call: 'x', le: '+Inf' }, value: 4 },
    { metricName: 't_sum', labels: { call: 'x' }, value: 7.65 },
    { metricName: 't_count', labels: { call: 'x' }, value: 4 },
  ]);
});

it('a series is what it is when somebody asks; what is not known has no sample', async () => {
  const registry = new Registry();
  const held = new Map([['srm', 2]]);
  let lag: number | null = null;
  const description = { name: 'held', help: 'Held "so"\nor so.', type: 'gauge' } as const;
  computedSeries(registry, description, () => byLabel('code', held));
  gauge(registry, 'lag_seconds', 'Lag.', 'max', () => lag);
  expect(await registry.metrics()).toBe(
    '# HELP held Held "so"\\nor so.\n# TYPE held gauge\nheld{code="srm"} 2\n\n# HELP lag_seconds Lag.\n# TYPE lag_seconds gauge\n',
  );
  held.clear();
  lag = 3;
  const text = await registry.metrics();
  expect(text).not.toContain('srm');
  expect(text).toContain('\nlag_seconds 3\n');
});

it('serving calls are counted by call, status and code', async () => {
  const [registry, meter] = [new Registry(), new ServingMeter()];
  meter.register(registry);
  const call = meter.of('/v1/events');
  call.answered(202, performance.now());
  call.answered(202, performance.now() - 20);
  call.failed(failure('unavailable', 'later'));
  call.failed(new TypeError('a fault of ours'));
  call.answered(503, performance.now());
  const text = await registry.metrics();
  for (const line of [
    'rampart_serving_requests_total{call="/v1/events",status="202"} 2',
    'rampart_serving_requests_total{call="/v1/events",status="503"} 1',
    'rampart_serving_errors_total{call="/v1/events",code="unavailable"} 1',
    'rampart_serving_errors_total{call="/v1/events",code="internal"} 1',
    'rampart_serving_request_duration_seconds_bucket{call="/v1/events",le="0.01"} 2',
    'rampart_serving_request_duration_seconds_count{call="/v1/events"} 3',
  ])
    expect(text.split('\n')).toContain(line);
});
