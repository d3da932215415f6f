import { describe, expect, it } from 'vitest';
import { wakeAt } from '../../src/lifecycle/schedule.js';
import { initialState } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import { command, live, looked, planFor, ramping, SECOND, START, tick } from './fixtures.js';

const plan = planFor();

describe('what is due', () => {
  it('is the beginning at the start date, and not before', () => {
    expect(wakeAt(plan, initialState())).toBe(START);
    const early = step(plan, initialState(), tick, START - 1).state;
    expect(early.phase.state).toBe('scheduled');
    expect(ramping(plan)).toMatchObject({ phase: { state: 'ramping', step: 0 }, revision: 1 });
  });
});

describe('a dwell clock', () => {
  it('runs only while the allocation is served', () => {
    const begun = step(plan, initialState(), tick, START).state;
    const unserved = live(plan, [[10 * SECOND, looked(10 * SECOND)]], begun);
    expect(unserved.phase).toMatchObject({ state: 'ramping', step: 0 });
  });

  it('is stopped while paused, and goes on with the time that was left', () => {
    const paused = live(plan, [[1 * SECOND, command('pause')]], ramping(plan));
    const later = live(plan, [[60 * SECOND, looked(60 * SECOND)]], paused);
    expect(later.phase).toMatchObject({ state: 'ramping', step: 0 });
    const resumed = live(planFor({ policy: {} }), [[61 * SECOND, command('resume')]], paused);
    expect(resumed.phase).toMatchObject({ dwell: { since: START + 61 * SECOND } });
    expect((resumed.phase as { dwell: { left: number } }).dwell.left).toBeLessThan(3 * SECOND);
  });
});
