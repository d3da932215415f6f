import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rampStep } from '../../src/lifecycle/decisions/ramp.js';
import { situationOf } from '../../src/lifecycle/decisions/situation.js';
import { hold } from '../../src/lifecycle/holds.js';
import { HOLD_CODES, initialState, type State } from '../../src/lifecycle/state.js';
import { waitingOf } from '../../src/lifecycle/waiting.js';
import { lookAt, planFor, SECOND, START } from './fixtures.js';

const ramping = (more: Partial<State> = {}): State => ({
  ...initialState(),
  phase: { state: 'ramping', step: 0, dwell: { left: 3 * SECOND, since: START } },
  ...more,
});

const anyStep = fc.record({
  min_dwell: fc.constantFrom(0, 3 * SECOND),
  min_units: fc.constantFrom(undefined, 500, 5_000),
  exclude_harm: fc.constantFrom(undefined, 0.2),
  approval: fc.boolean(),
});

const anyMoment = fc.record({
  step: anyStep,
  passed: fc.constantFrom(0, 2 * SECOND, 4 * SECOND),
  runs: fc.boolean(),
  log_e: fc.constantFrom(null, 1, 5),
  holds: fc.subarray([...HOLD_CODES], { maxLength: 2 }),
  paused: fc.boolean(),
  answer: fc.constantFrom(undefined, 'approved' as const),
});

describe('what a ramp step waits for', () => {
  it('is all that row 6 asks: the step is taken where every condition is met, and nowhere else', () => {
    fc.assert(
      fc.property(anyMoment, ({ step, passed, runs, log_e, holds, paused, answer }) => {
        const plan = planFor({ policy: { ramp: [{ coverage: 10, ...step }, { coverage: 100 }] } });
        const now = START + passed;
        const state = ramping({
          phase: {
            state: 'ramping',
            step: 0,
            dwell: { left: step.min_dwell, since: runs ? START : null },
            ...(answer && { answer }),
          },
          holds: holds.map((code) => hold(code, [], START)),
          paused: paused ? { by: 'ada', at: START, reason: null } : null,
        });
        const look = lookAt(state, now, {
          errors: { exclusions: [{ harm: 0.2, log_e, error_free_limit: null }] },
        });
        const { conditions, toward } = waitingOf(plan, state, look, now);
        const taken = rampStep(situationOf(plan, state, look, now, state.holds))?.decision === 'advance';
        expect(toward).toEqual({ code: 'ramp_step', coverage: 100 });
        expect(conditions.every(({ met }) => met)).toBe(taken);
      }),
      { numRuns: 500 },
    );
  });

  it('says when its clock ends, and that it stands while it is held', () => {
    const plan = planFor();
    const now = START + SECOND;
    const clockOf = (state: State) =>
      waitingOf(plan, state, null, now).conditions.find(({ code }) => code === 'dwell');
    expect(clockOf(ramping())).toMatchObject({ have: SECOND, need: 3 * SECOND, at: START + 3 * SECOND });
    const stands = ramping({
      phase: { state: 'ramping', step: 0, dwell: { left: 3 * SECOND, since: null } },
    });
    expect(clockOf(stands)).toMatchObject({ have: 0, need: 3 * SECOND, at: null, met: false });
  });

  it('names each hold with what lifts it', () => {
    const state = ramping({ holds: [hold('srm', [], START), hold('stale_data', [], START)] });
    const { conditions } = waitingOf(planFor(), state, null, START);
    expect(conditions).toContainEqual(
      expect.objectContaining({ code: 'srm', met: false, text: 'the arms have their planned shares again' }),
    );
    expect(conditions).toContainEqual(expect.objectContaining({ code: 'stale_data', met: false }));
  });
});

describe('what shipping waits for', () => {
  it('takes what was not measured for missing', () => {
    const { before_shipping } = waitingOf(planFor(), ramping(), null, START + SECOND);
    const met = Object.fromEntries(before_shipping.map(({ code, met }) => [code, met]));
    expect(met).toMatchObject({ ramp_complete: false, min_duration: false, units: false, decided: false });
    expect(before_shipping.filter(({ code }) => code === 'units')).toHaveLength(2);
  });

  it('does not count a look of another epoch', () => {
    const state = ramping();
    const look = lookAt({ ...state, epoch: 1 }, START + SECOND);
    const { before_shipping } = waitingOf(planFor(), state, look, START + SECOND);
    expect(before_shipping.find(({ code }) => code === 'units')).toMatchObject({ have: 0, met: false });
  });
});

describe('later phases', () => {
  it.each([
    [{ state: 'scheduled' }, { code: 'start' }],
    [{ state: 'queued' }, { code: 'slots' }],
    [{ state: 'running' }, { code: 'decision' }],
    [
      { state: 'awaiting_approval', winner: 'treatment', deadline: START + SECOND },
      { code: 'approval', variant: 'treatment' },
    ],
    [
      { state: 'rolling_out', winner: 'treatment', step: 0, dwell: { left: 1, since: null } },
      { code: 'rollout_step', coverage: 100, variant: 'treatment' },
    ],
    [
      { state: 'rolling_out', winner: 'treatment', step: 1, dwell: { left: 0, since: null } },
      { code: 'watch', variant: 'treatment' },
    ],
    [
      { state: 'watching', winner: 'treatment', until: START + SECOND },
      { code: 'whole_audience', variant: 'treatment' },
    ],
    [{ state: 'rolling_back', outcome: 'stopped' }, { code: 'control_served' }],
    [{ state: 'completed', outcome: 'stopped' }, { code: 'nothing' }],
  ] as const)('%j goes toward %j', (phase, toward) => {
    const state = ramping({ phase: phase as State['phase'] });
    expect(waitingOf(planFor(), state, null, START).toward).toEqual(toward);
  });
});
