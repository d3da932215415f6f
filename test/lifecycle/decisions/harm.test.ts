import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lifecycle/decide.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import { harmThreshold } from '../../../src/lifecycle/guardrails.js';
import type { Plan } from '../../../src/lifecycle/plan.js';
import {
  lookAt,
  planFor,
  ramping,
  running,
  SECOND,
  START,
  taken,
  THREE_ARMS,
  undecided,
  type PlanOptions,
} from '../fixtures.js';

describe('proven harm', () => {
  it('guardrail_harm: rolls back on proven harm of a guardrail, also while ramping', () => {
    const harm = { errors: { log_e_harm: harmThreshold(planFor(), 0) } };
    expect(taken(ramping, 2 * SECOND, harm)).toMatchObject({ row: 'guardrail_harm', decision: 'roll_back' });
    expect(taken(running, 15 * SECOND, harm)).toMatchObject({ row: 'guardrail_harm', decision: 'roll_back' });
    expect(
      taken(ramping, 2 * SECOND, { errors: { log_e_harm: harmThreshold(planFor(), 0) - 0.001 } }).row,
    ).toBe('too_early');
  });

  it('spends its α once per life: most of it before shipping, the rest shared by the epochs after it', () => {
    const { alpha } = planFor().policy.guardrails;
    const bounds = (plan: Plan) => [0, 1, 2].map((epoch) => Math.exp(-harmThreshold(plan, epoch)));
    // Two epochs are planned after epoch 0, the steps of the roll-out; G is 1 guardrail × 1 or 2 treatments.
    for (const [plan, family] of [
      [planFor(), 1],
      [planFor({ arms: THREE_ARMS }), 2],
    ] as const) {
      const [first, ...later] = bounds(plan);
      expect(first! * family).toBeCloseTo(0.8 * alpha, 12);
      for (const one of later) expect(one * family).toBeCloseTo((0.2 * alpha) / 2, 12);
      expect(bounds(plan).reduce((sum, bound) => sum + bound * family, 0)).toBeCloseTo(alpha, 12);
    }
  });

  it('takes the threshold of the epoch that was looked at', () => {
    const plan = planFor();
    const row = (epoch: number, log_e_harm: number) => {
      const phase = { state: 'watching' as const, winner: 'treatment', until: START };
      const state = { ...running(plan), epoch, phase };
      const look = lookAt(state, START + 30 * SECOND, { errors: { log_e_harm } });
      return decide(plan, state, look, START + 30 * SECOND).decision?.row;
    };
    const later = harmThreshold(plan, 1);
    expect(row(1, later - 0.001)).toBeUndefined();
    expect(row(1, later)).toBe(ROW.guardrail_harm);
  });

  it('suspects with a p-value that is shared among guardrails and treatments', () => {
    const holds = (p_value: number, options: PlanOptions) =>
      taken(ramping, 2 * SECOND, { errors: { p_value } }, options).holds;
    expect(holds(0.009, {})).toEqual(['guardrail_suspect']);
    expect(holds(0.009, { arms: THREE_ARMS })).not.toContain('guardrail_suspect');
    expect(holds(0.004, { arms: THREE_ARMS })).toContain('guardrail_suspect');
  });

  it('primary_harm: rolls back when a primary is worse at every value its sequence allows', () => {
    const bad = { ctr: [{ sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } }] };
    expect(taken(ramping, 2 * SECOND, bad)).toMatchObject({ row: 'primary_harm', decision: 'roll_back' });
    const few = { ...bad, more: { units: { control: 99, treatment: 500 } } };
    expect(taken(ramping, 2 * SECOND, few).row).toBe('too_early');
  });

  it('drops one of several treatments that harms, and the experiment goes on', () => {
    const plan = planFor({
      arms: [
        ['control', 34],
        ['treatment', 33],
        ['b', 33],
      ],
    });
    const state = ramping(plan);
    const look = lookAt(state, START + 4 * SECOND, { errors: { log_e_harm: 100 } });
    expect(decide(plan, state, look, START + 4 * SECOND)).toMatchObject({
      harmedArms: ['treatment'],
      decision: { row: ROW.guardrail_harm, decision: 'continue' },
    });
  });
});
