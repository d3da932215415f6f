import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import type { Look } from '../../src/lifecycle/look.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import type { State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import type { Policy } from '../../src/model/policy.js';
import { command, good, live, looked, planFor, ramping, running, SECOND, START, tick } from './fixtures.js';

const winner = { ctr: [good] };

describe('a winner that asks for a person', () => {
  it('waits where the policy asks, and ships when somebody other than the owner approves', () => {
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

  const late = 21 * SECOND + 10 * SECOND;
  const unanswered = (
    on_approval_timeout: Policy['on_approval_timeout'],
    more: Partial<Look> = {},
  ): State => {
    const plan = planFor({
      policy: { approvals: { ship: true }, on_approval_timeout, approval_timeout: 10 * SECOND },
    });
    return live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, looked(22 * SECOND, { more })],
        [late, tick],
      ],
      running(plan),
    );
  };

  it('is answered by the policy when nobody does in time', () => {
    expect(unanswered('ship').phase.state).toBe('rolling_out');
    expect(unanswered('control').phase).toEqual({ state: 'rolling_back', outcome: 'inconclusive' });
    const deadline = START + late + 120 * SECOND;
    expect(unanswered('hold').phase).toMatchObject({ state: 'awaiting_approval', deadline });
  });

  it('does not ship in a freeze window because nobody answered: it waits for the end of the window', () => {
    const to = START + 50 * SECOND;
    const freezes = [{ from: START, to }];
    expect(unanswered('ship', { freezes }).phase).toMatchObject({ state: 'awaiting_approval', deadline: to });
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
