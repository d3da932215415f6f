import { describe, expect, it } from 'vitest';
import { step } from '../../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import { good, live, looked, planFor, published, running, SECOND, START, tick } from './fixtures.js';

const plan = planFor();
const winner = { ctr: [good] };

describe('a roll-out', () => {
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

  it('stays at a step for its dwell, counted from when it is served', () => {
    const slow = planFor({
      policy: { rollout: [{ coverage: 60, min_dwell: 2 * SECOND }, { coverage: 100 }] },
    });
    const out = live(slow, [[21 * SECOND, looked(21 * SECOND, winner)]], running(slow));
    expect(out).toMatchObject({ epoch: 1, phase: { state: 'rolling_out', step: 0, dwell: { since: null } } });
    const served = live(slow, [[30 * SECOND, published]], out);
    expect(live(slow, [[31 * SECOND, tick]], served).phase).toMatchObject({ step: 0 });
    expect(live(slow, [[32 * SECOND, tick]], served)).toMatchObject({ epoch: 2, phase: { step: 1 } });
  });

  it('ends after the watch, but in no freeze window', () => {
    const until = START + 40 * SECOND;
    const watching = live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, published],
        [26 * SECOND, looked(26 * SECOND, { more: { freezes: [{ from: START, to: until }] } })],
        [27 * SECOND, tick],
      ],
      running(plan),
    );
    expect(watching.phase).toMatchObject({ state: 'watching', until });
    expect(live(plan, [[40 * SECOND, tick]], watching).phase).toMatchObject({ outcome: 'shipped' });
  });

  it('says so where nobody is held back', () => {
    const everybody = planFor({ policy: { holdback: 0 } });
    const look = looked(21 * SECOND, winner)(running(everybody));
    const { records } = step(everybody, running(everybody), look, START + 21 * SECOND);
    expect(records.at(-1)).toMatchObject({ kind: 'ramped', reason: /no holdback/ });
  });
});
