import { initialState, type State } from './state.js';

/**
 * How far a forced version is ahead of every version the workflow may have committed. Writes are guarded by the version,
 * and the workflow, which may be alive after all, counts one for each visible change: to overwrite the forced end it
 * would have to be a million changes ahead of the store. A whole life takes some thousands.
 */
const BEYOND = 1_000_000;

/** The end of an experiment whose workflow does not answer: stopped, everybody on the control, whatever is in flight. */
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
