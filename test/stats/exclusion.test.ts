import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/metrics/kinds.js';
import { exclusion } from '../../src/stats/exclusion.js';
import type { MetricInput } from '../../src/stats/input.js';
import { parseInput } from '../../src/stats/parse-input.js';

function excluded(metric: Partial<MetricInput>, harm: number, floor = 0.001) {
  const input = parseInput(KINDS, {
    control: 'c',
    allocation: { c: 50, t: 50 },
    planned_units: 20_000,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    metrics: [
      {
        metric_id: 'm',
        role: 'guardrail',
        kind: 'error_rate',
        direction: 'decrease',
        margin: 0.1,
        ...metric,
      },
    ],
  });
  return exclusion(input, input.metrics[0]!, 't', harm, floor);
}

const errors = (c: number, t: number, n = 10_000) => ({ arms: { c: { n, errors: c }, t: { n, errors: t } } });

describe('the evidence that a harm is excluded', () => {
  it('grows with the size of the harm', () => {
    const [half, double] = [0.5, 2].map((harm) => excluded(errors(100, 100), harm).log_e!);
    expect(double!).toBeGreaterThan(half!);
    expect(double!).toBeGreaterThan(Math.log(20));
  });

  it('does not come from having no errors, but then the rate itself has a limit', () => {
    const { log_e, error_free_limit } = excluded(errors(0, 0), 0.5);
    expect(log_e ?? -Infinity).toBeLessThan(Math.log(20));
    // 1 − (0.05·1000/(1000 + 10000))^(1/10000)
    expect(error_free_limit).toBeCloseTo(1 - (50 / 11_000) ** 1e-4, 12);
    expect(excluded(errors(0, 0, 1_000), 0.5).error_free_limit!).toBeGreaterThan(0.001);
    expect(excluded(errors(1, 0), 0.5).error_free_limit).toBeNull();
    expect(excluded(errors(0, 0, 0), 0.5).error_free_limit).toBeNull();
  });

  it('of a quantile holds only for harms as large as the margin that its sums are counted by', () => {
    const arm = { n: 1000, sum_d: 10_000, sum_dd: 100_000, sum_y: 500, sum_yy: 700, sum_yd: 5_000 };
    const quantile = {
      kind: 'quantile',
      margin: 0.2,
      arms: { c: arm, t: { ...arm, sum_y: 100, sum_yy: 140, sum_yd: 1_000 } },
    } as const;
    expect(excluded(quantile, 0.1).log_e).toBeNull();
    expect(excluded(quantile, 0.2).log_e).not.toBeNull();
  });
});
