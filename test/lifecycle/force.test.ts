import { describe, expect, it } from 'vitest';
import { forcedState } from '../../src/lifecycle/force.js';
import { planFor, running } from './fixtures.js';

describe('a forced end', () => {
  it('is ahead of whatever its workflow may still write, with everybody on the control', () => {
    const state = running(planFor());
    const forced = forcedState(state, state.version + 3);
    expect(forced.version).toBeGreaterThan(state.version + 500_000);
    expect(forced).toMatchObject({
      phase: { state: 'completed', outcome: 'stopped' },
      ranges: [],
      revision: state.revision + 1,
      published_revision: state.revision + 1,
    });
  });

  it('needs no checkpoint', () => {
    expect(forcedState(null, 0)).toMatchObject({ phase: { state: 'completed' }, revision: 1 });
  });
});
