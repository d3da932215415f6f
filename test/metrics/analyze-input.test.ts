import { describe, expect, it } from 'vitest';
import { exactInputOf, withFormerControl, type MeasuredSums } from '../../src/metrics/analyze-input.js';
import { analyze } from '../../src/metrics/evidence-for.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { Launch } from '../../src/model/launch.js';
import { policySchema, standardPolicy } from '../../src/model/policy.js';
import type { AnalyzeInput } from '../../src/stats/input.js';

const METRICS = [
  { metric_id: 'kept', kind: 'proportion', event: 'kept', direction: 'increase', window: '7d' },
  { metric_id: 'bought', kind: 'proportion', event: 'bought', direction: 'increase' },
];

const LAUNCH: Launch = {
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

it('the control of an earlier input fits in, also from before a threshold was frozen', () => {
  const requests = { n: 300, sum_d: 900, sum_dd: 4_000 };
  const slow = { ...requests, sum_y: 30, sum_yy: 40, sum_yd: 120 };
  const input = (own: Record<string, Record<string, number>>): AnalyzeInput => ({
    control: 'control',
    allocation: Object.fromEntries(Object.keys(own).map((variant) => [variant, 1])),
    planned_units: 1_000,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    units: Object.fromEntries(Object.keys(own).map((variant) => [variant, 300])),
    metrics: [
      {
        metric_id: 'p95',
        role: 'guardrail',
        kind: 'quantile',
        direction: 'decrease',
        margin: 0.2,
        arms: own,
      },
    ],
  });
  const guardrailOf = (before: Record<string, number>, now: Record<string, number>) =>
    analyze(
      withFormerControl(input({ treatment: now }), input({ control: before, treatment: before }), 'control'),
    ).metrics[0]!.comparisons[0]!.guardrail;
  expect(guardrailOf(requests, slow)).toMatchObject({ status: 'blind', lacks: 'threshold' });
  expect(guardrailOf(slow, requests)).toMatchObject({ status: 'blind', lacks: 'threshold' });
  expect(guardrailOf(slow, slow)).toMatchObject({ status: 'ok' });
});
