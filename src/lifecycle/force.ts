import { initialState, type State } from './state.js';

/** Further than any commit can be that is under way while an experiment is forced. */
const BEYOND = 1_000_000;

/** The end of an experiment whose workflow does not answer: the control, stopped, ahead of all that is in flight. */
export function forcedState(checkpoint: State | null, version: number): State {
  const state = checkpoint ?? initialState();
  return {
    ...state,
    version: Math.max(state.version, version) + BEYOND,
    revision: state.revision + 1,
    published_revision: state.revision + 1,
    phase: { state: 'completed', outcome: 'stopped' },
    ranges: [],
    holds: [],
    fences: [],
    paused: null,
  };
}
