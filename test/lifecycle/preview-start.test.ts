import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FreezeWindow } from '../../src/calendar/freeze-windows.js';
import { beginningOf, begunAt, type StartCircumstances } from '../../src/lifecycle/preview-start.js';
import { wakeAt } from '../../src/lifecycle/schedule.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
import { viewOf } from '../../src/lifecycle/view.js';
import { planFor, SECOND, START } from './fixtures.js';

const FENCE = { emergency_stop_id: 'stop-1', by: 'ada', reason: 'errors rise' };
const LAYER = { layer_id: 'page', slots: 2_000 };
const SLOTS = [{ from: 0, to: 2_000 }];

/** What the workflow does until only time, or somebody, can bring it further: fences, a tick where one is due, slots. */
function lived(plan: ReturnType<typeof planFor>, around: StartCircumstances, now: number): State {
  let state = initialState(around.freezes);
  for (const fence of around.fences) state = step(plan, state, { kind: 'fence', ...fence }, now).state;
  for (;;) {
    const due = wakeAt(plan, state);
    const isQueued = state.phase.state === 'queued' && !state.lease && around.lease !== null;
    if (state.phase.state !== 'scheduled' && !isQueued) return state;
    if (isQueued) state = step(plan, state, { kind: 'leased', slots: around.lease! }, now).state;
    else if (due !== null && due <= now) state = step(plan, state, { kind: 'tick' }, now).state;
    else return state;
  }
}

const windows = fc
  .record({ from: fc.integer({ min: -20, max: 40 }), length: fc.integer({ min: 1, max: 30 }) })
  .map(({ from, length }): FreezeWindow[] => [
    { from: START + from * SECOND, to: START + (from + length) * SECOND },
  ]);

describe('the preview of a start', () => {
  it('is where its workflow comes first', () => {
    fc.assert(
      fc.property(
        fc.record({
          isFenced: fc.boolean(),
          freezes: fc.oneof(fc.constant<FreezeWindow[]>([]), windows),
          layer: fc.constantFrom('none', 'free', 'full'),
          now: fc.integer({ min: -30, max: 30 }),
        }),
        ({ isFenced, freezes, layer, now: seconds }) => {
          const plan = planFor(layer === 'none' ? {} : { layer: LAYER });
          const lease = layer === 'free' ? SLOTS : null;
          const around = { fences: isFenced ? [FENCE] : [], freezes, lease };
          const now = START + seconds * SECOND;
          const state = lived(plan, around, now);
          expect(begunAt(plan, around, now)).toEqual(state);
          const { after, effects } = beginningOf(plan, around, now);
          expect(after).toEqual(viewOf(plan, state));
          // Nobody waits without being told why.
          expect(effects.some(({ code }) => code === 'waits')).toBe(after.coverage === 0);
        },
      ),
    );
  });

  it('foresees the first enrolment beyond freeze windows', () => {
    const freezes = [
      { from: START, to: START + 10 * SECOND },
      { from: START + 10 * SECOND, to: START + 15 * SECOND },
    ];
    const { effects } = beginningOf(planFor(), { fences: [], freezes, lease: null }, START);
    const enrols = effects.find(({ code }) => code === 'enrols')!;
    expect(enrols.text).toContain(`from ${new Date(START + 15 * SECOND).toISOString()} on`);
  });

  it('of what waits for somebody promises no time', () => {
    const around = { fences: [FENCE], freezes: [], lease: null };
    const { effects } = beginningOf(planFor(), around, START);
    expect(effects.map(({ code }) => code)).toEqual(['waits', 'enrols', 'ends']);
    expect(effects[1]!.text).toBe('10 % of people are enrolled once it may begin');
  });
});
