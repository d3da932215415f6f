import { describe, expect, it } from 'vitest';
import { powerOfPlan } from '../../src/operations/power-of-plan.js';
import { sampleFor, sharedPower, unitsToProve } from '../../src/stats/power.js';
import { launchWith } from './plan-fixtures.js';

const CLICKS = { click_through_rate: { value: 0.1 } };
const DESIGN = {
  metric: { kind: 'proportion' as const, baseline: 0.1 },
  direction: 'increase' as const,
  alpha: 0.05,
  comparisons: 1,
  power: 0.8,
  ratio: 1,
  correlation: 0,
};
const variants = (...traffic: number[]) =>
  Object.fromEntries(
    traffic.map((share, index) => [index === 0 ? 'control' : `t${index}`, { traffic: share }]),
  );
const of = (plan: Parameters<typeof launchWith>[0], units_per_day: number | null = null) =>
  powerOfPlan(launchWith(plan), CLICKS, units_per_day);

describe('the power of a plan', () => {
  it('is the formula for two equal arms, and its own inverse', () => {
    const sample = sampleFor(DESIGN, 0.01)!;
    const policy = { planned_units: sample.total };
    const { metrics } = of({ policy });
    expect(metrics).toMatchObject([{ ...sample, assumed: false, baseline: 0.1, days: null }]);
    expect(metrics[0]!.detectable).toBeCloseTo(0.01, 6);
  });

  it('shares α among primaries × treatments, and counts all arms', () => {
    const definition = {
      variants: variants(40, 40, 20),
      success_metrics: { primary: ['click_through_rate', 'playlist_creation'] },
    };
    const [first] = of({ definition }).metrics;
    const wanted = sampleFor({ ...DESIGN, comparisons: 4, ratio: 0.5 }, 0.01)!.units_per_variant;
    expect(first!.units_per_variant).toBe(wanted);
    expect(first!.total! / (wanted / 0.4)).toBeCloseTo(1, 5);
  });

  it('gives every primary full α where all must be good, and a share of what may be missed', () => {
    const definition = { success_metrics: { primary: ['click_through_rate', 'playlist_creation'] } };
    const [first] = of({ definition, policy: { primary: 'all' } }).metrics;
    const wanted = sampleFor({ ...DESIGN, power: sharedPower(0.8, 1) }, 0.01)!;
    expect(first!.units_per_variant).toBe(wanted.units_per_variant);
  });

  it('names what each guardrail takes that must be proven safe', () => {
    const definition = {
      success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate', 'playlist_creation'] },
    };
    const strict = { alpha: 0.05, to_ship: 'non_inferior' as const, '*': { margin: 0.1 } };
    expect(of({ definition }).metrics).toHaveLength(1);
    const launch = launchWith({ definition, policy: { guardrails: strict } });
    const baselines = { ...CLICKS, error_rate: { value: 0.01 }, playlist_creation: { value: 0.2 } };
    const { metrics } = powerOfPlan(launch, baselines, null);
    const power = sharedPower(0.8, 2);
    expect(
      metrics.map(({ metric_id, role, units_per_variant }) => [metric_id, role, units_per_variant]),
    ).toEqual([
      ['click_through_rate', 'primary', sampleFor({ ...DESIGN, power }, 0.01)!.units_per_variant],
      ...(['error_rate', 'playlist_creation'] as const).map((id) => {
        const direction = id === 'error_rate' ? ('decrease' as const) : ('increase' as const);
        const metric = { kind: 'proportion' as const, baseline: baselines[id].value };
        const units = unitsToProve({ metric, direction, power, ratio: 1, margin: 0.1, alpha: 0.05 });
        return [id, 'guardrail', Math.ceil(units)];
      }),
    ]);
  });

  it('has formulas for ratios and quantiles too', () => {
    const definition = { success_metrics: { primary: ['error_share', 'latency_p95'] } };
    const baselines = {
      error_share: { value: 0.02, standard_deviation: 0.1 },
      latency_p95: { value: 0.05, standard_deviation: 0.15 },
    };
    const { metrics } = powerOfPlan(launchWith({ definition }), baselines, null);
    const wanted = (baseline: number, standard_deviation: number) =>
      sampleFor({ ...DESIGN, comparisons: 2, metric: { kind: 'mean', baseline, standard_deviation } }, 0.01)!;
    expect(metrics).toMatchObject([wanted(0.02, 0.1), wanted(0.05, 0.15)]);
  });

  it('takes the days from the traffic, the ramp and the window', () => {
    const definition = { success_metrics: { primary: ['click_through_rate', 'user_retention'] } };
    const baselines = { ...CLICKS, user_retention: { value: 0.1 } };
    const { metrics, warnings } = powerOfPlan(launchWith({ definition }), baselines, 1e6);
    expect(metrics[1]!.days! - metrics[0]!.days!).toBeCloseTo(7, 9);
    expect(metrics[0]!.days).toBeGreaterThan(metrics[0]!.total! / 1e6);
    expect(warnings).toEqual([]);
  });

  it('says what it assumed, and asks for what it cannot assume', () => {
    const definition = {
      success_metrics: { primary: ['playlist_creation', 'revenue_per_user', 'error_share'] },
    };
    const { metrics, warnings } = powerOfPlan(launchWith({ definition }), {}, null);
    expect(metrics.map(({ assumed, total }) => [assumed, total === null])).toEqual([
      [true, false],
      [true, true],
      [true, true],
    ]);
    expect(warnings.map(({ code }) => code)).toEqual([
      'traffic_unknown',
      'baseline_assumed',
      'baseline_unknown',
      'baseline_unknown',
    ]);
    expect(warnings[2]!.text).toContain('baselines.revenue_per_user.standard_deviation');
  });
});
