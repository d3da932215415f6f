import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lifecycle/decide.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import { harmThreshold } from '../../../src/lifecycle/guardrails.js';
import { lookAt, planFor, ramping, running, SECOND, START, taken, undecided } from '../fixtures.js';

describe('proven harm', () => {
  it('guardrail_harm: rolls back on proven harm of a guardrail, also while ramping', () => {
    const harm = { errors: { log_e_harm: harmThreshold(planFor(), 0) } };
    expect(taken(ramping, 2 * SECOND, harm)).toMatchObject({ row: 'guardrail_harm', decision: 'roll_back' });
    expect(taken(running, 15 * SECOND, harm)).toMatchObject({ row: 'guardrail_harm', decision: 'roll_back' });
    expect(
      taken(ramping, 2 * SECOND, { errors: { log_e_harm: harmThreshold(planFor(), 0) - 0.001 } }).row,
    ).toBe('too_early');
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
