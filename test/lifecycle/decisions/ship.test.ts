import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/lifecycle/decide.js';
import { ROW } from '../../../src/lifecycle/decisions/rows.js';
import type { State } from '../../../src/lifecycle/state.js';
import type { Comparison } from '../../../src/stats/evidence.js';
import {
  both,
  good,
  HORIZON,
  lookAt,
  planFor,
  running,
  SECOND,
  START,
  taken,
  takenAtTheEnd,
  THREE_ARMS,
  undecided,
  type LookOptions,
  type PlanOptions,
} from '../fixtures.js';

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
    const withWindow: PlanOptions = { window: SECOND };
    const seen = (novelty: Comparison['novelty'], options = withWindow) =>
      taken(running, 30 * SECOND, { ctr: [{ ...good, novelty }] }, options);
    const changing = { slope: -0.01, z: -2.6, days: 6 };
    expect(seen(changing)).toMatchObject({ row: 'before_horizon', decision: 'continue' });
    expect(seen({ ...changing, z: -2.5 })).toMatchObject({ row: 'early_winner', decision: 'winner' });
    // No answer at all blocks; "too few days for an answer" is told with the decision.
    expect(seen(undefined).row).toBe('before_horizon');
    expect(seen(null).row).toBe('early_winner');
    expect(seen(null).codes).toContain('novelty_unseen');
    // Without a window the first day's units have had longer to show a lift: a slope means nothing.
    expect(seen(changing, {}).row).toBe('early_winner');
  });

  it('ships the treatment with the greatest lower limit', () => {
    const shipped = (treatment: Partial<Comparison>, b: Partial<Comparison>, change: Partial<State> = {}) =>
      taken(
        running,
        change.final_look ? HORIZON : 30 * SECOND,
        { ctr: both(treatment, b) },
        { arms: THREE_ARMS },
        change,
      ).variant;
    const better = { ...good, sequence: { ...good.sequence, lower: 0.015 } };
    expect(shipped(good, better)).toBe('b');
    expect(shipped(better, good)).toBe('treatment');
    expect(shipped(good, good)).toBe('treatment');
    // Relative limits have no order where the control is 0, or below.
    const ofZero = (one: typeof good) => ({
      ...one,
      sequence: { ...one.sequence, relative_lower: null, relative_upper: null },
    });
    expect(shipped(ofZero(good), ofZero(better))).toBe('b');
    const flipped = (one: typeof good, relative_lower: number) => ({
      ...one,
      sequence: { ...one.sequence, relative_lower },
    });
    expect(shipped(flipped(good, -0.2), flipped(better, -0.9))).toBe('b');
    // At the horizon it is the final test's limit that counts.
    const slow = { ...undecided().sequence };
    const last = (lower: number) => ({ ...good, sequence: slow, final: { ...good.final, lower } });
    const final_look = lookAt(running(planFor()), START + HORIZON, { ctr: both(last(0.01), last(0.02)) });
    expect(shipped({}, {}, { final_look })).toBe('b');
  });

  it('ships none of several while anything of another is unknown or in doubt', () => {
    const row = (b: Partial<Comparison>, errors: LookOptions['errors'] = {}) =>
      taken(running, 30 * SECOND, { ctr: both(good, b), errors }, { arms: THREE_ARMS }).row;
    expect(row({})).toBe('early_winner');
    expect(row({ difference: null })).toBe('before_horizon');
    expect(row({}, { of: 'b', status: 'blind', lacks: 'evidence' })).toBe('before_horizon');
  });

  it('takes arms that are exactly alike for an answer, and any other null for none', () => {
    const alike = { log_e_harm: null, log_e_non_inferior: null, p_value: null };
    const row = (difference: number | null, errors: LookOptions['errors']) => {
      const plan = planFor();
      const state = running(plan);
      const look = lookAt(state, START + 30 * SECOND, { ctr: [good], errors });
      look.evidence.metrics[1]!.comparisons[0]!.difference = difference;
      return decide(plan, state, look, START + 30 * SECOND).decision?.row;
    };
    expect(row(0, alike)).toBe(ROW.early_winner);
    expect(row(0.5, alike)).toBe(ROW.before_horizon);
    expect(row(null, alike)).toBe(ROW.before_horizon);
    expect(row(0, { p_value: null })).toBe(ROW.before_horizon);
    expect(row(0, { log_e_harm: null })).toBe(ROW.before_horizon);
  });

  it('holds for a guardrail without data, or only names it, as the policy says; never for one without evidence', () => {
    const seen = (lacks: 'data' | 'threshold' | 'evidence', without_data: 'hold' | 'warn') =>
      taken(
        running,
        30 * SECOND,
        { ctr: [good], errors: { status: 'blind', lacks, log_e_harm: null, p_value: null } },
        { policy: { guardrails: { ...planFor().policy.guardrails, without_data } } },
      );
    for (const lacks of ['data', 'threshold'] as const) {
      expect(seen(lacks, 'hold')).toMatchObject({ row: 'before_horizon', holds: ['guardrail_blind'] });
      expect(seen(lacks, 'warn')).toMatchObject({ row: 'early_winner', holds: [] });
      expect(seen(lacks, 'warn').codes).toContain('guardrail_without_data');
    }
    for (const policy of ['hold', 'warn'] as const)
      expect(seen('evidence', policy)).toMatchObject({ row: 'before_horizon', holds: ['guardrail_blind'] });
  });

  it('after an extension, tests at the horizon by the sequence at α final', () => {
    const extended = { extended_to: START + HORIZON - 1 };
    const test = (p_value: number) => ({ ...undecided().sequence, lower: 0.001, p_value });
    expect(takenAtTheEnd({ ...good, sequence: undecided().sequence }, extended).row).toBe('inconclusive');
    const seen = (p_value: number) =>
      takenAtTheEnd({ difference: 0.01, sequence_at_final: test(p_value) }, extended).row;
    expect(seen(0.039)).toBe('final_test');
    expect(seen(0.041)).toBe('inconclusive');
  });

  it('final_test: takes the fixed test at the horizon, both ways', () => {
    expect(takenAtTheEnd({ final: { ...good.final, p_value: 0.039 }, difference: 0.01 })).toMatchObject({
      row: 'final_test',
      decision: 'winner',
    });
    expect(takenAtTheEnd({ final: { ...good.final, p_value: 0.039 }, difference: -0.01 })).toMatchObject({
      row: 'final_test',
      decision: 'roll_back',
    });
  });

  it('inconclusive: inconclusive otherwise', () => {
    expect(takenAtTheEnd({ final: { ...good.final, p_value: 0.041 } })).toMatchObject({
      row: 'inconclusive',
      decision: 'inconclusive',
    });
  });
});
