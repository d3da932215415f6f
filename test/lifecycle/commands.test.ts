import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../src/lifecycle/commands.js';
import type { State } from '../../src/lifecycle/state.js';
import type { Input } from '../../src/lifecycle/step.js';
import { viewOf } from '../../src/lifecycle/view.js';
import { command, live, looked, planFor, ramping, running, SECOND, START } from './fixtures.js';

const plan = planFor();

describe('refusals', () => {
  const refused = (state: State, input: Input): string | undefined =>
    input.kind === 'command' ? refusalOf(plan, state, input.command, START)?.code : undefined;

  it('name why', () => {
    const over = live(
      plan,
      [
        [5 * SECOND, command('stop')],
        [6 * SECOND, { kind: 'verified', lost: [] }],
      ],
      ramping(plan),
    );
    expect(refused(over, command('pause'))).toBe('not_live');
    expect(refused(running(plan), command('advance'))).toBe('not_ramping');
    expect(refused(ramping(plan), command('resume'))).toBe('not_paused');
    expect(refused(ramping(plan), command('approve'))).toBe('not_awaiting_approval');
    expect(refused(ramping(plan), command('conclude', 'nobody'))).toBe('unknown_variant');
    const paused = live(plan, [[1, command('pause')]], ramping(plan));
    expect(refused(paused, command('pause'))).toBe('already_paused');
    expect(refused(paused, command('advance'))).toBe('paused');
    expect(refused(paused, command('conclude', 'treatment'))).toBe('paused');
    const stopping = live(plan, [[1, command('stop')]], ramping(plan));
    expect(refused(stopping, command('stop'))).toBe('already_concluding');
    const held = live(
      plan,
      [[2 * SECOND, looked(2 * SECOND, { errors: { p_value: 0.001 } })]],
      ramping(plan),
    );
    expect(refused(held, command('advance'))).toBe('held');
  });

  it('let the end be put off before it is reached, and within the longest duration', () => {
    const to = (seconds: number) => command('extend', undefined, { end_at: START + seconds * SECOND });
    const state = running(plan);
    expect(refusalOf(plan, state, to(50).command, START)?.code).toBe('out_of_range');
    expect(refusalOf(plan, state, to(601).command, START)?.code).toBe('out_of_range');
    expect(refusalOf(plan, state, to(90).command, START + 60 * SECOND)?.code).toBe('past_horizon');
    const extended = live(plan, [[30 * SECOND, to(90)]], state);
    expect(viewOf(plan, extended).deadlines['horizon_at']).toBe(new Date(START + 90 * SECOND).toISOString());
    const at = live(plan, [[60 * SECOND, looked(60 * SECOND)]], extended);
    expect(at.phase.state).toBe('running');
    expect(live(plan, [[91 * SECOND, looked(91 * SECOND)]], at).phase.state).toBe('rolling_back');
  });
});
