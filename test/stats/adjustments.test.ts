import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';
import { slopeOf } from '../../src/stats/novelty.js';

const design = {
  control: 'control',
  allocation: { control: 50, treatment: 50 },
  planned_units: 20_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
};

type Unit = [x: number, y: number];
const sums = (units: Unit[]): Record<string, number> => {
  const total = (of: (unit: Unit) => number): number => units.reduce((sum, unit) => sum + of(unit), 0);
  return {
    n: units.length,
    sum: total(([, y]) => y),
    sum_sq: total(([, y]) => y * y),
    sum_x: total(([x]) => x),
    sum_xx: total(([x]) => x * x),
    sum_xy: total(([x, y]) => x * y),
  };
};

function compareMeans(control: object, treatment: object, more: object = {}) {
  const metrics = [
    {
      metric_id: 'm',
      role: 'primary',
      kind: 'mean',
      direction: 'increase',
      arms: { control, treatment },
      ...more,
    },
  ];
  return analyze({ ...design, metrics }).metrics[0]!.comparisons[0]!;
}

const integer = fc.integer({ min: -1000, max: 1000 });
const units = fc.array(fc.tuple(integer, integer), { minLength: 5, maxLength: 40 });

describe('CUPED', () => {
  it('is the regression on the covariate, unit by unit', () => {
    fc.assert(
      fc.property(units, units, (control, treatment) => {
        const all = [control, treatment];
        const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
        const cross = (arm: Unit[], f: (unit: Unit) => number, g: (unit: Unit) => number): number => {
          const [mf, mg] = [mean(arm.map(f)), mean(arm.map(g))];
          return arm.reduce((sum, unit) => sum + (f(unit) - mf) * (g(unit) - mg), 0);
        };
        const sxx = all.reduce(
          (sum, arm) =>
            sum +
            cross(
              arm,
              ([x]) => x,
              ([x]) => x,
            ),
          0,
        );
        fc.pre(sxx > 0);
        const theta =
          all.reduce(
            (sum, arm) =>
              sum +
              cross(
                arm,
                ([x]) => x,
                ([, y]) => y,
              ),
            0,
          ) / sxx;
        const rest = all.map((arm) => arm.map(([x, y]) => y - theta * x));
        const variance = (values: number[]): number =>
          values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) /
          (values.length - 1) /
          values.length;
        const found = compareMeans(sums(control), sums(treatment));
        expect(found.cuped!.theta).toBeCloseTo(theta, 8);
        expect(found.difference).toBeCloseTo(mean(rest[1]!) - mean(rest[0]!), 6);
        expect(found.standard_error! ** 2).toBeCloseTo(variance(rest[0]!) + variance(rest[1]!), 5);
        expect(found.value! - found.control_value!).toBeCloseTo(found.difference!, 6);
      }),
    );
  });

  it('saves the share of variance that the covariate explains', () => {
    const arm = (shift: number): Unit[] =>
      Array.from({ length: 400 }, (_, i) => [i % 20, 10 * (i % 20) + ((i * 7) % 13) + shift]);
    const found = compareMeans(sums(arm(0)), sums(arm(2)));
    expect(found.cuped!.variance_saved).toBeGreaterThan(0.99);
    expect(found.difference).toBeCloseTo(2, 1);
    const { sum_x: _, sum_xx: __, sum_xy: ___, ...without } = sums(arm(0));
    expect(compareMeans(without, without).cuped).toBeUndefined();
  });

  it('refuses half a covariate by name', () => {
    const { sum_xx: _, ...half } = sums([
      [1, 2],
      [2, 3],
    ]);
    expect(() => compareMeans(half, half)).toThrow('metrics.0.arms.control.sum_xx');
  });
});

describe('novelty', () => {
  it('is the weighted slope', () => {
    const days = [0, 1, 2, 3].map((day) => ({ day, log_ratio: 5 - day, variance: 0.1 }));
    const found = slopeOf(days)!;
    expect(found.slope).toBeCloseTo(-1, 12);
    expect(found.z).toBeCloseTo(-Math.sqrt(5 / 0.1), 10);
    expect(slopeOf(days.slice(0, 2))).toBeNull();
  });

  const arm = (n: number, mean: number): object => ({ n, sum: n * mean, sum_sq: n * (mean * mean + 1) });
  const day = (k: number, n: number, control: number, treatment: number): object => ({
    day: k,
    arms: { control: arm(n, control), treatment: arm(n, treatment) },
  });
  const whole = arm(1_000, 12);
  const found = (days: object[]) => compareMeans(whole, whole, { days }).novelty;

  it('does not see a constant lift, however the level of both arms changes from day to day', () => {
    expect(found([1, 2, 3, 5, 8].map((k) => day(k, 200, 10 * k, 12 * k)))!.slope).toBeCloseTo(0, 12);
    expect(found([1, 2, 3, 5, 8].map((k) => day(k, 200, -10 * k, -12 * k)))!.slope).toBeCloseTo(0, 12);
  });

  it('sees a lift that fades, with the spread of all days together', () => {
    const lifts = [2, 1, 0.5, 0.25];
    const faded = found(lifts.map((lift, k) => day(k, 200, 10, 10 * (1 + lift))))!;
    expect(faded.days).toBe(4);
    expect(faded.slope).toBeLessThan(-0.2);
    // The variance of one unit over the squared mean, of each arm over its 800 units.
    const kappa = (means: number[]): number => {
      const mean = means.reduce((sum, one) => sum + one, 0) / 4;
      const squares = 200 * means.reduce((sum, one) => sum + one * one + 1, 0);
      return (squares - 800 * mean * mean) / 799 / mean ** 2;
    };
    const variance = (kappa([10, 10, 10, 10]) + kappa(lifts.map((lift) => 10 * (1 + lift)))) / 200;
    const wanted = slopeOf(lifts.map((lift, k) => ({ day: k, log_ratio: Math.log1p(lift), variance })))!;
    expect(faded.slope).toBeCloseTo(wanted.slope, 10);
    expect(faded.z).toBeCloseTo(wanted.z, 8);
  });

  it('needs three days of 100 units an arm, on which both means have one sign', () => {
    expect(found([0, 1, 2].map((k) => day(k, 99, 10, 20)))).toBeNull();
    expect(found([0, 1, 2].map((k) => day(k, 100, 10, 20)))!.days).toBe(3);
    expect(found([...[0, 1].map((k) => day(k, 200, 10, 20)), day(2, 200, -1, 20)])).toBeNull();
    expect(found([...[0, 1].map((k) => day(k, 200, 10, 20)), day(2, 200, 0, 20)])).toBeNull();
  });
});
