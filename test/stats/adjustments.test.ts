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

interface Visitor {
  y: number;
  d: number;
  a: number;
  b: number;
}

const total = <T>(units: readonly T[], of: (unit: T) => number): number =>
  units.reduce((sum, unit) => sum + of(unit), 0);
const average = (values: readonly number[]): number => total(values, (value) => value) / values.length;
/** Σ of centred products over n·(n − lost). */
const covariance = (x: readonly number[], y: readonly number[], lost = 1): number => {
  const [mx, my] = [average(x), average(y)];
  return x.reduce((sum, one, i) => sum + (one - mx) * (y[i]! - my), 0) / x.length / (x.length - lost);
};

function compared(kind: string, control: object, treatment: object, more: object = {}) {
  return compareMeans(control, treatment, { kind, ...more });
}

const rateSums = (units: readonly Pick<Visitor, 'a' | 'y'>[]) => ({
  n: units.length,
  sum: total(units, ({ y }) => y),
  sum_x: total(units, ({ a }) => a),
  sum_xy: total(units, ({ a, y }) => a * y),
});

function ratioSums(units: readonly Visitor[]): Record<string, number> {
  const sums: Record<string, number> = { n: units.length };
  const names = ['y', 'd', 'a', 'b'] as const;
  for (const [i, one] of names.entries()) {
    sums[`sum_${one}`] = total(units, (unit) => unit[one]);
    for (const other of names.slice(i))
      sums[`sum_${one}${other}`] = total(units, (unit) => unit[one] * unit[other]);
  }
  return sums;
}

describe('CUPED of proportions', () => {
  const bit = fc.integer({ min: 0, max: 1 });
  const people = fc.array(fc.record({ a: bit, y: bit }), { minLength: 5, maxLength: 60 });

  it('is the regression on what the unit did before', () => {
    fc.assert(
      fc.property(people, people, (control, treatment) => {
        const arms = [control, treatment];
        const all = [...control, ...treatment];
        const within = (f: (unit: { a: number; y: number }) => number): number =>
          total(
            arms,
            (arm) =>
              covariance(
                arm.map(({ a }) => a),
                arm.map(f),
                0,
              ) *
              arm.length ** 2,
          );
        fc.pre(within(({ a }) => a) > 0);
        const theta = within(({ y }) => y) / within(({ a }) => a);
        const found = compared('proportion', rateSums(control), rateSums(treatment));
        const values = arms.map((arm) => average(arm.map(({ a, y }) => y - theta * a)));
        const rests = arms.map((arm) => arm.map(({ a, y }) => y - theta * a));
        const variance = total(rests, (rest) => covariance(rest, rest, 0));
        expect(found.cuped!.theta).toBeCloseTo(theta, 10);
        expect(found.difference).toBeCloseTo(values[1]! - values[0]!, 10);
        expect(found.control_value).toBeCloseTo(values[0]! + theta * average(all.map(({ a }) => a)), 10);
        expect(found.standard_error! ** 2).toBeCloseTo(variance, 10);
      }),
    );
  });

  it('raises the rate form of the deciding variance by what the covariate leaves, and no more', () => {
    const arm = (n: number, rate: number): object => {
      const y = Math.round(n * rate);
      return { n, sum: y, sum_x: y, sum_xy: Math.round(y * 0.8) };
    };
    const plain = (n: number, rate: number): object => ({ n, sum: Math.round(n * rate) });
    const options = { role: 'guardrail', direction: 'decrease', margin: 0.1 };
    const adjusted = compared('proportion', arm(19_000, 0.01), arm(1_000, 0.02), options);
    const raw = compared('proportion', plain(19_000, 0.01), plain(1_000, 0.02), options);
    const left = 1 - adjusted.cuped!.variance_saved!;
    expect(left).toBeLessThan(0.5);
    const width = (one: typeof raw): number => one.sequence.half_width! ** 2;
    expect(width(adjusted) / width(raw)).toBeGreaterThan(0.8 * left);
    expect(width(adjusted) / width(raw)).toBeLessThan(1.3 * left);
    // The readout is normal: counts say nothing of what is left.
    expect(adjusted.bayes.expected_loss).not.toBe(raw.bayes.expected_loss);
  });
});

describe('CUPED of ratios', () => {
  const count = fc.integer({ min: 0, max: 20 });
  const visitor = fc.record({ y: count, d: count, a: count, b: count });
  const people = fc.array(visitor, { minLength: 5, maxLength: 40 });

  it('is the regression of y − R·d on a − Q·b, unit by unit', () => {
    fc.assert(
      fc.property(people, people, (control, treatment) => {
        const arms = [control, treatment];
        const all = [...control, ...treatment];
        fc.pre(arms.every((arm) => total(arm, ({ d }) => d) > 0) && total(all, ({ b }) => b) > 0);
        const q = total(all, ({ a }) => a) / total(all, ({ b }) => b);
        const perUnit = total(all, ({ b }) => b) / all.length;
        const x = arms.map((arm) => arm.map(({ a, b }) => (a - q * b) / perUnit));
        const ratios = arms.map((arm) => total(arm, ({ y }) => y) / total(arm, ({ d }) => d));
        const u = arms.map((arm, k) => {
          const mean = total(arm, ({ d }) => d) / arm.length;
          return arm.map(({ y, d }) => (y - ratios[k]! * d) / mean);
        });
        const within = (one: number[][], other: number[][]): number =>
          total([0, 1], (k) => covariance(one[k]!, other[k]!, 0) * one[k]!.length ** 2);
        fc.pre(within(x, x) > 1e-9);
        const theta = within(u, x) / within(x, x);
        const values = arms.map((_, k) => ratios[k]! - theta * average(x[k]!));
        const rests = u.map((one, k) => one.map((value, i) => value - theta * x[k]![i]!));
        const found = compared('ratio', ratioSums(control), ratioSums(treatment));
        expect(found.cuped!.theta / theta).toBeCloseTo(1, 6);
        expect(found.difference).toBeCloseTo(values[1]! - values[0]!, 8);
        expect(found.control_value).toBeCloseTo(values[0]!, 8);
        expect(found.standard_error! ** 2).toBeCloseTo(
          total(rests, (rest) => covariance(rest, rest)),
          8,
        );
      }),
    );
  });

  it('has an answer where an arm did nothing before, and none where a denominator is missing', () => {
    const arm = (b: number, d: number): Visitor[] =>
      Array.from({ length: 30 }, (_, i) => ({ y: i % 3, d, a: b === 0 ? 0 : i % 3, b }));
    const one = compared('ratio', ratioSums(arm(0, 2)), ratioSums(arm(2, 2)));
    expect(one.cuped).toBeDefined();
    expect(one.difference).not.toBeNull();
    expect(compared('ratio', ratioSums(arm(0, 2)), ratioSums(arm(0, 2))).cuped).toBeUndefined();
    const none = compared('ratio', ratioSums(arm(2, 0)), ratioSums(arm(2, 2)));
    expect(none.difference).toBeNull();
    expect(none.notes).toContain('zero_denominator');
  });
});

describe('a covariate that no units could have', () => {
  const rate = { n: 100, sum: 40, sum_x: 50, sum_xy: 20 };
  const ratio = ratioSums(
    Array.from({ length: 50 }, (_, i) => ({ y: i % 7, d: 1 + (i % 3), a: (i * i) % 11, b: 1 + (i % 5) })),
  );
  // Each pair of y, d and a is possible, all three together are not: they cannot all be opposites.
  const opposites: Record<string, number> = { n: 2, sum_y: 0, sum_d: 0, sum_a: 0, sum_b: 0, sum_bb: 0 };
  Object.assign(opposites, { sum_yy: 2, sum_dd: 2, sum_aa: 2, sum_yd: -2, sum_ya: -2, sum_da: -2 });
  Object.assign(opposites, { sum_ab: 0, sum_yb: 0, sum_db: 0 });

  it.each([
    ['proportion', { ...rate, sum_x: 101 }, 'sum_x'],
    ['proportion', { ...rate, sum_xy: 41 }, 'sum_xy'],
    ['proportion', { ...rate, sum: 90, sum_xy: 39 }, 'sum_xy'],
    ['ratio', { ...ratio, sum_aa: 1 }, 'sum_aa'],
    ['ratio', { ...ratio, sum_ab: 1e6 }, 'sum_ab'],
    ['ratio', { ...ratio, sum_ya: 1e6 }, 'sum_ya'],
    ['ratio', { ...ratio, sum_yb: -1e6 }, 'sum_yb'],
    ['ratio', { ...ratio, sum_da: -1e6 }, 'sum_da'],
    ['ratio', { ...ratio, sum_db: 1e6 }, 'sum_db'],
    ['ratio', opposites, 'sum_ab'],
  ] as const)('of a %s is refused by name: %o', (kind, arm, name) => {
    const good = kind === 'ratio' ? ratio : rate;
    expect(() => compared(kind, good, good)).not.toThrow();
    expect(() => compared(kind, good, arm)).toThrow(`metrics.0.arms.treatment.${name}: `);
  });

  it('nor does it stand in one arm alone, or in part, or in a kind that has none', () => {
    const { sum_x: _, sum_xy: __, ...plain } = rate;
    expect(() => compared('proportion', rate, plain)).toThrow('metrics.0.arms.treatment.sum_x');
    expect(() => compared('proportion', plain, rate)).toThrow('metrics.0.arms.control.sum_x');
    expect(() => compared('ratio', ratio, { ...ratio, sum_db: undefined })).toThrow(
      'metrics.0.arms.treatment.sum_db',
    );
    const errors = { n: 100, errors: 4, sum_x: 5, sum_xy: 1 };
    expect(() => compared('error_rate', errors, errors)).toThrow('metrics.0.arms.control.sum_x');
    expect(() => compared('quantile', ratio, ratio)).toThrow('metrics.0.arms.control.sum_a');
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
