import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/metrics/kinds.js';
import { unmeasuredIn } from '../../src/metrics/unmeasured.js';
import { evidenceOf } from '../../src/stats/analyze.js';
import type { AnalyzeInput, MetricInput } from '../../src/stats/input.js';
import { parseInput } from '../../src/stats/parse-input.js';

const DESIGN: Omit<AnalyzeInput, 'metrics'> = {
  control: 'control',
  allocation: { control: 1, treatment: 1, other: 1 },
  planned_units: 20_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
};

function lacks(metric: Pick<MetricInput, 'kind' | 'arms'>) {
  const input: AnalyzeInput = {
    ...DESIGN,
    metrics: [{ metric_id: 'm', role: 'guardrail', direction: 'decrease', margin: 0.2, ...metric }],
  };
  return unmeasuredIn(input, evidenceOf(parseInput(KINDS, input)));
}

const requests = (n: number, each: number) => ({ n, sum_d: n * each, sum_dd: n * each * each });
const ratio = (n: number, d: number) => ({
  ...{ n, sum_y: 0, sum_yy: 0, sum_yd: 0 },
  ...{ sum_d: n * d, sum_dd: n * d * d },
});

describe('what cannot be compared yet', () => {
  it('is nothing where every arm has units', () => {
    const arm = { n: 900, sum: 90 };
    expect(lacks({ kind: 'proportion', arms: { control: arm, treatment: arm, other: arm } })).toEqual([]);
  });

  it('lacks values of the control for its threshold', () => {
    const arms = { control: requests(37, 10), treatment: requests(900, 10), other: requests(1, 10) };
    const lack = { metric_id: 'm', code: 'no_threshold', arm: 'control', have: 370, need: 1_000 };
    expect(lacks({ kind: 'quantile', arms })).toEqual([
      { ...lack, variant: 'treatment' },
      { ...lack, variant: 'other' },
    ]);
  });

  it('lacks units, of the control or of the arm', () => {
    const lack = { metric_id: 'm', code: 'too_few_units', need: 2 };
    const arms = { control: { n: 900, sum: 90 }, treatment: { n: 1, sum: 1 }, other: { n: 0, sum: 0 } };
    expect(lacks({ kind: 'proportion', arms })).toMatchObject([
      { ...lack, variant: 'other', arm: 'other', have: 0 },
    ]);
    const few = { ...arms, control: { n: 0, sum: 0 } };
    expect(lacks({ kind: 'proportion', arms: few })).toMatchObject([
      { ...lack, variant: 'treatment', arm: 'control', have: 0 },
      { ...lack, variant: 'other', have: 0 },
    ]);
  });

  it('lacks anything to divide by', () => {
    const arms = { control: ratio(900, 1), treatment: ratio(900, 0), other: ratio(900, 1) };
    expect(lacks({ kind: 'ratio', arms })).toEqual([
      { metric_id: 'm', variant: 'treatment', code: 'zero_denominator', arm: 'treatment', have: 0, need: 1 },
    ]);
  });
});
