import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import { wakeAt } from '../../src/lifecycle/schedule.js';
import { initialState, type State } from '../../src/lifecycle/state.js';
import { step } from '../../src/lifecycle/step.js';
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
} from './fixtures.js';
import { runs } from '../properties.js';

const plan = planFor();
const ramp = (coverage: number) => command('ramp', undefined, { coverage, command_id: `ramp-${coverage}` });

function slots(state: State): Map<number, string> {
  return new Map(
    state.ranges.flatMap(({ from, to, variant }) =>
      Array.from({ length: to - from }, (_, i): [number, string] => [from + i, variant]),
    ),
  );
}

describe('the beginning', () => {
  it('is put off by a freeze window, and so is advancing, but never a stop', () => {
    const freezes = [{ from: START - SECOND, to: START + 8 * SECOND }];
    const waiting = live(plan, [[0, tick]], initialState(freezes));
    expect(viewOf(plan, waiting)).toMatchObject({ state: 'scheduled', holds: [{ code: 'freeze_window' }] });
    expect(wakeAt(plan, waiting)).toBe(START + 8 * SECOND);
    expect(live(plan, [[8 * SECOND, tick]], waiting)).toMatchObject({
      phase: { state: 'ramping' },
      holds: [],
    });

    const frozen = live(plan, [[4 * SECOND, looked(4 * SECOND, { more: { freezes } })]], ramping(plan));
    expect(frozen).toMatchObject({ phase: { step: 0 }, holds: [{ code: 'freeze_window' }] });
    expect(refusalOf(plan, frozen, command('advance').command, START + 4 * SECOND)?.code).toBe('frozen');
    expect(frozen.next_poll_at).toBeLessThanOrEqual(START + 8 * SECOND);
    expect(live(plan, [[5 * SECOND, command('stop')]], frozen).phase.state).toBe('rolling_back');
  });
});

describe('the beginning in a layer', () => {
  const layered = planFor({ layer: { layer_id: 'l', slots: 5_000 } });
  const slots = [{ from: 0, to: 5_000 }];

  it('waits in the queue for slots of the layer, and comes with them', () => {
    const queued = live(layered, [[0, tick]]);
    expect(queued.phase.state).toBe('queued');
    expect(wakeAt(layered, queued)).toBeNull();
    const begun = live(layered, [[5 * SECOND, { kind: 'leased', slots }]], queued);
    expect(begun.phase.state).toBe('ramping');
    expect(publicationOf(layered, begun).lease).toEqual(slots);
  });

  it('waits while paused or fenced, even with its slots', () => {
    const paused = live(layered, [
      [0, tick],
      [1, command('pause')],
      [2, { kind: 'leased', slots }],
    ]);
    expect(paused).toMatchObject({ phase: { state: 'queued' }, lease: slots });
    const resumed = live(layered, [[3, command('resume')]], paused);
    expect(wakeAt(layered, resumed)).not.toBeNull();
    expect(live(layered, [[4, tick]], resumed).phase.state).toBe('ramping');
    expect(live(layered, [[5, command('stop')]], paused).phase.state).toBe('rolling_back');
  });
});

describe('ramp', () => {
  it('goes up to any coverage, and on from there to the next step', () => {
    const up = live(
      plan,
      [
        [1 * SECOND, ramp(30)],
        [1 * SECOND, published],
      ],
      ramping(plan),
    );
    expect(viewOf(plan, up)).toMatchObject({ state: 'ramping', coverage: 30, step: { index: 0 } });
    const next = live(plan, [[5 * SECOND, looked(5 * SECOND)]], up);
    expect(viewOf(plan, next)).toMatchObject({ coverage: 50, step: { index: 1 } });
  });

  it('goes down to the end of an earlier step; what was withdrawn is spent', () => {
    const down = live(
      plan,
      [
        [12 * SECOND, ramp(40)],
        [12 * SECOND, published],
      ],
      running(plan),
    );
    expect(viewOf(plan, down)).toMatchObject({ state: 'ramping', coverage: 10 });
    expect(down.withdrawn).toHaveLength(2);
    const { command: tooMuch } = ramp(50);
    expect(refusalOf(plan, down, tooMuch, START)).toMatchObject({
      code: 'out_of_range',
      text: /at most 10 %/,
    });
    expect(refusalOf(plan, down, ramp(5).command, START)?.text).toMatch(/below 10 %/);
  });

  it('never gives a slot another arm, nor one again that was withdrawn', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 }), (coverages) => {
        let state = ramping(plan);
        const had = new Map<number, string>();
        const gone = new Set<number>();
        for (const coverage of coverages) {
          const before = slots(state);
          state = step(plan, state, ramp(coverage), START + SECOND).state;
          state = { ...state, answered: [] };
          const now = slots(state);
          for (const slot of before.keys()) if (!now.has(slot)) gone.add(slot);
          for (const [slot, variant] of now) {
            if ((had.get(slot) ?? variant) !== variant || gone.has(slot)) return false;
            had.set(slot, variant);
          }
        }
        return true;
      }),
      { numRuns: runs(30) },
    );
  });
});

describe('drop and close', () => {
  const three = planFor({
    arms: [
      ['control', 34],
      ['a', 33],
      ['b', 33],
    ],
  });

  it('drops an arm but not the last one', () => {
    const dropped = live(three, [[1 * SECOND, command('drop', 'a')]], ramping(three));
    expect(viewOf(three, dropped)).toMatchObject({ dropped: ['a'], allocation: { control: 340, b: 330 } });
    expect(viewOf(three, dropped).allocation['a']).toBeUndefined();
    expect(refusalOf(three, dropped, command('drop', 'b').command, START)?.code).toBe('out_of_range');
    expect(refusalOf(three, dropped, command('drop', 'a').command, START)?.code).toBe('unknown_variant');
    expect(refusalOf(three, dropped, command('drop', 'control').command, START)?.code).toBe(
      'unknown_variant',
    );
  });

  it('closes enrolment: the units that are in decide', () => {
    const closed = live(plan, [[1 * SECOND, command('close')]], ramping(plan));
    expect(viewOf(plan, closed)).toMatchObject({ state: 'running', coverage: 10 });
    expect(refusalOf(plan, closed, command('close').command, START)?.code).toBe('no_change');
    const reopened = live(plan, [[2 * SECOND, ramp(50)]], closed);
    expect(viewOf(plan, reopened)).toMatchObject({ state: 'ramping', coverage: 50 });
  });
});
