import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effectOf,
  POWER_DEFAULTS,
  sampleFor,
  sharedPower,
  unitsFor,
  type PowerDesign,
} from '../../src/stats/power.js';

const rate = (baseline: number, more: Partial<PowerDesign> = {}): PowerDesign => ({
  metric: { kind: 'proportion', baseline },
  ...POWER_DEFAULTS,
  ...more,
});

describe('power', () => {
  it('says what a policy can detect', () => {
    expect(effectOf(rate(0.1), 1_000)).toBeCloseTo(0.422, 3);
    expect(unitsFor(rate(0.1), 0.01)! / 1.52e6).toBeCloseTo(1, 2);
  });

  it('is the formula: (z + z)²·(σ² + σ²/k)/Δ²·1.07·(1 − corr²)', () => {
    const z = 1.959963984540054 + 0.8416212335729143;
    const wanted = ((z * z * (0.2 * 0.8 + (0.22 * 0.78) / 3)) / 0.02 ** 2) * 1.07 * 0.75;
    const design = rate(0.2, { ratio: 3, correlation: 0.5 });
    expect(unitsFor(design, 0.1)! / wanted).toBeCloseTo(1, 10);
    expect(sampleFor(design, 0.1)).toEqual({
      units_per_variant: Math.ceil(wanted),
      total: Math.ceil(wanted) + Math.ceil(3 * wanted),
    });
  });

  it('is its own inverse, up and down, for rates and means', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        fc.double({ min: 0.001, max: 0.1, noNaN: true }),
        fc.constantFrom('increase' as const, 'decrease' as const),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        fc.boolean(),
        (baseline, mde, direction, ratio, mean) => {
          const design = mean
            ? { ...rate(0.1, { ratio }), metric: { kind: 'mean' as const, baseline, standard_deviation: 3 } }
            : rate(baseline, { direction, ratio });
          const units = unitsFor(design, mde);
          expect(units).not.toBeNull();
          expect(effectOf(design, units!)! / mde).toBeCloseTo(1, 7);
        },
      ),
    );
  });

  it('knows the family: Holm tests the first of k comparisons at α/k', () => {
    expect(sampleFor(rate(0.1, { comparisons: 3 }), 0.05)!.units_per_variant).toBe(82_436);
  });

  it('counts all arms, each rounded up', () => {
    const design = rate(0.2, { ratio: 1.7, comparisons: 3 });
    const control = unitsFor(design, 0.1)!;
    expect(sampleFor(design, 0.1, 4)!.total).toBe(Math.ceil(control) + 3 * Math.ceil(1.7 * control));
  });

  it('is the same for means, ratios and quantiles of one spread, below zero as well', () => {
    for (const kind of ['mean', 'ratio', 'quantile'] as const) {
      const of = (baseline: number): PowerDesign => ({
        ...rate(0.1),
        metric: { kind, baseline, standard_deviation: 2 },
      });
      const z = 1.959963984540054 + 0.8416212335729143;
      expect(unitsFor(of(10), 0.05)! / (((z * z * 8) / 0.25) * 1.07)).toBeCloseTo(1, 10);
      expect(unitsFor(of(-10), 0.05)).toBe(unitsFor(of(10), 0.05));
      expect(effectOf(of(-10), unitsFor(of(-10), 0.05)!)).toBeCloseTo(0.05, 12);
    }
  });

  it('shares out what may be missed among the primary and the guardrails that must be proven safe', () => {
    expect(sharedPower(0.8, 0)).toBeCloseTo(0.8, 12);
    expect(sharedPower(0.8, 3)).toBeCloseTo(0.95, 12);
  });

  it('has no answer where the rate would pass 1', () => {
    expect(sampleFor(rate(0.9), 0.2)).toBeNull();
    expect(effectOf(rate(0.9), 10)).toBeNull();
  });
});
