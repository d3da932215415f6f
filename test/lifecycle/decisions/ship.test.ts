import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lifecycle/decide.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import { good, lookAt, planFor, running, SECOND, START, taken, takenAtTheEnd } from '../fixtures.js';

describe('shipping', () => {
  it('early_winner: a winner, unless a guardrail looks harmful', () => {
    expect(taken(running, 30 * SECOND, { ctr: [good] })).toMatchObject({
      row: 'early_winner',
      decision: 'winner',
    });
    expect(taken(running, 30 * SECOND, { ctr: [good], errors: { p_value: 0.009 } }).row).toBe(
      'before_horizon',
    );
    const strict = {
      policy: { guardrails: { alpha: 0.05, to_ship: 'non_inferior' as const, '*': { margin: 0.1 } } },
    };
    expect(taken(running, 30 * SECOND, { ctr: [good] }, strict).row).toBe('before_horizon');
    expect(taken(running, 30 * SECOND, { ctr: [good], errors: { non_inferior: true } }, strict).row).toBe(
      'early_winner',
    );
  });

  it('says where a changing lift kept a winner from shipping', () => {
    const changing = { ...good, novelty: { slope: -0.01, z: -2.6, days: 6 } };
    expect(taken(running, 30 * SECOND, { ctr: [changing] })).toMatchObject({
      row: 'before_horizon',
      decision: 'continue',
    });
    const steady = { ...good, novelty: { slope: -0.01, z: -2.5, days: 6 } };
    expect(taken(running, 30 * SECOND, { ctr: [steady] })).toMatchObject({
      row: 'early_winner',
      decision: 'winner',
    });
  });

  it('ships the treatment with the greatest lower limit', () => {
    const plan = planFor({
      arms: [
        ['control', 34],
        ['treatment', 33],
        ['b', 33],
      ],
    });
    const state = { ...running(planFor()), phase: { state: 'running' as const } };
    const better = { ...good, variant: 'b', sequence: { ...good.sequence, relative_lower: 0.15 } };
    const look = lookAt(state, START + 30 * SECOND, {
      ctr: [good, better],
      more: { units: { control: 900, treatment: 900, b: 900 } },
    });
    expect(decide(plan, state, look, START + 30 * SECOND).decision).toMatchObject({
      row: ROW.early_winner,
      variant: 'b',
    });
  });

  it('final_test: takes the fixed test at the horizon, both ways', () => {
    expect(takenAtTheEnd({ p_value: 0.039, difference: 0.01 })).toMatchObject({
      row: 'final_test',
      decision: 'winner',
    });
    expect(takenAtTheEnd({ p_value: 0.039, difference: -0.01 })).toMatchObject({
      row: 'final_test',
      decision: 'roll_back',
    });
  });

  it('inconclusive: inconclusive otherwise', () => {
    expect(takenAtTheEnd({ p_value: 0.041 })).toMatchObject({
      row: 'inconclusive',
      decision: 'inconclusive',
    });
  });
});
