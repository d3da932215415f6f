import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';
import { METRIC_KINDS, type MetricKind } from '../../src/model/metric.js';
import type { Comparison } from '../../src/stats/evidence.js';
import type { AnalyzeInput, MetricInput } from '../../src/stats/input.js';
import { sequenceMultiplier } from '../../src/stats/sequential.js';

const DESIGN = {
  control: 'control',
  allocation: { control: 50, treatment: 50 },
  planned_units: 20_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
};

type Arm = Record<string, number | string>;
type More = Partial<MetricInput>;

/** One metric of one treatment. */
function compared(
  kind: MetricKind,
  control: Arm,
  treatment: Arm,
  more: More = {},
  design: Partial<AnalyzeInput> = {},
): Comparison {
  const metric = { metric_id: 'm', role: 'primary', kind, direction: 'increase', ...more };
  const metrics = [{ ...metric, arms: { control, treatment } }];
  return analyze({ ...DESIGN, ...design, metrics }).metrics[0]!.comparisons[0]!;
}

const guarding = (margin: number, direction: 'increase' | 'decrease' = 'decrease'): More => ({
  role: 'guardrail',
  margin,
  direction,
});

/** Equal to nine digits. */
function near(value: number | null | undefined, wanted: number): void {
  expect(Math.abs(value! / wanted - 1)).toBeLessThan(1e-9);
}

/** The sums of `n` units that all have the same numbers. */
function alike(kind: MetricKind, n: number, y: number, d = 1): Arm {
  switch (kind) {
    case 'proportion':
      return { n, sum: n * y };
    case 'error_rate':
      return { n, errors: n * y };
    case 'mean':
      return { n, sum: n * y, sum_sq: n * y * y };
    case 'ratio':
    case 'quantile':
      return { n, sum_y: n * y, sum_d: n * d, sum_yy: n * y * y, sum_dd: n * d * d, sum_yd: n * y * d };
  }
}

/** n units with mean m and standard deviation s. */
const spread = (n: number, m: number, s: number): Arm => ({
  n,
  sum: n * m,
  sum_sq: Math.round((n - 1) * s * s + n * m * m),
});

describe('golden values of the deciding variance', () => {
  it('shrink the estimate by the least effect, or by what past experiments found', () => {
    const arms = [
      { n: 10_000, sum: 1_000 },
      { n: 10_000, sum: 1_100 },
    ] as const;
    near(compared('proportion', ...arms, {}, { mde: 0.01 }).estimate, 0.0005051780753);
    near(compared('proportion', ...arms, { prior_sd: 0.004 }, { mde: 0.01 }).estimate, 0.004598361834);
    expect(compared('proportion', ...arms).estimate).toBeNull();
  });

  it('decide where no arm has a spread', () => {
    const one = compared('mean', alike('mean', 30, 0), alike('mean', 30, 3), guarding(0.1));
    near(one.sequence.half_width, 6.493432835);
    near(one.final.p_value, 2.099850873e-10);
    near(one.guardrail!.log_e_harm, 24.81201737);
  });

  it('do not take rates of 1 in both arms for proof', () => {
    const one = compared(
      'proportion',
      { n: 400, sum: 400 },
      { n: 380, sum: 380 },
      guarding(0.05, 'increase'),
    );
    near(one.guardrail!.z, -3.202563076);
    near(one.guardrail!.log_e_non_inferior, 2.499020231);
  });

  it('hold for rare events in unequal arms', () => {
    const one = compared(
      'proportion',
      { n: 9_000, sum: 99 },
      { n: 1_000, sum: 3 },
      guarding(0.1, 'increase'),
    );
    near(one.guardrail!.z, 2.170663361);
  });

  it('mix two priors of an error rate', () => {
    const errors = (c: number, t: number, design: Partial<AnalyzeInput> = {}): number =>
      compared('error_rate', { n: 900, errors: c }, { n: 900, errors: t }, guarding(0.05), design).guardrail!
        .log_e_harm!;
    near(errors(30, 60), 3.328365879);
    near(errors(4, 3, { allocation: { control: 5, treatment: 95 } }), -2.082957461);
    // 10 errors against none prove harm, 9 do not.
    expect(errors(0, 10)).toBeGreaterThan(Math.log(1 / (0.8 * 0.05)));
    expect(errors(0, 9)).toBeLessThan(Math.log(1 / (0.8 * 0.05)));
  });

  it('have relative limits of the sign of the difference where the control is below zero', () => {
    const { sequence } = compared('mean', spread(900, -10, 15), spread(900, -7, 15));
    near(sequence.relative_lower, -0.01610448383);
    near(sequence.relative_upper, 0.5437176726);
  });
});

describe('without any spread', () => {
  const better = (kind: MetricKind): [least: Arm, most: Arm] => [
    alike(kind, 5_000, 0, 2),
    alike(kind, 5_000, 1, 2),
  ];

  it.each(METRIC_KINDS)('total failure is proven harm of a %s, in either direction', (kind) => {
    const [least, most] = better(kind);
    const down = compared(kind, least, most, guarding(0.05));
    expect(down.guardrail).toMatchObject({ harm: true, non_inferior: false, status: 'ok' });
    expect(down.sequence.p_value).toBeLessThan(1e-9);
    expect(down.final.p_value).toBeLessThan(1e-9);
    expect(down.standard_error).toBe(0);
    if (kind === 'error_rate') return;
    const up = compared(kind, most, least, guarding(0.05, 'increase'));
    expect(up.guardrail).toMatchObject({ harm: true, non_inferior: false, status: 'ok' });
  });

  it('fifteen units in all prove it at 20,000 planned, and fifteen of each arm of every kind with a boundary', () => {
    const proven = (c: number, t: number): boolean =>
      compared('mean', alike('mean', c, 0), alike('mean', t, 1), guarding(0.05)).guardrail!.harm;
    expect(proven(7, 7)).toBe(false);
    expect(proven(7, 8)).toBe(true);
    for (const kind of ['proportion', 'mean', 'ratio', 'quantile'] as const) {
      const harm = (n: number): boolean =>
        compared(kind, alike(kind, n, 0), alike(kind, n, 1), guarding(0.05)).guardrail!.harm;
      expect(harm(2), kind).toBe(false);
      expect(harm(15), kind).toBe(true);
    }
  });

  it('|Z| is √(N−1), its greatest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000 }), fc.integer({ min: 2, max: 10_000 }), (c, t) => {
        for (const kind of ['proportion', 'mean', 'ratio'] as const) {
          near(compared(kind, alike(kind, c, 0), alike(kind, t, 1)).final.z, Math.sqrt(c + t - 1));
        }
      }),
    );
  });

  it('units that are alike in both arms prove no safety by being few', () => {
    for (const kind of ['proportion', 'mean', 'ratio'] as const) {
      const of = (n: number) =>
        compared(kind, alike(kind, n, 1), alike(kind, n, 1), guarding(0.1)).guardrail!;
      expect(of(20).non_inferior, kind).toBe(false);
      expect(of(20_000).non_inferior, kind).toBe(true);
    }
  });

  // Whether events came at all is not in the sums: a look says it, and the guardrail is blind then.
  it('nothing at all in both arms is no evidence: they were measured alike', () => {
    const blind = METRIC_KINDS.filter((kind) => {
      const one = compared(kind, alike(kind, 500, 0), alike(kind, 500, 0), guarding(0.1));
      if (kind !== 'error_rate') expect(one.guardrail!.log_e_harm).toBeNull();
      expect(one.notes).toContain('zero_variance');
      return one.guardrail!.status === 'blind';
    });
    expect(blind).toEqual([]);
  });
});

describe('relative to |control|', () => {
  const values = fc.integer({ min: -40, max: 40 }).filter((m) => m !== 0);

  it('a lift, its limits and its sequence have the sign of the difference', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 10, max: 5_000 }), (c, t, n) => {
        const one = compared('mean', spread(n, c, 9), spread(n, t, 9));
        expect(Math.sign(one.relative.lift!)).toBe(Math.sign(t - c));
        near(one.relative.lift! + 100, (t - c) / Math.abs(c) + 100);
        for (const { lower, upper, relative_lower, relative_upper } of [one.sequence, one.final]) {
          if (relative_lower === null) continue;
          expect(relative_lower).toBeLessThanOrEqual(relative_upper!);
          expect(Math.sign(relative_lower)).toBe(Math.sign(lower!));
          expect(Math.sign(relative_upper!)).toBe(Math.sign(upper!));
        }
      }),
    );
  });

  it('mirrors: minus the values and minus the direction is the same verdict', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 10, max: 5_000 }), (c, t, n) => {
        const one = compared('mean', spread(n, c, 9), spread(n, t, 9), guarding(0.1));
        const mirrored = compared('mean', spread(n, -c, 9), spread(n, -t, 9), guarding(0.1, 'increase'));
        expect(mirrored.guardrail).toEqual(one.guardrail);
        expect(mirrored.sequence.relative_lower ?? 0).toBe(-(one.sequence.relative_upper ?? 0) + 0);
        expect(mirrored.relative.lower ?? 0).toBe(-(one.relative.upper ?? 0) + 0);
      }),
    );
  });

  it('is absent at a control of 0, and all else is there', () => {
    const one = compared('proportion', { n: 900, sum: 0 }, { n: 900, sum: 135 }, guarding(0.1));
    expect(one.relative).toMatchObject({ lift: null, lower: null, upper: null, bounded: false });
    expect(one.sequence).toMatchObject({ relative_lower: null, relative_upper: null });
    expect(one.sequence.lower).toBeGreaterThan(0);
    expect(one.guardrail!.harm).toBe(true);
    expect(one.notes).toEqual(['control_is_zero']);
  });
});

describe('the interval that holds', () => {
  const arms = [spread(400, 10, 4), spread(300, 11, 5)] as const;

  it('is the sequence until the horizon and the fixed test at it, and nothing else changes', () => {
    const [before, at] = [false, true].map((at_horizon) =>
      compared('mean', ...arms, guarding(0.1), { at_horizon, mde: 0.05 }),
    );
    const { valid_now: early, ...others } = before!;
    const { valid_now: late, ...same } = at!;
    expect(same).toEqual(others);
    const { lower, upper, relative_lower, relative_upper } = before!.sequence;
    expect(early).toEqual({ kind: 'sequence', lower, upper, relative_lower, relative_upper });
    const { z: _, p_value: __, ...limits } = before!.final;
    expect(late).toEqual({ kind: 'final', ...limits });
  });

  it('rests on one variance for the sequence, the fixed test and the estimate', () => {
    const one = compared('mean', ...arms, { prior_sd: 0.3 });
    const variance = (1 / one.final.z!) ** 2;
    const c = sequenceMultiplier(0.01, 20_000, 700);
    near(one.sequence.half_width, c * Math.sqrt(variance));
    near(one.estimate, 0.09 / (0.09 + variance));
    expect(variance).toBeGreaterThanOrEqual(one.standard_error! ** 2);
  });
});

describe('α is per life', () => {
  const harmFrom = (later_epochs?: number): number => {
    const harm = (t: number): boolean =>
      compared(
        'error_rate',
        { n: 9_000, errors: 40 },
        { n: 9_000, errors: t },
        guarding(0.05),
        later_epochs === undefined ? {} : { later_epochs },
      ).guardrail!.harm;
    return Array.from({ length: 200 }, (_, t) => t).find(harm)!;
  };

  it('harm is proven at G/(0.8·α), and at G·K/(0.2·α) in later epochs', () => {
    for (const [later, threshold] of [
      [undefined, 1 / (0.8 * 0.05)],
      [1, 1 / (0.2 * 0.05)],
      [4, 4 / (0.2 * 0.05)],
    ] as const) {
      const errors = harmFrom(later);
      const log = (t: number): number =>
        compared('error_rate', { n: 9_000, errors: 40 }, { n: 9_000, errors: t }, guarding(0.05)).guardrail!
          .log_e_harm!;
      expect(log(errors)).toBeGreaterThanOrEqual(Math.log(threshold));
      expect(log(errors - 1)).toBeLessThan(Math.log(threshold));
    }
  });
});

describe('what is null', () => {
  const nulls = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && value !== null && Object.values(value).some(nulls));
  const arm = fc
    .integer({ min: 0, max: 40 })
    .chain((n) => fc.record({ n: fc.constant(n), y: fc.integer({ min: 0, max: n }) }));

  it('has a note, and a note means that something is null', () => {
    fc.assert(
      fc.property(fc.constantFrom(...METRIC_KINDS), arm, arm, (kind, c, t) => {
        // y units of one, the others of nothing.
        const [control, treatment] = [c, t].map(({ n, y }) => {
          const own = alike(kind, y, 1);
          return { ...own, n };
        });
        const { notes, estimate: _, ...one } = compared(kind, control!, treatment!, guarding(0.2));
        expect(notes !== undefined).toBe(nulls(one));
      }),
    );
  });

  it('leaves an error rate its e-values with a single unit', () => {
    const one = compared('error_rate', { n: 1, errors: 0 }, { n: 1, errors: 1 }, guarding(0.2));
    expect(one).toMatchObject({
      difference: 1,
      z: null,
      p_value: null,
      final: { z: null },
      notes: ['too_few_units', 'control_is_zero'],
    });
    expect(one.guardrail!.log_e_harm).not.toBeNull();
    expect(one.guardrail!.p_value).toBeLessThan(1);
    expect(
      compared('error_rate', { n: 0, errors: 0 }, { n: 1, errors: 1 }, guarding(0.2)).guardrail,
    ).toMatchObject({
      status: 'blind',
      lacks: 'data',
    });
  });

  it('makes a guardrail blind where units or requests are missing', () => {
    for (const kind of METRIC_KINDS) {
      const one = compared(kind, alike(kind, 500, 1), alike(kind, 0, 1), guarding(0.1));
      expect(one.guardrail, kind).toMatchObject({ status: 'blind', lacks: 'data', harm: false });
    }
    const silent = compared('ratio', alike('ratio', 500, 1), alike('ratio', 500, 0, 0), guarding(0.1));
    expect(silent).toMatchObject({
      guardrail: { status: 'blind', lacks: 'data' },
      notes: ['zero_denominator'],
    });
  });
});

describe('a quantile as a guardrail', () => {
  const arms = [
    { n: 900, sum_y: 90, sum_d: 900, sum_yy: 90, sum_dd: 900, sum_yd: 90 },
    { n: 900, sum_y: 30, sum_d: 900, sum_yy: 30, sum_dd: 900, sum_yd: 30 },
  ] as const;

  it('has no lift, because the treatment is counted beyond quantile and margin', () => {
    const one = compared('quantile', ...arms, guarding(0.2));
    near(one.difference, -1 / 15);
    expect(one).toMatchObject({
      relative: { lift: null, lower: null, upper: null, bounded: false },
      sequence: { relative_lower: null, relative_upper: null },
      final: { relative_lower: null, relative_upper: null },
      valid_now: { relative_lower: null, relative_upper: null },
      notes: ['beyond_margin'],
    });
    expect(one.sequence.upper).toBeLessThan(0);
  });

  it('has one in any other role', () => {
    near(compared('quantile', ...arms).relative.lift, -2 / 3);
  });
});

describe('a quantile without a threshold', () => {
  const requests = { n: 300, sum_d: 900, sum_dd: 4_000 };

  it('is compared, blind', () => {
    const one = compared('quantile', requests, requests, guarding(0.2));
    expect(one.guardrail).toMatchObject({
      log_e_harm: null,
      harm: false,
      status: 'blind',
      lacks: 'threshold',
    });
    expect(one).toMatchObject({ control_value: null, notes: ['no_threshold'] });
  });

  it('is refused where only one arm lacks the sums', () => {
    expect(() => compared('quantile', alike('quantile', 300, 1, 3), requests, guarding(0.2))).toThrow(
      'metrics.0.arms.treatment.sum_y',
    );
  });
});

describe('input that nobody can have measured', () => {
  it('is refused by name', () => {
    const mean = { n: 100, sum: 500, sum_sq: 3_000, sum_x: 500, sum_xx: 3_000 };
    const ratio = { n: 100, sum_y: 50, sum_d: 100, sum_yy: 50, sum_dd: 120 };
    for (const [kind, arm, field] of [
      ['mean', { ...mean, sum_xy: 30_000 }, 'sum_xy'],
      ['mean', { ...mean, sum_xy: 1_900 }, 'sum_xy'],
      ['ratio', { ...ratio, sum_yd: 5_000 }, 'sum_yd'],
      ['ratio', { ...ratio, sum_yd: -5_000 }, 'sum_yd'],
    ] as const) {
      expect(() => compared(kind, arm, arm)).toThrow(`metrics.0.arms.control.${field}`);
    }
    expect(() => compared('mean', { ...mean, sum_xy: 2_900 }, { ...mean, sum_xy: 2_100 })).not.toThrow();
  });

  it.each([
    [{ later_epochs: 0 }, 'later_epochs'],
    [{ later_epochs: 1.5 }, 'later_epochs'],
    [{ planned_units: '0' }, 'planned_units'],
    [{ planned_units: 2.5 }, 'planned_units'],
    [{ mde: 0 }, 'mde'],
  ])('%j', (design, field) => {
    expect(() =>
      compared('proportion', { n: 9, sum: 1 }, { n: 9, sum: 1 }, {}, design as Partial<AnalyzeInput>),
    ).toThrow(field);
  });

  it('takes planned units as a decimal string, and no prior of nothing', () => {
    const arms = [
      { n: 900, sum: 90 },
      { n: 900, sum: 99 },
    ] as const;
    expect(compared('proportion', ...arms, {}, { planned_units: '20000' })).toEqual(
      compared('proportion', ...arms),
    );
    for (const prior_sd of [0, -1, '1']) {
      expect(() => compared('proportion', ...arms, { prior_sd } as More)).toThrow('metrics.0.prior_sd');
    }
  });
});
