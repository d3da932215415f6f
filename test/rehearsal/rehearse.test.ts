import { describe, expect, it } from 'vitest';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../../src/model/engine.js';
import type { Launch } from '../../src/model/launch.js';
import { builtInMetrics } from '../../src/model/metric.js';
import { policySchema, standardPolicy, type PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { Random } from '../../src/rehearsal/random.js';
import { rehearse } from '../../src/rehearsal/rehearse.js';

function launch({
  mde = 0.2,
  planned_units = 20_000,
  arms = ['control', 'treatment'],
  metrics = ['click_through_rate:primary', 'error_rate:guardrail'],
  policy = {},
} = {}): Launch {
  const policy_document = { ...standardPolicy, mde, ...policy } as PolicyDocument;
  return {
    engine_version: ENGINE_VERSION,
    requested_at: 0,
    start_at: 1_800_000_000_000,
    end_at: 1_800_000_000_000 + 28 * DAY_MS,
    policy_document,
    policy: policySchema.parse(policy_document),
    metrics: metrics.map((text) => {
      const [id, role] = text.split(':') as [string, Launch['metrics'][number]['role']];
      return { role, metric: metricSchema.parse(builtInMetrics.find((one) => one.metric_id === id)) };
    }),
    control: 'control',
    arms: arms.map((variant) => ({ variant, traffic: 100 / arms.length })),
    planned_units,
    flag_id: 'e',
    salt: 'e',
  };
}

describe('a rehearsal', () => {
  it('keeps the promises of the decision table and catches harm', () => {
    const { false_ship, false_rollback, power, harm_caught, warnings } = rehearse(launch(), {
      runs: 200,
      guardrail_harm: 2,
    });
    expect(false_ship!.rate).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 200));
    expect(false_rollback!.rate).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 200));
    expect(power!.rate).toBeGreaterThan(0.8);
    expect(power!.reached).toBe(true);
    expect(harm_caught!.rate).toBeGreaterThan(0.9);
    expect(warnings).toEqual([]);
  });

  it('says so when the plan cannot find what its policy asks for', () => {
    const { power, warnings } = rehearse(launch({ mde: 0.01 }), { runs: 60, scenarios: ['effect'] });
    expect(power!.reached).toBe(false);
    expect(warnings).toEqual([
      { code: 'underpowered', text: expect.stringContaining('wants 80 %') as string },
    ]);
  });

  it('runs a plan that holds nobody back: after shipping there is nobody to compare with', () => {
    const options = { runs: 20, true_lift: 0.3, scenarios: ['effect' as const] };
    const shippedBy = (holdback: number): number =>
      rehearse(launch({ policy: { holdback } }), options).scenarios[0]!.outcomes.shipped.rate;
    expect(shippedBy(0)).toBeGreaterThan(0.9);
    expect(shippedBy(5)).toBeGreaterThan(0.9);
  });

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number): unknown => rehearse(launch(), { runs: 10, seed }).scenarios;
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  it('runs every kind of metric, several treatments, and plans that ask for approval', () => {
    const result = rehearse(
      launch({
        arms: ['control', 'a', 'b'],
        metrics: ['engagement_time:primary', 'latency_p95:guardrail', 'error_rate:guardrail'],
        policy: {
          approvals: { ship: true },
          ramp: [{ coverage: 10, min_dwell: '1d', approval: true }, { coverage: 100 }],
        },
      }),
      { runs: 20 },
    );
    expect(result.power!.rate).toBeGreaterThan(0.9);
    expect(result.harm_caught!.rate).toBe(1);
    expect(result.sample_timeline.map((one) => one.kind)).toContain('ramped');
  });

  it('harms the primary where there is no guardrail', () => {
    const result = rehearse(launch({ metrics: ['click_through_rate:primary'] }), { runs: 20 });
    expect(result.scenarios.find((one) => one.scenario === 'harm')!.lifts).toEqual({
      click_through_rate: -0.5,
    });
    // Row 11 may give up on it before row 3 has proven it harmful.
    expect(result.harm_caught!.rate).toBeGreaterThan(0.5);
    expect(result.scenarios.find((one) => one.scenario === 'harm')!.outcomes.shipped.rate).toBe(0);
  });
});

describe('drawn sums', () => {
  it.each([
    [40, 0.05],
    [40, 0.97],
    [5_000, 0.3],
  ])('are binomial: n %d, p %d', (n, p) => {
    const random = new Random(3);
    const draws = Array.from({ length: 4_000 }, () => random.binomial(n, p));
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((sum, k) => sum + (k - mean) ** 2, 0) / (draws.length - 1);
    expect(Math.abs(mean - n * p)).toBeLessThan(4 * Math.sqrt((n * p * (1 - p)) / draws.length));
    expect(variance / (n * p * (1 - p))).toBeGreaterThan(0.85);
    expect(variance / (n * p * (1 - p))).toBeLessThan(1.15);
  });
});
