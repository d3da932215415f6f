import { describe, expect, it } from 'vitest';
import { interruptionsOf, stagesOf, type PastLine } from '../../src/lifecycle/stages.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { planFor, SECOND, START } from './fixtures.js';

const at = (seconds: number): number => START + seconds * SECOND;
/** Under the demo policy: 10 % for 3 s, 50 % for 5 s, then all until 60 s; a roll-out of two steps, a watch of 5 s. */
const plan = planFor();
const with_ = (phase: State['phase'], more: Partial<State> = {}): State => ({
  ...initialState(),
  phase,
  ...more,
});
const ramped = (step: number, seconds: number): PastLine => ({
  kind: 'ramped',
  at: at(seconds),
  data: { step, of: 3, coverage: [10, 50, 100][step] },
});
const short = (stages: ReturnType<typeof stagesOf>) =>
  stages.map(({ kind, step, status, from, until }) => [
    `${kind} ${step}`,
    status,
    from === null ? null : (from - START) / SECOND,
    until === null ? null : (until - START) / SECOND,
  ]);

describe('the stages of an experiment', () => {
  it('before its start are all planned, at their earliest times', () => {
    expect(short(stagesOf(plan, with_({ state: 'scheduled' }), [], [], at(-10)))).toEqual([
      ['ramp 0', 'planned', 0, 3],
      ['ramp 1', 'planned', 3, 8],
      ['run 0', 'planned', 8, 60],
      ['rollout 0', 'if_won', null, null],
      ['rollout 1', 'if_won', null, null],
      ['watch 0', 'if_won', null, null],
    ]);
  });

  it('on the ramp: what is done, what is now, and when it can go on', () => {
    const state = with_({ state: 'ramping', step: 1, dwell: { left: 5 * SECOND, since: at(4) } });
    expect(short(stagesOf(plan, state, [ramped(0, 0), ramped(1, 4)], [], at(6))).slice(0, 3)).toEqual([
      ['ramp 0', 'done', 0, 4],
      ['ramp 1', 'now', 4, 9],
      ['run 0', 'planned', 9, 60],
    ]);
  });

  it('stand still in freeze windows', () => {
    const state = with_({ state: 'ramping', step: 0, dwell: { left: 3 * SECOND, since: at(0) } });
    const freezes = [{ from: at(2), to: at(30) }];
    expect(short(stagesOf(plan, state, [ramped(0, 0)], freezes, at(0))).slice(0, 2)).toEqual([
      ['ramp 0', 'now', 0, 31],
      ['ramp 1', 'planned', 31, 36],
    ]);
  });

  it('that a person went over were skipped', () => {
    const state = with_({ state: 'running' });
    expect(short(stagesOf(plan, state, [ramped(0, 0), ramped(2, 1)], [], at(6))).slice(0, 3)).toEqual([
      ['ramp 0', 'done', 0, 1],
      ['ramp 1', 'skipped', null, null],
      ['run 0', 'now', 1, 60],
    ]);
  });

  it('of a winner have times of their own', () => {
    const past: PastLine[] = [
      ramped(0, 0),
      ramped(1, 3),
      ramped(2, 8),
      { kind: 'ramped', at: at(40), data: { winner: 'treatment', coverage: 50 } },
    ];
    const phase = {
      state: 'rolling_out',
      winner: 'treatment',
      step: 0,
      dwell: { left: 2 * SECOND, since: at(40) },
    };
    const stages = stagesOf(plan, with_(phase as State['phase']), past, [], at(41));
    expect(short(stages).slice(2)).toEqual([
      ['run 0', 'done', 8, 40],
      ['rollout 0', 'now', 40, 42],
      ['rollout 1', 'planned', 42, 42],
      ['watch 0', 'planned', 42, 47],
    ]);
  });

  it('of one that was stopped end with it, and the rest is skipped', () => {
    const past: PastLine[] = [
      ramped(0, 0),
      { kind: 'state_changed', at: at(2), to: 'rolling_back' },
      { kind: 'state_changed', at: at(3), to: 'completed' },
    ];
    const state = with_({ state: 'completed', outcome: 'stopped' });
    expect(short(stagesOf(plan, state, past, [], at(50)))).toEqual([
      ['ramp 0', 'done', 0, 2],
      ['ramp 1', 'skipped', null, null],
      ['run 0', 'skipped', null, null],
      ['rollout 0', 'skipped', null, null],
      ['rollout 1', 'skipped', null, null],
      ['watch 0', 'skipped', null, null],
    ]);
  });
});

describe('interruptions', () => {
  it('are the holds and pauses that were, with their ends, and the freezes to come', () => {
    const past: PastLine[] = [
      { kind: 'held', at: at(1), reason: 'looks harmful: errors', data: { code: 'guardrail_suspect' } },
      { kind: 'lifted', at: at(3), data: { code: 'guardrail_suspect' } },
      { kind: 'command', at: at(4), reason: 'covers broken', data: { command: 'pause' } },
    ];
    expect(interruptionsOf(past, [{ from: at(20), to: at(30) }], at(5))).toEqual([
      { code: 'guardrail_suspect', from: at(1), until: at(3), reason: 'looks harmful: errors' },
      { code: 'paused', from: at(4), until: null, reason: 'covers broken' },
      { code: 'freeze_window', from: at(20), until: at(30), reason: null },
    ]);
  });

  it('end with the experiment', () => {
    const past: PastLine[] = [
      { kind: 'command', at: at(4), data: { command: 'pause' } },
      { kind: 'state_changed', at: at(9), to: 'completed' },
    ];
    expect(interruptionsOf(past, [], at(10))).toMatchObject([{ code: 'paused', until: at(9) }]);
  });
});
