import { describe, expect, it } from 'vitest';
import { decide, harmThreshold } from '../../src/lifecycle/decide.js';
import type { State } from '../../src/lifecycle/state.js';
import {
  lookAt,
  planFor,
  ramping,
  running,
  SECOND,
  START,
  undecided,
  type LookOptions,
  type PlanOptions,
} from './fixtures.js';

const HORIZON = 61 * SECOND;
const good = {
  difference: 0.05,
  p_value: 0.0001,
  relative: { lift: 0.5, lower: 0.2, upper: 0.8, level: 0.96, bounded: true },
  sequence: { ...undecided().sequence, lower: 0.01, upper: 0.09, relative_lower: 0.1, p_value: 0.0001 },
};

/** The row that is taken in a state made by `make`, at `at` after the start. */
function taken(
  make: (plan: ReturnType<typeof planFor>) => State,
  at: number,
  look: LookOptions = {},
  options: PlanOptions = {},
  change: Partial<State> = {},
) {
  const plan = planFor(options);
  const state = { ...make(plan), ...change };
  const { decision, holds, condemned } = decide(plan, state, lookAt(state, START + at, look), START + at);
  return {
    row: decision?.row,
    decision: decision?.decision,
    holds: holds.map((hold) => hold.code),
    condemned,
  };
}

describe('the decision table', () => {
  it('row 2: rolls back on proven harm of a guardrail, also while ramping', () => {
    const harm = { errors: { log_e_harm: harmThreshold(planFor()) } };
    expect(taken(ramping, 2 * SECOND, harm)).toMatchObject({ row: 2, decision: 'roll_back' });
    expect(taken(running, 15 * SECOND, harm)).toMatchObject({ row: 2, decision: 'roll_back' });
    expect(taken(ramping, 2 * SECOND, { errors: { log_e_harm: harmThreshold(planFor()) - 0.001 } }).row).toBe(
      7,
    );
  });

  it('row 3: rolls back when a primary is worse at every value its sequence allows', () => {
    const bad = { ctr: [{ sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } }] };
    expect(taken(ramping, 2 * SECOND, bad)).toMatchObject({ row: 3, decision: 'roll_back' });
    const few = { ...bad, more: { units: { control: 99, treatment: 500 } } };
    expect(taken(ramping, 2 * SECOND, few).row).toBe(7);
  });

  it('row 4: gives up when the split stays broken past its grace, or at the horizon', () => {
    const broken = { bayesFactor: Math.log(1000) };
    const since = (ms: number): Partial<State> => ({
      holds: [{ code: 'srm', since: START + ms, lifts_when: '' }],
    });
    expect(taken(running, 30 * SECOND, broken, {}, since(19 * SECOND))).toMatchObject({
      row: 4,
      decision: 'inconclusive',
    });
    expect(taken(running, 30 * SECOND, broken, {}, since(21 * SECOND))).toMatchObject({
      row: 9,
      decision: 'continue',
    });
    expect(taken(running, HORIZON, broken)).toMatchObject({ row: 4, decision: 'inconclusive' });
    const crossed = { more: { crossed_over: 100 } };
    expect(taken(running, HORIZON, crossed)).toMatchObject({ row: 4, holds: ['crossover'] });
  });

  it('row 5: ends what has outlived the longest duration and its approval', () => {
    const long = 10 * 60 * SECOND + 120 * SECOND;
    expect(taken(running, long)).toMatchObject({ row: 5, decision: 'inconclusive' });
    const awaiting: Partial<State> = {
      phase: { state: 'awaiting_approval', winner: 'treatment', deadline: 0 },
    };
    expect(taken(running, long, {}, {}, awaiting)).toMatchObject({ row: 5 });
  });

  it('row 6: advances when the dwell is done and nothing holds', () => {
    expect(taken(ramping, 4 * SECOND)).toMatchObject({ row: 6, decision: 'advance' });
    expect(taken(ramping, 2 * SECOND)).toMatchObject({ row: 7, decision: 'continue' });
    expect(taken(ramping, 4 * SECOND, { errors: { p_value: 0.009 } })).toMatchObject({
      row: 7,
      holds: ['guardrail_suspect'],
    });
    expect(taken(ramping, 4 * SECOND, { more: { flag_enabled: false } })).toMatchObject({
      row: 7,
      holds: ['flag_off'],
    });
  });

  it('row 6: waits for the units that a step asks for', () => {
    const ramp = [{ coverage: 10, min_units: 2000 }, { coverage: 100 }];
    expect(taken(ramping, 4 * SECOND, {}, { policy: { ramp } }).row).toBe(7);
    expect(
      taken(
        ramping,
        4 * SECOND,
        { more: { units: { control: 2000, treatment: 2000 } } },
        { policy: { ramp } },
      ).row,
    ).toBe(6);
  });

  it('row 6: waits until a step’s harm is excluded', () => {
    const ramp = [{ coverage: 10, exclude_harm: 0.1 }, { coverage: 100 }];
    expect(taken(ramping, 4 * SECOND, {}, { policy: { ramp } }).row).toBe(7);
    expect(
      taken(
        ramping,
        4 * SECOND,
        {},
        { policy: { ramp: [{ coverage: 10, exclude_harm: 0.3 }, { coverage: 100 }] } },
      ).row,
    ).toBe(6);
  });

  it('row 7: goes on before the minimum duration, however good it looks', () => {
    expect(taken(running, 15 * SECOND, { ctr: [good] })).toMatchObject({ row: 7, decision: 'continue' });
  });

  it('row 8: wants the minimum number of units', () => {
    const few = { more: { units: { control: 1000, treatment: 199 } } };
    expect(taken(running, 30 * SECOND, few)).toMatchObject({ row: 8, decision: 'continue' });
    expect(taken(running, HORIZON, few)).toMatchObject({ row: 8, decision: 'inconclusive' });
  });

  it('row 9: a hold blocks the decision; at the horizon it is waited for, not for ever', () => {
    const stale = (at: number): LookOptions => ({
      ctr: [good],
      more: { last_event_at: START + at - 16 * SECOND },
    });
    expect(taken(running, 30 * SECOND, stale(30 * SECOND))).toMatchObject({ row: 9, decision: 'continue' });
    expect(taken(running, HORIZON, stale(HORIZON))).toMatchObject({
      row: 9,
      decision: 'hold',
      holds: ['stale_data'],
    });
    const late = HORIZON + 120 * SECOND;
    expect(taken(running, late, stale(late))).toMatchObject({ row: 9, decision: 'inconclusive' });
    const paused: Partial<State> = { paused: { by: 'alice', at: 0, reason: null } };
    expect(taken(running, 30 * SECOND, { ctr: [good] }, {}, paused)).toMatchObject({
      row: 9,
      decision: 'continue',
    });
  });

  it('row 10: a winner, unless a guardrail looks harmful', () => {
    expect(taken(running, 30 * SECOND, { ctr: [good] })).toMatchObject({ row: 10, decision: 'winner' });
    expect(taken(running, 30 * SECOND, { ctr: [good], errors: { p_value: 0.009 } }).row).toBe(12);
    const strict = {
      policy: { guardrails: { alpha: 0.05, to_ship: 'non_inferior' as const, '*': { margin: 0.1 } } },
    };
    expect(taken(running, 30 * SECOND, { ctr: [good] }, strict).row).toBe(12);
    expect(taken(running, 30 * SECOND, { ctr: [good], errors: { non_inferior: true } }, strict).row).toBe(10);
  });

  it('row 11: no effect once no primary can reach the least effect', () => {
    const wide = [{ metric_id: 'ctr', variant: 'treatment', relative_lower: -0.02, relative_upper: 0.0099 }];
    expect(taken(running, 30 * SECOND, { more: { wide } })).toMatchObject({ row: 11, decision: 'no_effect' });
  });

  it('row 12: goes on before the horizon, and at it until everything is folded', () => {
    expect(taken(running, 30 * SECOND)).toMatchObject({ row: 12, decision: 'continue' });
    expect(taken(running, HORIZON)).toMatchObject({ row: 12, decision: 'continue' });
  });

  const atTheEnd = (ctr: object): ReturnType<typeof taken> => {
    const plan = planFor();
    const state = running(plan);
    return taken(running, HORIZON, {}, {}, { final_look: lookAt(state, START + HORIZON, { ctr: [ctr] }) });
  };

  it('row 13: takes the fixed test at the horizon, both ways', () => {
    expect(atTheEnd({ p_value: 0.039, difference: 0.01 })).toMatchObject({ row: 13, decision: 'winner' });
    expect(atTheEnd({ p_value: 0.039, difference: -0.01 })).toMatchObject({ row: 13, decision: 'roll_back' });
  });

  it('row 14: no effect where the intervals lie inside the least effect', () => {
    const relative = { lift: 0, lower: -0.009, upper: 0.009, level: 0.96, bounded: true };
    expect(atTheEnd({ relative })).toMatchObject({ row: 14, decision: 'no_effect' });
  });

  it('row 15: inconclusive otherwise', () => {
    expect(atTheEnd({ p_value: 0.041 })).toMatchObject({ row: 15, decision: 'inconclusive' });
  });

  it('takes no decision but harm from an older allocation or another epoch', () => {
    const plan = planFor();
    const state = ramping(plan);
    const old = { ...lookAt(state, START + 4 * SECOND), revision: state.revision - 1 };
    expect(decide(plan, state, old, START + 4 * SECOND).decision).toBeNull();
    const harm = {
      ...lookAt(state, START + 4 * SECOND, { errors: { log_e_harm: 100 } }),
      revision: state.revision - 1,
    };
    expect(decide(plan, state, harm, START + 4 * SECOND).decision?.row).toBe(2);
    expect(decide(plan, state, { ...harm, epoch: 9 }, START + 4 * SECOND).decision).toBeNull();
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
      condemned: ['treatment'],
      decision: { row: 2, decision: 'continue' },
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
    expect(decide(plan, state, look, START + 30 * SECOND).decision).toMatchObject({ row: 10, variant: 'b' });
  });
});

describe('holds', () => {
  it('no traffic past its grace, and only where there never was any', () => {
    const silent = { more: { last_event_at: null, units: { control: 0, treatment: 0 } } };
    expect(taken(ramping, 14 * SECOND, silent).holds).toEqual([]);
    expect(taken(ramping, 16 * SECOND, silent).holds).toEqual(['no_traffic']);
  });

  it('stale data: old events, a backlog, or a guardrail that fell silent', () => {
    expect(taken(running, 30 * SECOND, { more: { backlog_ms: 15_001 } }).holds).toEqual(['stale_data']);
    expect(taken(running, 30 * SECOND, { more: { stale_guardrails: ['latency'] } }).holds).toEqual([
      'stale_data',
    ]);
  });
});

describe('the evidence that a row used', () => {
  /** `quantity value/threshold` of everything that the decision names. */
  function used(
    make: (plan: ReturnType<typeof planFor>) => State,
    at: number,
    look: LookOptions,
    options: PlanOptions = {},
  ): string[] {
    const plan = planFor(options);
    const state = make(plan);
    const { decision } = decide(plan, state, lookAt(state, START + at, look), START + at);
    return (decision?.reasons ?? []).flatMap(({ evidence = [] }) =>
      evidence.map(
        ({ quantity, metric_id = '-', variant = '-', value, threshold }) =>
          `${quantity} of ${metric_id} in ${variant}: ${value} against ${Number(threshold.toPrecision(3))}`,
      ),
    );
  }

  it('stands in the decision, with what it was held against', () => {
    expect(used(ramping, 2 * SECOND, { errors: { log_e_harm: 9 } })).toEqual([
      'guardrail.log_e_harm of errors in treatment: 9 against 3',
    ]);
    const bad = { ctr: [{ sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } }] };
    expect(used(ramping, 2 * SECOND, bad)).toEqual(['sequence.upper of ctr in treatment: -0.001 against 0']);
    expect(used(running, HORIZON, { bayesFactor: 8 })).toEqual([
      'srm.log_bayes_factor of - in -: 8 against 6.91',
    ]);
    expect(used(running, 30 * SECOND, { more: { units: { control: 1000, treatment: 199 } } })).toEqual([
      'units of - in treatment: 199 against 200',
    ]);
    expect(used(running, 30 * SECOND, { ctr: [good] })).toEqual([
      'sequence.p_value of ctr in treatment: 0.0001 against 0.01',
      'relative harm not excluded of errors in treatment: 0.2 against 0.05',
    ]);
  });

  it('says where a changing lift kept a winner from shipping', () => {
    const changing = { ...good, novelty: { slope: -0.01, z: -2.6, days: 6 } };
    expect(taken(running, 30 * SECOND, { ctr: [changing] })).toMatchObject({ row: 12, decision: 'continue' });
    const steady = { ...good, novelty: { slope: -0.01, z: -2.5, days: 6 } };
    expect(taken(running, 30 * SECOND, { ctr: [steady] })).toMatchObject({ row: 10, decision: 'winner' });
  });
});
