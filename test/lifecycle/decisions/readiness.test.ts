import { describe, expect, it } from 'vitest';
import type { State } from '../../../src/lifecycle/state.js';
import { good, HORIZON, type LookOptions, running, SECOND, START, taken } from '../fixtures.js';

describe('whether the data are ready to decide', () => {
  it('untrusted_data: gives up when the split stays broken past its grace, or at the horizon', () => {
    const broken = { bayesFactor: Math.log(1000) };
    const since = (ms: number): Partial<State> => ({
      holds: [{ code: 'srm', since: START + ms, lifts_when: '' }],
    });
    expect(taken(running, 30 * SECOND, broken, {}, since(19 * SECOND))).toMatchObject({
      row: 'untrusted_data',
      decision: 'inconclusive',
    });
    expect(taken(running, 30 * SECOND, broken, {}, since(21 * SECOND))).toMatchObject({
      row: 'held',
      decision: 'continue',
    });
    expect(taken(running, HORIZON, broken)).toMatchObject({
      row: 'untrusted_data',
      decision: 'inconclusive',
    });
    const crossed = { more: { crossed_over: 100 } };
    expect(taken(running, HORIZON, crossed)).toMatchObject({ row: 'untrusted_data', holds: ['crossover'] });
  });

  it('max_duration: ends what has outlived the longest duration and its approval', () => {
    const long = 10 * 60 * SECOND + 120 * SECOND;
    expect(taken(running, long)).toMatchObject({ row: 'max_duration', decision: 'inconclusive' });
    const awaiting: Partial<State> = {
      phase: { state: 'awaiting_approval', winner: 'treatment', deadline: 0 },
    };
    expect(taken(running, long, {}, {}, awaiting)).toMatchObject({ row: 'max_duration' });
  });

  it('too_early: goes on before the minimum duration, however good it looks', () => {
    expect(taken(running, 15 * SECOND, { ctr: [good] })).toMatchObject({
      row: 'too_early',
      decision: 'continue',
    });
  });

  it('too_few_units: wants the minimum number of units', () => {
    const few = { more: { units: { control: 1000, treatment: 199 } } };
    expect(taken(running, 30 * SECOND, few)).toMatchObject({ row: 'too_few_units', decision: 'continue' });
    expect(taken(running, HORIZON, few)).toMatchObject({ row: 'too_few_units', decision: 'inconclusive' });
  });

  it('held: a hold blocks the decision; at the horizon it is waited for, not forever', () => {
    const stale = (at: number): LookOptions => ({
      ctr: [good],
      more: { last_event_at: START + at - 16 * SECOND },
    });
    expect(taken(running, 30 * SECOND, stale(30 * SECOND))).toMatchObject({
      row: 'held',
      decision: 'continue',
    });
    expect(taken(running, HORIZON, stale(HORIZON))).toMatchObject({
      row: 'held',
      decision: 'hold',
      holds: ['stale_data'],
    });
    const late = HORIZON + 120 * SECOND;
    expect(taken(running, late, stale(late))).toMatchObject({ row: 'held', decision: 'inconclusive' });
    const paused: Partial<State> = { paused: { by: 'alice', at: 0, reason: null } };
    expect(taken(running, 30 * SECOND, { ctr: [good] }, {}, paused)).toMatchObject({
      row: 'held',
      decision: 'continue',
    });
  });

  it('before_horizon: goes on before the horizon, and at it until everything is folded', () => {
    expect(taken(running, 30 * SECOND)).toMatchObject({ row: 'before_horizon', decision: 'continue' });
    expect(taken(running, HORIZON)).toMatchObject({ row: 'before_horizon', decision: 'continue' });
  });
});
