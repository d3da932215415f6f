import { heldBackSlots, rolloutRanges, shareOf } from './allocation.js';
import { ENGINE, type Draft } from './draft.js';
import { dwellOf, remaining } from './dwell.js';
import { frozenUntil } from './frozen.js';
import type { Actor, Phase } from './state.js';

/** What the timeline says of a roll-out without a holdback. */
const UNCOMPARED =
  'there is no holdback: nobody keeps the control, so nothing is compared with the winner and no guardrail can roll it back';

/** Begins at the first step of the roll-out that is above the winner's present share. */
export function rollOut(draft: Draft, winner: string, actor: Actor): void {
  const { rollout } = draft.plan.policy;
  const share = shareOf(draft.state.ranges, winner);
  const index = rollout.findIndex((step) => step.coverage > share);
  enterStep(draft, winner, index === -1 ? rollout.length - 1 : index, actor);
}

/** The next step, or the watch, once the present one is served and has had its dwell. Taken on a look at that step. */
export function continueRollout(draft: Draft, phase: Extract<Phase, { state: 'rolling_out' }>): void {
  const { state, plan, now } = draft;
  if (state.published_revision < state.revision || draft.isHeld() || draft.isShipHeld()) return;
  if (remaining(phase.dwell, now) > 0) return;
  const { winner, step } = phase;
  if (step < plan.policy.rollout.length - 1) enterStep(draft, winner, step + 1, ENGINE);
  else draft.enter({ state: 'watching', winner, until: now + plan.policy.watch }, ENGINE);
}

/**
 * The watch is over: everybody gets the winner, unless in a freeze window. Taken on a look. While something is wrong
 * or missing the watch goes on, and says so: it has not seen what it was for. A person may end it by `conclude`.
 */
export function finishWatch(draft: Draft, phase: Extract<Phase, { state: 'watching' }>): void {
  if (draft.now < phase.until || draft.isShipHeld()) return;
  const frozen = frozenUntil(draft.state.freezes, draft.now);
  if (frozen !== null) {
    draft.state.phase = { ...phase, until: frozen };
    return;
  }
  draft.publish([]);
  draft.setHolds([]);
  draft.enter({ state: 'completed', outcome: 'shipped', winner: phase.winner }, ENGINE);
}

/**
 * Each step has proportions of its own, so it begins an epoch of its own: the winner against the units that
 * keep the control, with fresh evidence.
 */
function enterStep(draft: Draft, winner: string, index: number, actor: Actor): void {
  const { plan, state } = draft;
  const { coverage, min_dwell } = plan.policy.rollout[index]!;
  state.epoch += 1;
  draft.publish(rolloutRanges(plan, winner, coverage, state.revision + 1));
  draft.setHolds([]);
  draft.enter({ state: 'rolling_out', winner, step: index, dwell: dwellOf(min_dwell ?? 0) }, actor);
  draft.record('ramped', actor, {
    ...(heldBackSlots(plan) === 0 && { reason: UNCOMPARED }),
    data: { winner, coverage: shareOf(state.ranges, winner) },
  });
  draft.pollLater();
}
