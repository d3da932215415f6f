import { expect, it } from 'vitest';
import type { Plan } from '../../src/lifecycle/plan.js';
import { evidenceFor } from '../../src/metrics/evidence-for.js';
import type { AnalyzeInput } from '../../src/stats/input.js';

it('compares nothing where nobody is served the control any more', () => {
  const arm = (sum: number) => ({ n: 1000, sum });
  const input: AnalyzeInput = {
    control: 'control',
    allocation: { treatment: 10_000 },
    planned_units: 20_000,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    metrics: [
      {
        metric_id: 'crashes',
        role: 'guardrail',
        kind: 'proportion',
        direction: 'decrease',
        margin: 0.1,
        arms: { treatment: arm(900) },
      },
    ],
  };
  expect(evidenceFor({ control: 'control' } as Plan, input)).toEqual({
    evidence: { srm: { chi_square: null, p_value: null, log_bayes_factor: 0, alarm: false }, metrics: [] },
    limits_at_full_alpha: [],
  });
});
