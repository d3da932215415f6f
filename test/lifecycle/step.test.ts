import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import { wakeAt } from '../../src/lifecycle/schedule.js';
import { step, type Input } from '../../src/lifecycle/step.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import type { Policy } from '../../src/model/policy.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import {
  command,
  live,
  looked,
  planFor,
  published,
  ramping,
  running,
  SECOND,
  START,
  tick,
  undecided,
} from './fixtures.js';

const plan = planFor();
const winner = {
  ctr: [
    {
      difference: 0.05,
      sequence: { ...undecided().sequence, lower: 0.01, upper: 0.09, relative_lower: 0.1, p_value: 0.0001 },
    },
  ],
};

describe('the life of an experiment', () => {
  it('begins at its start date and not before', () => {
    expect(wakeAt(plan, initialState())).toBe(START);
    const early = step(plan, initialState(), tick, START - 1).state;
    expect(early.phase.state).toBe('scheduled');
    expect(ramping(plan)).toMatchObject({ phase: { state: 'ramping', step: 0 }, revision: 1 });
  });

  it('dwells only while its allocation is served', () => {
    const begun = step(plan, initialState(), tick, START).state;
    const unserved = live(plan, [[10 * SECOND, looked(10 * SECOND)]], begun);
    expect(unserved.phase).toMatchObject({ state: 'ramping', step: 0 });
  });

  it('ships, watches and completes with the winner for everybody', () => {
    const out = live(plan, [[21 * SECOND, looked(21 * SECOND, winner)]], running(plan));
    expect(out.phase).toMatchObject({ state: 'rolling_out', winner: 'treatment' });
    expect(viewOf(plan, out).allocation).toEqual({ control: 1000, treatment: 9000 });
    const watching = live(plan, [[22 * SECOND, published]], out);
    expect(watching.phase).toMatchObject({ state: 'watching', until: START + 27 * SECOND });
    const over = live(plan, [[27 * SECOND, tick]], watching);
    expect(over.phase).toEqual({ state: 'completed', outcome: 'shipped', winner: 'treatment' });
    expect(publicationOf(plan, over)).toMatchObject({ live: false, outcome_variant: 'treatment' });
  });

  it('rolls back what harms after it shipped', () => {
    const watching = live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, published],
        [23 * SECOND, looked(23 * SECOND, { errors: { log_e_harm: 100 } })],
      ],
      running(plan),
    );
    expect(watching.phase).toEqual({ state: 'rolling_back', outcome: 'rolled_back' });
    expect(publicationOf(plan, watching)).toMatchObject({
      live: false,
      outcome_variant: 'control',
      allocation: { ranges: [] },
    });
  });

  it('is rolled back only when every process is known to serve the control', () => {
    const stopped = live(plan, [[5 * SECOND, command('stop')]], ramping(plan));
    expect(stopped.phase.state).toBe('rolling_back');
    const verified = live(plan, [[6 * SECOND, { kind: 'verified', lost: [] }]], stopped);
    expect(verified.phase).toEqual({ state: 'completed', outcome: 'stopped' });
  });

  it('stands still while paused, and goes on with the time that was left', () => {
    const paused = live(plan, [[1 * SECOND, command('pause')]], ramping(plan));
    const later = live(plan, [[60 * SECOND, looked(60 * SECOND)]], paused);
    expect(later.phase).toMatchObject({ state: 'ramping', step: 0 });
    const resumed = live(planFor({ policy: {} }), [[61 * SECOND, command('resume')]], paused);
    expect(resumed.phase).toMatchObject({ dwell: { since: START + 61 * SECOND } });
    expect((resumed.phase as { dwell: { left: number } }).dwell.left).toBeLessThan(3 * SECOND);
  });

  it('waits for approval where the policy asks, ships when approved, not by its own owner', () => {
    const asking = planFor({ policy: { approvals: { ship: true, four_eyes: true } }, owner: 'alice' });
    const awaiting = live(asking, [[21 * SECOND, looked(21 * SECOND, winner)]], running(asking));
    expect(awaiting.phase.state).toBe('awaiting_approval');
    const approve = command('approve');
    if (approve.kind !== 'command') throw new Error('no command');
    expect(refusalOf(asking, awaiting, approve.command, START)?.code).toBe('four_eyes');
    const other = { ...approve.command, actor: { type: 'person' as const, id: 'bob' } };
    const out = step(asking, awaiting, { kind: 'command', command: other }, START + 25 * SECOND).state;
    expect(out.phase.state).toBe('rolling_out');
  });

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
    expect(live(plan, [[10 * SECOND, command('resume')]], back).holds).toEqual([]);
  });
});

describe('refusals', () => {
  const refused = (state: State, input: Input): string | undefined =>
    input.kind === 'command' ? refusalOf(plan, state, input.command, START)?.code : undefined;

  it('name why', () => {
    const over = live(
      plan,
      [
        [5 * SECOND, command('stop')],
        [6 * SECOND, { kind: 'verified', lost: [] }],
      ],
      ramping(plan),
    );
    expect(refused(over, command('pause'))).toBe('not_live');
    expect(refused(running(plan), command('advance'))).toBe('not_ramping');
    expect(refused(ramping(plan), command('resume'))).toBe('not_paused');
    expect(refused(ramping(plan), command('approve'))).toBe('not_awaiting_approval');
    expect(refused(ramping(plan), command('conclude', 'nobody'))).toBe('unknown_variant');
    const paused = live(plan, [[1, command('pause')]], ramping(plan));
    expect(refused(paused, command('pause'))).toBe('already_paused');
    expect(refused(paused, command('advance'))).toBe('paused');
    expect(refused(paused, command('conclude', 'treatment'))).toBe('paused');
    const stopping = live(plan, [[1, command('stop')]], ramping(plan));
    expect(refused(stopping, command('stop'))).toBe('already_concluding');
    const held = live(
      plan,
      [[2 * SECOND, looked(2 * SECOND, { errors: { p_value: 0.001 } })]],
      ramping(plan),
    );
    expect(refused(held, command('advance'))).toBe('held');
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
      { numRuns: 300 },
    );
  });
});

describe('a step that asks for a person', () => {
  const asking = (policy: Partial<Policy> = {}) =>
    planFor({
      policy: {
        ramp: [{ coverage: 10, min_dwell: 3 * SECOND, approval: true }, { coverage: 100 }],
        ...policy,
      },
    });
  const done = 4 * SECOND;
  const waiting = (plan: Plan): State => live(plan, [[done, looked(done)]], ramping(plan));

  it('waits with a hold once all else is done, and goes on when somebody approves', () => {
    const plan = asking();
    const state = waiting(plan);
    expect(state.holds.map((hold) => hold.code)).toEqual(['approval']);
    expect(state.phase).toMatchObject({ state: 'ramping', step: 0 });
    const after = live(
      plan,
      [
        [done + SECOND, command('approve')],
        [done + SECOND, looked(done + SECOND)],
      ],
      state,
    );
    expect(after.phase).toEqual({ state: 'running' });
    expect(after.holds).toEqual([]);
  });

  it('stays where it is once rejected, until it is advanced', () => {
    const plan = asking();
    const rejected = live(
      plan,
      [
        [done + SECOND, command('reject')],
        [done + 2 * SECOND, looked(done + 2 * SECOND)],
      ],
      waiting(plan),
    );
    expect(rejected.holds.map((hold) => hold.code)).toEqual(['rejected']);
    expect(rejected.phase.state).toBe('ramping');
    expect(live(plan, [[done + 3 * SECOND, command('advance')]], rejected).phase.state).toBe('running');
  });

  it('is refused an answer before it asks, and the owner’s where four eyes are wanted', () => {
    const plan = asking();
    const order = command('approve').command;
    expect(refusalOf(plan, ramping(plan), order, START)?.code).toBe('not_awaiting_approval');
    const own = { ...asking({ approvals: { ship: false, four_eyes: true } }), owner: 'alice' };
    expect(refusalOf(own, waiting(own), order, START)?.code).toBe('four_eyes');
  });

  it.each([
    ['ship', 'running'],
    ['control', 'rolling_back'],
    ['hold', 'ramping'],
  ] as const)('that nobody answers in time: %s', (on_approval_timeout, state) => {
    const plan = asking({ on_approval_timeout, approval_timeout: 10 * SECOND });
    const late = done + plan.policy.approval_timeout;
    const asked = waiting(plan);
    expect(asked.next_poll_at).toBeLessThanOrEqual(START + late);
    const after = live(
      plan,
      [
        [late, tick],
        [late + 1, looked(late + 1)],
      ],
      asked,
    );
    expect(after.phase.state).toBe(state);
    if (on_approval_timeout === 'hold') expect(after.holds.map((hold) => hold.code)).toContain('approval');
  });
});
