import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import type { Look } from '../../src/lifecycle/look.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import type { HoldCode, State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import type { Policy } from '../../src/model/policy.js';
import {
  both,
  command,
  good,
  live,
  looked,
  planFor,
  ramping,
  running,
  SECOND,
  START,
  THREE_ARMS,
  tick,
  undecided,
  type LookOptions,
} from './fixtures.js';

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

  it('does not ship on the word of anybody who created, changed or started it', () => {
    const asking = planFor({ policy: { approvals: { ship: true, four_eyes: true } } });
    const authored = { ...asking, authors: ['key_1', 'alice'] };
    const awaiting = live(authored, [[21 * SECOND, looked(21 * SECOND, winner)]], running(authored));
    const approve = command('approve').command;
    expect(refusalOf(authored, awaiting, approve, START)?.code).toBe('four_eyes');
    const other = { ...approve, actor: { type: 'person' as const, id: 'bob' } };
    expect(refusalOf(authored, awaiting, other, START)).toBeNull();
    const conclude = { ...approve, name: 'conclude' as const, variant: asking.arms[1]!.variant };
    expect(refusalOf(authored, running(authored), conclude, START)?.code).toBe('four_eyes');
    const byOther = { ...conclude, actor: other.actor };
    expect(refusalOf(authored, running(authored), byOther, START)).toBeNull();
    expect(
      refusalOf(authored, running(authored), { ...conclude, variant: asking.control }, START),
    ).toBeNull();
  });

  const late = 21 * SECOND + 10 * SECOND;
  const unanswered = (
    on_approval_timeout: Policy['on_approval_timeout'],
    more: Partial<Look> = {},
    look: LookOptions = {},
  ): State => {
    const plan = planFor({
      policy: { approvals: { ship: true }, on_approval_timeout, approval_timeout: 10 * SECOND },
    });
    return live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, looked(22 * SECOND, { more })],
        [late, looked(late, { more, ...look })],
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

describe('what keeps a winner that waits from shipping', () => {
  const doubts: [HoldCode, Partial<Look>, LookOptions][] = [
    ['srm', {}, { bayesFactor: 100 }],
    [
      'anomaly',
      {
        anomalies: {
          alarms: [{ kind: 'traffic', since: START, value: 1, expected: 100, window: 300_000 }],
          ...{ watched: 1, unwatched: 0 },
        },
      },
      {},
    ],
    ['crossover', { crossed_over: 100 }, {}],
    ['flag_off', { flag_enabled: false }, {}],
    ['guardrail_suspect', {}, { errors: { p_value: 0.009 } }],
  ];
  const absences: [HoldCode, Partial<Look>, LookOptions][] = [
    ['stale_data', { backlog_ms: 60 * SECOND }, {}],
    ['guardrail_blind', {}, { errors: { status: 'blind', lacks: 'evidence' } }],
  ];
  const plan = planFor({
    policy: { approvals: { ship: true }, on_approval_timeout: 'ship', approval_timeout: 10 * SECOND },
  });
  const late = 31 * SECOND;
  const asked = live(plan, [[21 * SECOND, looked(21 * SECOND, winner)]], running(plan));

  it.each(doubts)('%s: neither a timeout nor a person ships over it', (code, more, look) => {
    const held = live(plan, [[late, looked(late, { ...look, more })]], asked);
    expect(held.phase.state).toBe('awaiting_approval');
    for (const order of [command('approve').command, command('conclude', 'treatment').command]) {
      expect(refusalOf(plan, held, order, START + late)).toMatchObject({ code: 'held', holds: [{ code }] });
    }
    expect(refusalOf(plan, held, command('conclude', 'control').command, START + late)).toBeNull();
    // Once it is lifted, the policy's answer is given.
    expect(live(plan, [[late + 1, looked(late + 1)]], held).phase.state).toBe('rolling_out');
  });

  it.each(absences)('%s: no timeout ships over it; a person may, and it is recorded', (code, more, look) => {
    const held = live(plan, [[late, looked(late, { ...look, more })]], asked);
    expect(held).toMatchObject({ phase: { state: 'awaiting_approval' }, accepted: [] });
    for (const order of [command('approve'), command('conclude', 'treatment')]) {
      const { state, records } = step(plan, held, order, START + late);
      expect(state).toMatchObject({ phase: { state: 'rolling_out' }, accepted: [code] });
      expect(records[0]).toMatchObject({ kind: 'command', data: { accepted: [code] } });
    }
    expect(step(plan, held, command('conclude', 'control'), START + late).state.accepted).toEqual([]);
    expect(live(plan, [[late + 1, looked(late + 1)]], held).phase.state).toBe('rolling_out');
  });

  it.each([
    ['recovered', { kind: 'recovered' } as const],
    ['fault', { kind: 'fault', message: 'no store' } as const],
  ])('%s: neither a tick nor a person ships over it', (code, input) => {
    const held = live(
      plan,
      [
        [30 * SECOND, input],
        [late, tick],
      ],
      asked,
    );
    expect(held.phase.state).toBe('awaiting_approval');
    const order = command('approve').command;
    expect(refusalOf(plan, held, order, START + late)).toMatchObject({ code: 'held', holds: [{ code }] });
  });

  it('before the first look a person who concludes accepts that nothing was seen', () => {
    const begun = ramping(planFor());
    const { state } = step(planFor(), { ...begun, running_p: null }, command('conclude', 'treatment'), START);
    expect(state.accepted).toEqual(['guardrail_blind', 'stale_data', 'no_traffic']);
  });

  it('is not answered on what was known before an outage: it looks first', () => {
    const back = step(plan, asked, tick, START + 3600 * SECOND);
    expect(back.state.phase.state).toBe('awaiting_approval');
    expect(back.measure).toBe(true);
  });

  it('rolls back where the winner is harmed, although other arms are not', () => {
    const three = { ...plan, arms: planFor({ arms: THREE_ARMS }).arms };
    const waiting = live(
      three,
      [[21 * SECOND, looked(21 * SECOND, { ctr: both(good, undecided('b')) })]],
      running(three, both({}, {})),
    );
    expect(waiting.phase).toMatchObject({ state: 'awaiting_approval', winner: 'treatment' });
    const harmed = (of: string) =>
      live(
        three,
        [[22 * SECOND, looked(22 * SECOND, { ctr: both(good, {}), errors: { of, log_e_harm: 100 } })]],
        waiting,
      );
    expect(harmed('treatment').phase).toEqual({ state: 'rolling_back', outcome: 'rolled_back' });
    expect(harmed('b')).toMatchObject({ phase: { state: 'awaiting_approval' }, dropped: ['b'] });
    const dropped = { ...waiting, dropped: ['treatment'] };
    for (const order of [command('approve').command, command('conclude', 'treatment').command])
      expect(refusalOf(three, dropped, order, START)?.code).toBe('unknown_variant');
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
    const advance = command('advance').command;
    expect(refusalOf(own, waiting(own), advance, START)?.code).toBe('four_eyes');
    expect(refusalOf(own, ramping(own), advance, START)).toBeNull();
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
