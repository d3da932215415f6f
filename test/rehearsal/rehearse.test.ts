import { describe, expect, it } from 'vitest';
import { Random } from '../../src/rehearsal/random.js';
import { mergeRehearsal, rehearse } from '../../src/rehearsal/rehearse.js';
import { batchTasks, rehearsePart, resultsOf, scenarioTasks, splitTasks } from '../../src/rehearsal/task.js';
import { launch } from './launch.js';

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
    const codes = warnings.map(({ code }) => code);
    expect(codes).toEqual(['traffic_assumed', 'baseline_assumed', 'baseline_assumed']);
  });

  it('says so when the plan cannot find what its policy asks for', () => {
    const { power, warnings } = rehearse(launch({ mde: 0.01 }), {
      runs: 60,
      scenarios: ['effect'],
      units_per_day: 714,
      baselines: { click_through_rate: { value: 0.1 }, error_rate: { value: 0.01 } },
    });
    expect(power!.reached).toBe(false);
    expect(power!.findable_lift).toBeGreaterThan(0.05);
    expect(power!.findable_lift).toBeLessThan(0.2);
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

  it('counts units with a window once it has passed', () => {
    const plan = (metric: string) =>
      launch({ days: 14, mde: 0.08, planned_units: 40_000, metrics: [`${metric}:primary`] });
    const options = { runs: 200, scenarios: ['effect' as const], returns_per_day: 0 };
    const [retention, clicks] = ['user_retention', 'click_through_rate'].map(
      (metric) => rehearse(plan(metric), options).scenarios[0]!,
    );
    // 31,025 units, of which 11,025 have matured: a z of 1.40 where 2.05 are wanted.
    expect(Math.abs(retention!.outcomes.shipped.rate - 0.25)).toBeLessThan(
      3 * Math.sqrt((0.25 * 0.75) / 200),
    );
    expect(clicks!.outcomes.shipped.rate).toBeGreaterThan(0.45);
    expect(Math.abs(retention!.units.mean - 31_025)).toBeLessThan(400);
  });

  it('takes lifts and harm relative to the size of a value below zero', () => {
    const options = {
      runs: 20,
      true_lift: 0.3,
      guardrail_harm: 0.3,
      units_per_day: 714,
      baselines: { engagement_time: { value: -1, standard_deviation: 2 } },
    };
    const result = rehearse(launch({ metrics: ['engagement_time:primary'] }), options);
    expect(result.power!.rate).toBeGreaterThan(0.9);
    // Row 11 may give up on it before row 3 has proven it harmful.
    const harm = result.scenarios.find(({ scenario }) => scenario === 'harm')!;
    expect(harm.outcomes.shipped.rate).toBe(0);
    expect(result.warnings).toEqual([]);
  });

  it('finds more with a covariate from before', () => {
    const shipped = (correlation: number): number =>
      rehearse(launch({ mde: 0.04, metrics: ['engagement_time:primary'] }), {
        runs: 40,
        true_lift: 0.04,
        scenarios: ['effect'],
        baselines: { engagement_time: { value: 1, standard_deviation: 2, correlation } },
      }).power!.rate;
    expect(shipped(0.8)).toBeGreaterThan(shipped(0) + 0.2);
  });

  it('says loudly which spread it assumed', () => {
    const { assumptions, warnings } = rehearse(launch({ mde: 0.5, metrics: ['revenue_per_user:primary'] }), {
      runs: 10,
      scenarios: ['effect'],
      baselines: { revenue_per_user: { value: 50 } },
    });
    expect(assumptions).toMatchObject({
      units_per_day_assumed: true,
      baselines: { revenue_per_user: { value: 50, assumed: false, standard_deviation_assumed: true } },
    });
    expect(warnings.map(({ code }) => code)).toEqual(['traffic_assumed', 'standard_deviation_assumed']);
  });

  it('is the same whatever the number of parts', () => {
    const plan = launch({ mde: 0.03 });
    const options = { runs: 12, scenarios: ['no_effect', 'effect'] as const };
    const tasks = scenarioTasks(plan, options);
    const of = (parts: number) => {
      const runs = splitTasks(tasks, parts).flatMap((part) => rehearsePart(plan, options, part));
      return mergeRehearsal(plan, options, resultsOf(tasks, runs));
    };
    expect(of(5)).toEqual(of(1));
  });

  it('is the same in small batches, which let all scenarios grow evenly', () => {
    const options = { runs: 25 };
    const tasks = scenarioTasks(launch(), options);
    const batches = batchTasks(tasks, 10);
    expect(batches.map(({ index, from, to }) => [index, from, to])).toEqual([
      [0, 0, 10],
      [1, 0, 10],
      [2, 0, 10],
      [0, 10, 20],
      [1, 10, 20],
      [2, 10, 20],
      [0, 20, 25],
      [1, 20, 25],
      [2, 20, 25],
    ]);
    const inOne = rehearsePart(launch(), options, tasks);
    const inBatches = batches.flatMap((batch) => rehearsePart(launch(), options, [batch]));
    const withoutTimelines = (runs: typeof inOne) => runs.map(({ timeline: _, ...run }) => run);
    expect(resultsOf(tasks, withoutTimelines(inBatches))).toEqual(resultsOf(tasks, withoutTimelines(inOne)));
  });

  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number): unknown => rehearse(launch(), { runs: 10, seed }).scenarios;
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  it('is never sure of what few runs did not show', () => {
    for (const { outcomes } of rehearse(launch(), { runs: 4, seed: 7 }).scenarios)
      for (const { rate, standard_error } of Object.values(outcomes)) {
        expect(standard_error).toBeGreaterThan(0.05);
        expect(rate).toBeGreaterThanOrEqual(0);
      }
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
