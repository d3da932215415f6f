import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';
import { normalUpperTail } from '../../src/stats/distributions.js';
import type { Comparison } from '../../src/stats/evidence.js';
import type { ArmsInput, MetricInput } from '../../src/stats/input.js';
import { AnalyzeInputError } from '../../src/stats/parse-input.js';

type Stage = { allocation: Record<string, number>; arms: ArmsInput };

function total(stages: Stage[], arm: string): Record<string, number> {
  const names = Object.keys(stages[0]!.arms[arm]!);
  return Object.fromEntries(
    names.map((name) => [name, stages.reduce((sum, { arms }) => sum + Number(arms[arm]![name]), 0)]),
  );
}

function stratified(kind: MetricInput['kind'], strata: Stage[], more: Partial<MetricInput> = {}): Comparison {
  const arms = { control: total(strata, 'control'), treatment: total(strata, 'treatment') };
  return analyze({
    control: 'control',
    allocation: { control: 50, treatment: 50 },
    planned_units: 20_000,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    metrics: [{ metric_id: 'm', role: 'primary', kind, direction: 'decrease', arms, strata, ...more }],
  }).metrics[0]!.comparisons[0]!;
}

const stage = (
  [control, treatment]: [number, number],
  of: (arm: 'control' | 'treatment') => Record<string, number>,
): Stage => ({
  allocation: { control, treatment },
  arms: { control: of('control'), treatment: of('treatment') },
});

/** Few are treated at first, on bad days; later as many, on good ones: in each stage the arms are the same. */
const SIMPSON = [
  stage([90, 10], (arm) => (arm === 'control' ? { n: 9_000, sum: 900 } : { n: 1_000, sum: 100 })),
  stage([50, 50], () => ({ n: 5_000, sum: 1_500 })),
];

describe('strata', () => {
  it('see no difference where there is none in any stage, which the plain sums would show', () => {
    const apart = stratified('proportion', SIMPSON);
    expect(apart.difference).toBe(0);
    expect(apart.p_value).toBe(1);
    const { strata: _, ...metric } = {
      metric_id: 'm',
      role: 'primary' as const,
      kind: 'proportion' as const,
      direction: 'increase' as const,
      arms: { control: total(SIMPSON, 'control'), treatment: total(SIMPSON, 'treatment') },
      strata: SIMPSON,
    };
    const plain = analyze({
      control: 'control',
      allocation: { control: 50, treatment: 50 },
      planned_units: 20_000,
      alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
      metrics: [metric],
    }).metrics[0]!.comparisons[0]!;
    expect(plain.p_value).toBeLessThan(1e-10);
  });

  it('are weighted by their sizes', () => {
    const stages = [
      stage([90, 10], (arm) => (arm === 'control' ? { n: 900, sum: 90 } : { n: 100, sum: 12 })),
      stage([50, 50], (arm) => (arm === 'control' ? { n: 500, sum: 60 } : { n: 500, sum: 70 })),
    ];
    const w = [(900 * 100) / 1000, (500 * 500) / 1000];
    const d = (w[0]! * 0.02 + w[1]! * 0.02) / (w[0]! + w[1]!);
    const v = (p: number, n: number): number => (p * (1 - p)) / n;
    const variance =
      (w[0]! ** 2 * (v(0.1, 900) + v(0.12, 100)) + w[1]! ** 2 * (v(0.12, 500) + v(0.14, 500))) /
      (w[0]! + w[1]!) ** 2;
    const found = stratified('proportion', stages);
    expect(found.difference).toBeCloseTo(d, 14);
    expect(found.standard_error! ** 2 / variance).toBeCloseTo(1, 12);
    // The pooled test takes one rate for both arms, in each stage its own: Cochran's statistic.
    const pooled =
      (w[0]! ** 2 * 0.102 * 0.898 * (1 / 900 + 1 / 100) + w[1]! ** 2 * 0.13 * 0.87 * (1 / 500 + 1 / 500)) /
      (w[0]! + w[1]!) ** 2;
    expect(found.p_value! / (2 * normalUpperTail(d / Math.sqrt(pooled)))).toBeCloseTo(1, 10);
  });

  it('of one stage are the stage, for every kind', () => {
    const ratio = (f: number) => ({
      n: 500,
      sum_y: 250 * f,
      sum_d: 2500,
      sum_yy: 400 * f,
      sum_dd: 15_000,
      sum_yd: 1_500 * f,
    });
    const cases: [MetricInput['kind'], (arm: string) => Record<string, number>][] = [
      ['mean', (arm) => ({ n: 500, sum: arm === 'control' ? 5_000 : 5_300, sum_sq: 80_000 })],
      ['ratio', (arm) => ratio(arm === 'control' ? 1 : 1.2)],
      ['error_rate', (arm) => ({ n: 500, errors: arm === 'control' ? 20 : 30 })],
    ];
    for (const [kind, of] of cases) {
      const more = { role: 'guardrail' as const, margin: 0.1 };
      const apart = stratified(kind, [stage([50, 50], of)], more);
      const plain = stratified(kind, [stage([50, 50], of)], { ...more, strata: [] });
      expect(apart.z).toBe(plain.z);
      expect(apart.p_value).toBe(plain.p_value);
      expect(apart.sequence).toEqual(plain.sequence);
      expect(apart.guardrail!.log_e_harm).toBe(plain.guardrail!.log_e_harm);
    }
  });

  it('multiply the e-values of error rates, each at its own split', () => {
    const errors = (c: number, t: number, split: [number, number]): Stage =>
      stage(split, (arm) => (arm === 'control' ? { n: 900, errors: c } : { n: 900, errors: t }));
    const stages = [errors(30, 8, [90, 10]), errors(20, 40, [50, 50])];
    const more = { role: 'guardrail' as const, margin: 0.1 };
    const log = (of: Stage[]): number => stratified('error_rate', of, more).guardrail!.log_e_harm!;
    /** E_k by its definition: the prior restricted to the harmful side, against the boundary. */
    const e = (k: number, { allocation, arms }: Stage): number => {
      const share = allocation['treatment']! / (allocation['treatment']! + allocation['control']!);
      const boundary = (1.1 * share) / (1.1 * share + 1 - share);
      const [s, f] = [Number(arms['treatment']!['errors']), Number(arms['control']!['errors'])];
      const prior = (t: number): number => t ** (k * share - 1) * (1 - t) ** (k * (1 - share) - 1);
      const ratio = (t: number): number => (t / boundary) ** s * ((1 - t) / (1 - boundary)) ** f;
      const area = (of: (t: number) => number): number => {
        const points = Array.from({ length: 200_000 }, (_, i) => (i + 0.5) / 200_000);
        return points.reduce((sum, x) => sum + of(boundary + (1 - boundary) * x), 0);
      };
      return area((t) => prior(t) * ratio(t)) / area(prior);
    };
    for (const own of [[stages[0]!], [stages[1]!], stages]) {
      const product = (k: number): number => own.reduce((sum, stage) => sum * e(k, stage), 1);
      expect(log(own)).toBeCloseTo(Math.log(0.8 * product(20) + 0.2 * product(2)), 4);
    }
  });

  it('have a p-value of ½ where an error rate lies exactly at its margin, and none of harm without errors', () => {
    const errors = (c: number, t: number): Stage =>
      stage([50, 50], (arm) => ({ n: 1_000, errors: arm === 'control' ? c : t }));
    const at = (stages: Stage[]) =>
      stratified('error_rate', stages, { role: 'guardrail', margin: 0.5 }).guardrail!;
    expect(at([errors(20, 30), errors(40, 60)])).toMatchObject({ z: 0, p_value: 0.5 });
    expect(at([errors(20, 0), errors(40, 0)]).p_value).toBe(1);
    expect(at([errors(0, 0), errors(0, 0)])).toMatchObject({ z: null, p_value: 1, status: 'ok' });
  });

  it('keep the deciding variance where stages have no spread', () => {
    const all = stage([50, 50], (arm) => ({ n: 50, sum: arm === 'control' ? 0 : 50 }));
    const more = { role: 'guardrail' as const, margin: 0.1 };
    const found = stratified('proportion', [all, all], more);
    expect(found).toMatchObject({ difference: 1, standard_error: 0, z: null });
    // Each stage has d²/(N_k − 1), weighted alike.
    expect(found.final.z! ** -2).toBeCloseTo((0.25 / 99) * 2, 12);
    expect(found.guardrail!.harm).toBe(true);
  });

  it('leave out a stage with hardly anybody, and must add up', () => {
    const tiny = stage([99, 1], (arm) => (arm === 'control' ? { n: 40, sum: 4 } : { n: 1, sum: 1 }));
    const found = stratified('proportion', [tiny, ...SIMPSON]);
    expect(found.difference).toBe(0);
    expect(() =>
      stratified('proportion', SIMPSON, { arms: { control: { n: 1, sum: 0 }, treatment: { n: 1, sum: 0 } } }),
    ).toThrow(AnalyzeInputError);
  });
});
