import { describe, expect, it } from 'vitest';
import { publicationOf } from '../../src/lifecycle/view.js';
import { command, good, live, looked, planFor, published, ramping, running, SECOND } from './fixtures.js';

const plan = planFor();
const winner = { ctr: [good] };

describe('a rollback', () => {
  it('follows on harm after the winner has shipped, too', () => {
    const harmed = live(
      plan,
      [
        [21 * SECOND, looked(21 * SECOND, winner)],
        [22 * SECOND, published],
        [23 * SECOND, looked(23 * SECOND, { errors: { log_e_harm: 100 } })],
      ],
      running(plan),
    );
    expect(harmed.phase).toEqual({ state: 'rolling_back', outcome: 'rolled_back' });
    expect(publicationOf(plan, harmed)).toMatchObject({
      live: false,
      outcome_variant: 'control',
      allocation: { ranges: [] },
    });
  });

  it('is over only when every process is known to serve the control', () => {
    const stopped = live(plan, [[5 * SECOND, command('stop')]], ramping(plan));
    expect(stopped.phase.state).toBe('rolling_back');
    const verified = live(plan, [[6 * SECOND, { kind: 'verified', lost: [] }]], stopped);
    expect(verified.phase).toEqual({ state: 'completed', outcome: 'stopped' });
  });
});
