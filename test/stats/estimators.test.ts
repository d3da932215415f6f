import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean, rate, ratio, type Moments } from '../../src/stats/estimators.js';
import { toNumber } from '../../src/stats/rational.js';

const units = fc.array(
  fc.record({ y: fc.integer({ min: -50, max: 200 }), d: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 2, maxLength: 40 },
);

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** The variance of the mean of independent values. */
function varianceOfMean(values: number[]): number {
  const average = sum(values) / values.length;
  return sum(values.map((value) => (value - average) ** 2)) / (values.length - 1) / values.length;
}

function expectMoments({ value, variance }: Moments, wanted: { value: number; variance: number }): void {
  expect(toNumber(value!)).toBeCloseTo(wanted.value, 9);
  const error = Math.abs(toNumber(variance!) - wanted.variance);
  expect(error).toBeLessThanOrEqual(1e-9 * Math.max(1, wanted.variance));
}

describe('moments out of sums are those of the units:', () => {
  it('of a rate', () => {
    const moments = rate('sum').moments({ n: 200n, sum: 30n }, 1n);
    expectMoments(moments, { value: 0.15, variance: (0.15 * 0.85) / 200 });
  });

  it('of a mean', () => {
    fc.assert(
      fc.property(units, fc.constantFrom(1, 100), (own, scale) => {
        const values = own.map(({ y }) => y / scale);
        const sums = { n: BigInt(own.length), sum: BigInt(sum(own.map(({ y }) => y))) };
        const sum_sq = BigInt(sum(own.map(({ y }) => y * y)));
        expectMoments(mean.moments({ ...sums, sum_sq }, BigInt(scale)), {
          value: sum(values) / own.length,
          variance: varianceOfMean(values),
        });
      }),
    );
  });

  it('of a ratio, whose variance is that of the mean of (y − R·d)/D̄', () => {
    fc.assert(
      fc.property(units, fc.constantFrom(1, 100), (own, scale) => {
        const integer = (of: (unit: { y: number; d: number }) => number): bigint => BigInt(sum(own.map(of)));
        const moments = ratio.moments(
          {
            n: BigInt(own.length),
            sum_y: integer(({ y }) => y),
            sum_d: integer(({ d }) => d),
            sum_yy: integer(({ y }) => y * y),
            sum_dd: integer(({ d }) => d * d),
            sum_yd: integer(({ y, d }) => y * d),
          },
          BigInt(scale),
        );
        const denominator = sum(own.map(({ d }) => d)) / own.length;
        const value = sum(own.map(({ y }) => y / scale)) / own.length / denominator;
        const residuals = own.map(({ y, d }) => (y / scale - value * d) / denominator);
        expectMoments(moments, { value, variance: varianceOfMean(residuals) });
      }),
    );
  });
});
