import { ROW } from './decisions/rows.js';
import { ENGINE, type Draft } from './draft.js';
import type { Actor, LostInstance, Outcome } from './state.js';

/** Everybody back to the control, at once. */
export function rollBack(
  draft: Draft,
  outcome: Exclude<Outcome, 'shipped'>,
  actor: Actor,
  reason: string | null,
): void {
  draft.publish([]);
  draft.state.paused = null;
  draft.state.fences = [];
  draft.setHolds([]);
  draft.enter({ state: 'rolling_back', outcome }, actor, reason);
}

/** The row `stop` of the decision table: a person stops this experiment, or an emergency stop does. */
export function stop(draft: Draft, actor: Actor, reason: string | null): void {
  const reasons = [{ code: 'stopped', text: reason ?? 'stopped' }];
  draft.recordDecision({ row: ROW.stop, decision: 'stop', reasons }, null);
  rollBack(draft, 'stopped', actor, reason);
}

/** Every live process is known to serve the control; `lost` are those that could not be asked. */
export function finishRollback(draft: Draft, lost: LostInstance[]): void {
  const { phase } = draft.state;
  if (phase.state !== 'rolling_back') return;
  draft.state.lost = lost;
  draft.enter({ state: 'completed', outcome: phase.outcome }, ENGINE);
}
