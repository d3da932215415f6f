import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wakeAt } from '../../src/lifecycle/schedule.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { step, type Input } from '../../src/lifecycle/step.js';
import { viewOf } from '../../src/lifecycle/view.js';
import { command, good, live, looked, planFor, published, ramping, SECOND, START, tick } from './fixtures.js';
import { runs } from '../properties.js';

const plan = planFor();
const winner = { ctr: [good] };

describe('inputs from outside', () => {
  it('is held, not begun, under the fence of an emergency stop, and begins when that is released', () => {
    const fence: Input = { kind: 'fence', emergency_stop_id: 'x', by: 'op', reason: 'fire' };
    const held = live(plan, [[-5, fence]]);
    expect(held).toMatchObject({ phase: { state: 'scheduled' }, holds: [{ code: 'fenced' }] });
    expect(wakeAt(plan, held)).toBeNull();
    const free = live(
      plan,
      [
        [10 * SECOND, { kind: 'release', emergency_stop_id: 'x', by: 'op' }],
        [11 * SECOND, tick],
      ],
      held,
    );
    expect(free.phase.state).toBe('ramping');
    expect(live(plan, [[5 * SECOND, fence]], ramping(plan)).phase).toEqual({
      state: 'rolling_back',
      outcome: 'stopped',
    });
  });

  it('takes a command that is sent twice once', () => {
    const once = live(plan, [[4 * SECOND, command('advance')]], ramping(plan));
    const twice = live(plan, [[4 * SECOND, command('advance')]], once);
    expect(twice.phase).toMatchObject({ state: 'ramping', step: 1 });
    expect(twice.version).toBe(once.version);
  });

  it('comes back from a lost Temporal on hold, until a person resumes', () => {
    const back = live(
      plan,
      [
        [5 * SECOND, { kind: 'recovered' }],
        [9 * SECOND, looked(9 * SECOND)],
      ],
      ramping(plan),
    );
    expect(back).toMatchObject({ phase: { state: 'ramping', step: 0 }, holds: [{ code: 'recovered' }] });
    const again = live(plan, [[9 * SECOND, { kind: 'recovered' }]], back);
    expect(again.holds).toEqual(back.holds);
    expect(live(plan, [[10 * SECOND, command('resume')]], again).holds).toEqual([]);
  });
});

describe('step', () => {
  const inputs: fc.Arbitrary<(state: State, at: number) => Input> = fc.constantFrom(
    () => tick,
    published,
    (state: State, at: number) => looked(at)(state),
    (state: State, at: number) => looked(at, winner)(state),
    (state: State, at: number) => looked(at, { errors: { log_e_harm: 100 } })(state),
    (state: State, at: number) => looked(at, { bayesFactor: 100 })(state),
    () => command('pause'),
    () => command('resume'),
    () => command('advance'),
    () => command('stop'),
    () => command('conclude', 'treatment'),
    (): Input => ({ kind: 'fence', emergency_stop_id: 'x', by: 'op', reason: 'r' }),
    (): Input => ({ kind: 'release', emergency_stop_id: 'x', by: 'op' }),
    (): Input => ({ kind: 'verified', lost: [] }),
    (): Input => ({ kind: 'fault', message: 'broken' }),
  );

  it('is total, pure, and never goes backwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(inputs, fc.integer({ min: 1, max: 5000 })), { maxLength: 60 }),
        (script) => {
          let state = initialState();
          let at = 0;
          for (const [make, pause] of script) {
            at += pause;
            const input = make(state, at);
            const frozen = JSON.stringify(state);
            const first = step(plan, state, input, START + at);
            expect(JSON.stringify(state)).toBe(frozen);
            expect(step(plan, state, input, START + at)).toEqual(first);
            expect(first.state.version).toBeGreaterThanOrEqual(state.version);
            expect(first.state.revision).toBeGreaterThanOrEqual(state.revision);
            if (state.phase.state === 'completed') expect(first.state.phase).toEqual(state.phase);
            if (state.phase.state === 'rolling_back')
              expect(['rolling_back', 'completed']).toContain(first.state.phase.state);
            // JSON is how it is stored and carried over.
            expect(JSON.parse(JSON.stringify(first.state))).toEqual(first.state);
            viewOf(plan, first.state);
            state = first.state;
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
