import { describe, expect, it } from 'vitest';
import type { UsedEvidence } from '../../src/lifecycle/state.js';
import { operatorOf, toldDecision } from '../../src/lifecycle/told-reasons.js';

const used = (quantity: string, value: number | null, threshold: number): UsedEvidence => ({
  quantity,
  value,
  threshold,
});

describe('how a value stands to its threshold', () => {
  it.each([
    ['guardrail.log_e_harm', 5, 5, '>='],
    ['srm.log_bayes_factor', 8, 7, '>='],
    ['units', 3, 200, '<'],
    ['guardrail.exclusions.log_e', 1, 3, '<'],
    ['guardrail.exclusions.error_free_limit', 0.002, 0.001, '>='],
    ['sequence.upper', -0.1, 0, '<'],
    ['sequence.lower', 0.1, 0, '>'],
    ['sequence.p_value', 0.01, 0.01, '<='],
    ['sequence_at_final.p_value', 0.05, 0.04, '>'],
    ['final.relative_lower', -0.005, -0.01, '>'],
    ['limits_at_full_alpha.relative_upper', 0.005, 0.01, '<'],
    ['relative harm not excluded', 0.09, 0.05, '>'],
  ] as const)('%s: %d against %d', (quantity, value, threshold, op) => {
    expect(operatorOf(used(quantity, value, threshold))).toBe(op);
  });

  it('nothing is said where there is no value, or where the quantity is not known', () => {
    expect(operatorOf(used('srm.log_bayes_factor', null, 7))).toBeNull();
    expect(operatorOf(used('something new', 1, 7))).toBeNull();
  });
});

it('tells what decided from what is for information, and leaves what is stored as it is', () => {
  const reasons = [
    { code: 'primary', text: 'a', evidence: [used('final.p_value', 0.001, 0.04)] },
    { code: 'primary', text: 'b', evidence: [used('final.p_value', 0.3, 0.04)] },
    { code: 'guardrail_limit', text: 'c', evidence: [used('relative harm not excluded', null, 0.05)] },
    { code: 'novelty_unseen', text: 'd' },
  ];
  const before = structuredClone(reasons);
  const told = toldDecision({ row: 13, decision: 'winner', variant: 'treatment', reasons });
  expect(told.reasons.map(({ decisive }) => decisive)).toEqual([true, false, false, false]);
  expect(told.reasons[0]?.evidence).toEqual([{ ...before[0]?.evidence?.[0], op: '<=' }]);
  expect(told.reasons[2]?.evidence).toEqual(before[2]?.evidence);
  expect(reasons).toEqual(before);
});
