import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lifecycle/decide.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import { harmThreshold, suspectThreshold } from '../../../src/lifecycle/guardrails.js';
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
  type LookOptions,
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

describe('harm in a segment', () => {
  const options = { segments: ['ios', 'de'] };
  const plan = planFor(options);
  const threshold = harmThreshold(plan, 0);
  const decided = (look: LookOptions, own: PlanOptions = options) => {
    const state = running(planFor(own));
    const at = START + 15 * SECOND;
    return decide(planFor(own), state, lookAt(state, at, look), at);
  };

  it('is proven by as much evidence as (1 + S) times the tests ask for, in all units too', () => {
    expect(threshold).toBeCloseTo(harmThreshold(planFor(), 0) + Math.log(3), 12);
    expect(harmThreshold(plan, 1)).toBeCloseTo(harmThreshold(planFor(), 1) + Math.log(3), 12);
    expect(suspectThreshold(plan)).toBeCloseTo(suspectThreshold(planFor()) / 3, 12);
    const whole = { errors: { log_e_harm: harmThreshold(planFor(), 0) } };
    expect(decided(whole).decision?.decision).toBe('continue');
    expect(decided(whole, {}).decision?.decision).toBe('roll_back');
  });

  it('rolls back on a guardrail, and the decision names the segment', () => {
    const { decision } = decided({ segments: { ios: { errors: { log_e_harm: threshold } }, de: {} } });
    expect(decision).toMatchObject({ row: ROW.guardrail_harm, decision: 'roll_back' });
    expect(decision!.reasons[0]!.text).toContain(
      'errors of treatment in ios is worse than its margin of 5 %',
    );
    expect(decision!.reasons[0]!.evidence).toMatchObject([
      { metric_id: 'errors', segment: 'ios', threshold },
    ]);
    const less = decided({ segments: { ios: { errors: { log_e_harm: threshold - 0.001 } } } });
    expect(less.decision?.decision).toBe('continue');
  });

  it('rolls back on a primary that is worse at every value, with units enough in the segment', () => {
    const { decision } = decided({ segments: { de: { upper: -0.001 } } });
    expect(decision).toMatchObject({ row: ROW.primary_harm, decision: 'roll_back' });
    expect(decision!.reasons[0]!.text).toContain('ctr of treatment in de is worse');
    expect(decided({ segments: { de: { upper: -0.001, units: 99 } } }).decision?.decision).toBe('continue');
  });

  it('of all units takes the wider sequence where there are segments', () => {
    const sequence = { ...undecided().sequence, lower: -0.09, upper: -0.001 };
    const wider = { ...sequence, upper: 0.001 };
    expect(decided({ ctr: [{ sequence }] }).decision?.row).toBe(ROW.primary_harm);
    expect(decided({ ctr: [{ sequence, sequence_of_harm: wider }] }).decision?.decision).toBe('continue');
  });

  it('holds the ramp while it is only suspected, naming the segment', () => {
    const state = ramping(plan);
    const at = START + 2 * SECOND;
    const look = lookAt(state, at, { segments: { ios: { errors: { p_value: 0.003 } }, de: {} } });
    const { holds } = decide(plan, state, look, at);
    expect(holds).toMatchObject([{ code: 'guardrail_suspect', detail: 'looks harmful: errors in ios' }]);
  });

  it('is neither proven nor suspected by what is missing, nor by a segment that the plan does not have', () => {
    const holes = [
      { segments: undefined },
      { segments: { ios: { errors: { log_e_harm: null } } } },
      { segments: { elsewhere: { errors: { log_e_harm: 999 } } } },
    ] as LookOptions[];
    for (const look of holes) expect(decided(look).decision?.decision).toBe('continue');
    const state = running(plan);
    const look = lookAt(state, START + 15 * SECOND, { segments: { ios: {} } });
    look.evidence.segments![0]!.guardrails = [{ metric_id: 'errors', variant: 'treatment' }] as never;
    expect(decide(plan, state, look, START + 15 * SECOND).decision?.decision).toBe('continue');
  });

  it('keeps a winner from shipping while it is suspected, and a segment without units is named', () => {
    const good = [
      { difference: 0.05, sequence: { ...undecided().sequence, lower: 0.01, upper: 0.2, p_value: 1e-9 } },
    ];
    const at = START + 25 * SECOND;
    const state = running(plan);
    const rowOf = (segments: LookOptions['segments']) => {
      const look = lookAt(state, at, { ctr: good, ...(segments && { segments }) });
      return decide(plan, state, look, at).decision;
    };
    expect(rowOf({ ios: {}, de: {} })).toMatchObject({ decision: 'winner' });
    expect(rowOf({ ios: { errors: { p_value: 0.001 } }, de: {} })?.decision).not.toBe('winner');
    const unseen = rowOf({ ios: {}, de: { units: 0 } });
    expect(unseen?.decision).toBe('winner');
    expect(unseen!.reasons).toContainEqual({
      code: 'segment_unseen',
      text: 'no guardrail could object in segment de: it has no units in control and treatment',
    });
    expect(rowOf(undefined)!.reasons.filter(({ code }) => code === 'segment_unseen')).toHaveLength(2);
  });
});
