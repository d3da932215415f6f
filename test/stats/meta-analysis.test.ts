import { expect, it } from 'vitest';
import { spreadOfTrueLifts } from '../../src/stats/meta-analysis.js';

const of = (lifts: number[], errors: number[]) =>
  spreadOfTrueLifts(lifts.map((lift, index) => ({ lift, standard_error: errors[index]! })));

it('is that of DerSimonian and Laird', () => {
  // By hand: w = 4, 1, 1; mean (4·0 + 3 + 0)/6 = 0.5; Q = 4·0.25 + 6.25 + 0.25 = 7.5; (7.5 − 2)/(6 − 18/6) = 5.5/3.
  expect(of([0, 3, 0], [0.5, 1, 1])).toBeCloseTo(Math.sqrt(5.5 / 3), 12);
  // statsmodels 0.14.6: combine_effects(effect, variance, method_re='dl').tau2.
  expect(
    of(
      [0.04, -0.01, 0.002, 0.06, 0.015, -0.03, 0.01, 0.005, 0.08, -0.02],
      [0.01, 0.012, 0.02, 0.015, 0.01, 0.011, 0.03, 0.008, 0.02, 0.01],
    )! ** 2,
  ).toBeCloseTo(0.000793950011635383, 14);
});

it('is 0 where chance alone explains the differences, and null where there is nothing to compare', () => {
  expect(of([0.01, 0.012, 0.009], [0.01, 0.01, 0.01])).toBe(0);
  expect(of([0.1], [0.01])).toBeNull();
  expect(of([], [])).toBeNull();
});
