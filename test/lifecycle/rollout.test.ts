import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import { step } from '../../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import {
  both,
  command,
  good,
  live,
  looked,
  planFor,
  published,
  running,
  SECOND,
  START,
  THREE_ARMS,
  tick,
  undecided,
  type LookOptions,
} from './fixtures.js';

const plan = planFor();
const winner = { ctr: [good] };
/** The winner has everybody but the units held back, until 27 s after the start. */
const watching = live(
  plan,
  [
    [21 * SECOND, looked(21 * SECOND, winner)],
    [22 * SECOND, published],
    [22 * SECOND, looked(22 * SECOND)],
  ],
  running(plan),
);

describe('a roll-out', () => {
  it('ships, watches and completes with the winner for everybody', () => {
    const out = live(plan, [[21 * SECOND, looked(21 * SECOND, winner)]], running(plan));
    expect(out.phase).toMatchObject({ state: 'rolling_out', winner: 'treatment' });
    expect(viewOf(plan, out).allocation).toEqual({ control: 1000, treatment: 9000 });
    const watching = live(
      plan,
      [
        [22 * SECOND, published],
        [22 * SECOND, looked(22 * SECOND)],
      ],
      out,
    );
    expect(watching.phase).toMatchObject({ state: 'watching', until: START + 27 * SECOND });
    const over = live(plan, [[27 * SECOND, looked(27 * SECOND)]], watching);
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
    expect(live(slow, [[31 * SECOND, looked(31 * SECOND)]], served).phase).toMatchObject({ step: 0 });
    expect(live(slow, [[32 * SECOND, looked(32 * SECOND)]], served)).toMatchObject({
      epoch: 2,
      phase: { step: 1 },
    });
  });

  it('ends after the watch, but in no freeze window', () => {
    const until = START + 40 * SECOND;
    const watching = live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, published],
        [22 * SECOND, looked(22 * SECOND)],
        [27 * SECOND, looked(27 * SECOND, { more: { freezes: [{ from: START, to: until }] } })],
      ],
      running(plan),
    );
    expect(watching.phase).toMatchObject({ state: 'watching', until });
    expect(live(plan, [[40 * SECOND, looked(40 * SECOND)]], watching).phase).toMatchObject({
      outcome: 'shipped',
    });
  });

  it('does not end the watch, or take a step, while something is in doubt or not looked at', () => {
    expect(live(plan, [[27 * SECOND, tick]], watching).phase.state).toBe('watching');
    const blind = { errors: { status: 'blind', lacks: 'evidence' } } as const;
    const held = live(plan, [[27 * SECOND, looked(27 * SECOND, blind)]], watching);
    expect(held).toMatchObject({ phase: { state: 'watching' }, holds: [{ code: 'guardrail_blind' }] });
    expect(live(plan, [[28 * SECOND, looked(28 * SECOND)]], held).phase.state).toBe('completed');
  });

  it('waits with reminders for a guardrail that stays blind, until a person ends the watch without it', () => {
    const conclude = command('conclude', 'treatment');
    expect(refusalOf(plan, watching, conclude.command, START + 26 * SECOND)?.code).toBe('already_concluding');
    const blindAt = (seconds: number) =>
      looked(seconds * SECOND, { errors: { status: 'blind', lacks: 'evidence' } });
    const later = 27 + plan.policy.max_hold / SECOND;
    const held = live(plan, [[27 * SECOND, blindAt(27)]], watching);
    const reminded = step(plan, held, blindAt(later)(held), START + later * SECOND);
    expect(reminded.records).toMatchObject([{ kind: 'note', data: { code: 'guardrail_blind' } }]);
    expect(
      step(plan, reminded.state, blindAt(later)(reminded.state), START + later * SECOND + 1).records,
    ).toEqual([]);

    const accepted = step(plan, reminded.state, conclude, START + later * SECOND);
    expect(accepted).toMatchObject({ measure: true, state: { accepted: ['guardrail_blind'] } });
    const after = (look: LookOptions) =>
      live(plan, [[(later + 1) * SECOND, looked((later + 1) * SECOND, look)]], accepted.state).phase;
    expect(after({ errors: { status: 'blind', lacks: 'evidence' } })).toMatchObject({ outcome: 'shipped' });
    expect(after({ bayesFactor: 100 })).toMatchObject({ state: 'watching' });
    expect(after({ errors: { log_e_harm: 100 } })).toMatchObject({ state: 'rolling_back' });
  });

  it('rolls back where the winner of several treatments is harmed: the losers are not served any more', () => {
    const three = planFor({ arms: THREE_ARMS });
    const out = live(
      three,
      [
        [21 * SECOND, looked(21 * SECOND, { ctr: both(good, {}) })],
        [22 * SECOND, published],
      ],
      running(three, both({}, {})),
    );
    expect(out.phase).toMatchObject({ state: 'rolling_out', winner: 'treatment' });
    const worse = { sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } };
    const watching = live(three, [[22 * SECOND, looked(22 * SECOND)]], out);
    for (const state of [out, watching]) {
      const byGuardrail = looked(23 * SECOND, { errors: { log_e_harm: 100 } });
      for (const harm of [byGuardrail, looked(23 * SECOND, { ctr: [worse] })]) {
        const harmed = live(three, [[23 * SECOND, harm]], state);
        expect(harmed).toMatchObject({
          phase: { state: 'rolling_back', outcome: 'rolled_back' },
          ranges: [],
        });
        expect(harmed.dropped).toEqual([]);
      }
    }
  });

  it('proves no harm where nobody keeps the control: there is nothing of the same time to compare with', () => {
    const everybody = planFor({ policy: { holdback: 0 } });
    const out = live(everybody, [[21 * SECOND, looked(21 * SECOND, winner)]], running(everybody));
    const worse = { sequence: { ...undecided().sequence, lower: -0.09, upper: -0.001 } };
    const seen = looked(23 * SECOND, { ctr: [worse], errors: { log_e_harm: 100, status: 'blind' } });
    const after = live(
      everybody,
      [
        [22 * SECOND, published],
        [23 * SECOND, seen],
      ],
      out,
    );
    expect(after).toMatchObject({ phase: { state: 'watching' }, holds: [] });
  });

  it('says so where nobody is held back', () => {
    const everybody = planFor({ policy: { holdback: 0 } });
    const look = looked(21 * SECOND, winner)(running(everybody));
    const { records } = step(everybody, running(everybody), look, START + 21 * SECOND);
    expect(records.at(-1)).toMatchObject({ kind: 'ramped', reason: /no holdback/ });
  });
});
