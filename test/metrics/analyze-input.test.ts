import { describe, expect, it } from 'vitest';
import { exactInputOf, type MeasuredSums } from '../../src/metrics/analyze-input.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { policySchema, standardPolicy } from '../../src/model/policy.js';

const METRICS = [
  { metric_id: 'kept', kind: 'proportion', event: 'kept', direction: 'increase', window: '7d' },
  { metric_id: 'bought', kind: 'proportion', event: 'bought', direction: 'increase' },
];

const LAUNCH: Launch = {
  engine_version: ENGINE_VERSION,
  requested_at: 0,
  start_at: 0,
  end_at: 1,
  policy_document: standardPolicy,
  policy: policySchema.parse(standardPolicy),
  metrics: METRICS.map((metric) => ({ role: 'primary' as const, metric: metricSchema.parse(metric) })),
  control: 'control',
  arms: [
    { variant: 'control', traffic: 50 },
    { variant: 'treatment', traffic: 50 },
  ],
  planned_units: 20_000,
  flag_id: 'f',
  salt: 's',
};

const arms = { control: { n: 900n, sum: 90n }, treatment: { n: 900n, sum: 99n } };
const measured: MeasuredSums = {
  units: { control: 900n, treatment: 900n },
  metrics: { kept: arms, bought: arms },
  days: { kept: [{ day: 0, arms }], bought: [{ day: 0, arms }] },
};

describe('the input of a look', () => {
  it('has the days of first exposure only of metrics with a window', () => {
    const { metrics } = exactInputOf(LAUNCH, measured, { control: 1, treatment: 1 });
    expect(metrics.map(({ metric_id, days }) => [metric_id, days?.length])).toEqual([
      ['kept', 1],
      ['bought', undefined],
    ]);
  });

  it('knows where in its life the experiment is', () => {
    const slots = { control: 1, treatment: 1 };
    expect(exactInputOf(LAUNCH, measured, slots)).not.toHaveProperty('later_epochs');
    expect(exactInputOf(LAUNCH, measured, slots, { at_horizon: true, later_epochs: 3 })).toMatchObject({
      at_horizon: true,
      later_epochs: 3,
    });
  });
});
