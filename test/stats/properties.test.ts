import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runningP, type RunningP } from '../../src/lifecycle/look.js';
import { analyze } from '../../src/metrics/evidence-for.js';
import type { Comparison } from '../../src/stats/evidence.js';
import type { AnalyzeInput, MetricInput } from '../../src/stats/input.js';

const design = {
  control: 'control',
  planned_units: 5_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
};

type Arm = Record<string, bigint>;
const add = (a: Arm, b: Arm): Arm =>
  Object.fromEntries(Object.keys(a).map((name) => [name, a[name]! + b[name]!]));

/** One unit's contribution to the sums of each kind. */
const UNIT: Record<MetricInput['kind'], (y: number, d: number) => Arm> = {
  proportion: (y) => ({ n: 1n, sum: y > 50 ? 1n : 0n }),
  error_rate: (y) => ({ n: 1n, errors: y > 80 ? 1n : 0n }),
  mean: (y) => ({ n: 1n, sum: BigInt(y), sum_sq: BigInt(y * y) }),
  ratio: (y, d) => ({
    n: 1n,
    sum_y: BigInt(y),
    sum_d: BigInt(d),
    sum_yy: BigInt(y * y),
    sum_dd: BigInt(d * d),
    sum_yd: BigInt(y * d),
  }),
  quantile: (y, d) => UNIT.ratio(Math.min(y, d), d),
};
const KINDS = Object.keys(UNIT) as MetricInput['kind'][];

const unit = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 9 }));
const people = fc.array(unit, { minLength: 3, maxLength: 30 });
const kind = fc.constantFrom(...KINDS);

function sumsOf(of: MetricInput['kind'], units: [number, number][]): Arm {
  return units.map(([y, d]) => UNIT[of](y, d)).reduce(add);
}

function inputOf(
  of: MetricInput['kind'],
  arms: Record<string, Arm>,
  more: Partial<MetricInput> = {},
): AnalyzeInput {
  const texts = Object.fromEntries(
    Object.entries(arms).map(([name, arm]) => [
      name,
      Object.fromEntries(Object.entries(arm).map(([field, value]) => [field, value.toString()])),
    ]),
  );
  return {
    ...design,
    allocation: Object.fromEntries(Object.keys(arms).map((name) => [name, 1])),
    metrics: [
      {
        metric_id: 'm',
        role: 'guardrail',
        kind: of,
        direction: 'decrease',
        margin: 0.1,
        arms: texts,
        ...more,
      },
    ],
  };
}

const only = (input: AnalyzeInput, variant = 'treatment'): Comparison =>
  analyze(input).metrics[0]!.comparisons.find((one) => one.variant === variant)!;

describe('evidence', () => {
  it('is the same to the last bit whatever order arms and units come in, merged from any two halves', () => {
    fc.assert(
      fc.property(kind, people, people, people, fc.nat(), (of, a, b, c, cut) => {
        const [control, treatment, other] = [sumsOf(of, a), sumsOf(of, b), sumsOf(of, c)];
        const whole = inputOf(of, { control, treatment, other });
        const turned = inputOf(of, { other, treatment, control });
        for (const variant of ['treatment', 'other'])
          expect(only(turned, variant)).toEqual(only(whole, variant));
        expect(analyze(turned).srm).toEqual(analyze(whole).srm);
        const at = 1 + (cut % (b.length - 1));
        const merged = add(sumsOf(of, b.slice(at)), sumsOf(of, b.slice(0, at).reverse()));
        expect(analyze(inputOf(of, { control, treatment: merged, other }))).toEqual(analyze(whole));
      }),
    );
  });

  it('does not depend on the unit that values are measured in', () => {
    fc.assert(
      fc.property(people, people, fc.integer({ min: 2, max: 10_000 }), (a, b, factor) => {
        const control = sumsOf('mean', a);
        const treatment = sumsOf('mean', b);
        const scaled = (arm: Arm): Arm => ({
          n: arm['n']!,
          sum: arm['sum']! * BigInt(factor),
          sum_sq: arm['sum_sq']! * BigInt(factor) ** 2n,
        });
        const plain = only(inputOf('mean', { control, treatment }));
        // The same values in finer integers: identical.
        expect(
          only(
            inputOf('mean', { control: scaled(control), treatment: scaled(treatment) }, { scale: factor }),
          ),
        ).toEqual(plain);
        // Values that are larger: the same in relative terms.
        const larger = only(inputOf('mean', { control: scaled(control), treatment: scaled(treatment) }));
        for (const [one, two] of [
          [larger.p_value, plain.p_value],
          [larger.relative.upper, plain.relative.upper],
          [larger.sequence.p_value, plain.sequence.p_value],
          [larger.guardrail!.log_e_harm, plain.guardrail!.log_e_harm],
        ] as const) {
          if (two === null) expect(one).toBeNull();
          else expect(one! - two).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(two)));
        }
      }),
    );
  });

  it('mirrors when more and less change places', () => {
    fc.assert(
      fc.property(people, people, (a, b) => {
        const arms = { control: sumsOf('mean', a), treatment: sumsOf('mean', b) };
        const less = only(inputOf('mean', arms));
        const more = only(inputOf('mean', arms, { direction: 'increase' }));
        expect(more.p_value).toBe(less.p_value);
        if (less.bayes.chance_to_win === null) return;
        expect(more.bayes.chance_to_win! + less.bayes.chance_to_win).toBeCloseTo(1, 12);
        expect(more.bayes.expected_loss! - less.bayes.expected_loss!).toBeCloseTo(-more.difference!, 9);
      }),
    );
  });

  it('has e-values for harm and for safety that cannot both be large', () => {
    fc.assert(
      fc.property(kind, people, people, (of, a, b) => {
        const { guardrail } = only(inputOf(of, { control: sumsOf(of, a), treatment: sumsOf(of, b) }));
        if (guardrail!.log_e_harm === null || guardrail!.log_e_non_inferior === null) return;
        expect(Math.min(guardrail!.log_e_harm, guardrail!.log_e_non_inferior)).toBeLessThan(Math.log(20));
        expect(guardrail!.harm && guardrail!.non_inferior).toBe(false);
      }),
    );
  });

  it.each([3, 1e3, 1e6, 1e9, 1e12])('has a Bayesian readout where nobody or everybody of %d does it', (n) => {
    for (const [c, t] of [
      [0, 0],
      [n, n],
      [0, n],
      [n, n - 1],
    ] as const) {
      const arms = {
        control: { n: BigInt(n), sum: BigInt(c) },
        treatment: { n: 5n, sum: t === 0 ? 0n : 5n },
      };
      const { chance_to_win, expected_loss } = only(inputOf('proportion', arms)).bayes;
      if (chance_to_win === null) continue;
      expect(chance_to_win).toBeGreaterThanOrEqual(0);
      expect(chance_to_win).toBeLessThanOrEqual(1);
      expect(expected_loss).toBeGreaterThanOrEqual(0);
    }
  });

  it('has a running p-value that never rises', () => {
    fc.assert(
      fc.property(fc.array(people, { minLength: 2, maxLength: 8 }), people, (batches, control) => {
        const units: [number, number][] = [];
        let running: RunningP = {};
        for (const batch of batches) {
          units.push(...batch);
          const arms = { control: sumsOf('mean', control), treatment: sumsOf('mean', units) };
          const evidence = analyze(inputOf('mean', arms));
          const after = runningP(evidence, running);
          const now = evidence.metrics[0]!.comparisons[0]!.sequence.p_value ?? 1;
          expect(after['m']!['treatment']).toBe(Math.min(running['m']?.['treatment'] ?? 1, now));
          running = after;
        }
      }),
    );
  });
});
