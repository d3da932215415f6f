import { stepDeadline } from './approval.js';
import type { Draft } from './draft.js';
import { switchClock } from './dwell.js';
import { endOf, type Plan } from './plan.js';
import { isServing, type State } from './state.js';

/** When the next tick is due, ms since the epoch; null where only an input from outside can change anything. */
export function wakeAt(plan: Plan, state: State): number | null {
  const { phase } = state;
  switch (phase.state) {
    case 'scheduled':
      return mayBegin(state) ? Math.max(plan.start_at, state.next_poll_at) : null;
    case 'queued':
      return mayBegin(state) && state.lease ? state.next_poll_at : null;
    case 'rolling_back':
    case 'completed':
      return null;
    case 'awaiting_approval':
    case 'watching':
    case 'ramping':
    case 'running':
    case 'rolling_out':
      return state.next_poll_at;
  }
}

/** Only a freeze window ends by itself; everything else waits for a person. */
function mayBegin({ fences, paused, holds }: State): boolean {
  return fences.length === 0 && !paused && holds.every((hold) => hold.code === 'freeze_window');
}

/** Dwell clocks run only while the newest allocation is served and nothing holds. */
export function runDwellClock(draft: Draft): void {
  const { phase, published_revision, revision } = draft.state;
  if (phase.state !== 'ramping' && phase.state !== 'rolling_out') return;
  const dwell = switchClock(phase.dwell, published_revision === revision && !draft.isHeld(), draft.now);
  if (dwell !== phase.dwell) draft.state.phase = { ...phase, dwell };
}

/** Looks also at the moments at which something may become due, not only at the polling interval. */
export function scheduleLook({ plan, state, now }: Draft): void {
  const { phase } = state;
  if (!isServing(phase)) return;
  const moments = [
    stepDeadline(plan, state) ?? 0,
    plan.start_at + plan.policy.min_duration,
    endOf(plan, state),
    endOf(plan, state) + plan.policy.max_hold,
    ...state.freezes.flatMap(({ from, to }) => [from, to]),
    ...(phase.state === 'awaiting_approval' ? [phase.deadline] : []),
    ...(phase.state === 'watching' ? [phase.until] : []),
    ...('dwell' in phase && phase.dwell.since !== null ? [phase.dwell.since + phase.dwell.left] : []),
  ].filter((moment) => moment > now);
  state.next_poll_at = Math.min(state.next_poll_at, ...moments);
}
