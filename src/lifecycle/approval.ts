import { ENGINE, type Draft } from './draft.js';
import { frozenUntil } from './frozen.js';
import { hold } from './holds.js';
import type { Plan } from './plan.js';
import { rollBack } from './rollback.js';
import { rollOut } from './rollout.js';
import type { State } from './state.js';

/** The ramp step is done and needs a person's approval: a hold from now on, with a deadline. */
export function askForStep(draft: Draft): void {
  draft.raiseHold('approval');
}

/** A person's, or the policy's, answer to a ramp step that needs approval. */
export function answerStep(draft: Draft, answer: 'approved' | 'rejected'): void {
  const { phase, holds } = draft.state;
  if (phase.state !== 'ramping') return;
  draft.state.phase = { ...phase, answer };
  const others = holds.filter(({ code }) => code !== 'approval' && code !== 'rejected');
  draft.setHolds(answer === 'rejected' ? [...others, hold('rejected', holds, draft.now)] : others);
  draft.lookNow();
}

/** The ramp goes elsewhere: the question about the present step, or its answer, no longer matters. */
export function forgetStepApproval(draft: Draft): void {
  draft.liftHolds('approval', 'rejected');
}

/** When the time to approve a step is over, or the next reminder is due; null where no step waits for approval. */
export function stepDeadline(plan: Plan, { phase, holds }: State): number | null {
  const waiting = holds.find(({ code }) => code === 'approval');
  if (!waiting || phase.state !== 'ramping') return null;
  const { approval_timeout, max_hold } = plan.policy;
  return waiting.reminded === undefined ? waiting.since + approval_timeout : waiting.reminded + max_hold;
}

/** Nobody answered for a step in time: the policy says what follows. */
export function stepTimedOut(draft: Draft): void {
  const { on_approval_timeout: answer } = draft.plan.policy;
  if (answer === 'ship' && !draft.state.paused) answerStep(draft, 'approved');
  else if (answer === 'control') rollBack(draft, 'inconclusive', ENGINE, 'nobody approved the step in time');
  else {
    const { holds } = draft.state;
    draft.setHolds(holds.map((held) => (held.code === 'approval' ? { ...held, reminded: draft.now } : held)));
    draft.record('note', ENGINE, { reason: 'the step still waits for approval' });
  }
}

/** A winner ships by itself where the policy allows that, and otherwise waits for a person. */
export function shipOrAsk(draft: Draft, winner: string): void {
  const { auto_ship, approvals, approval_timeout } = draft.plan.policy;
  if (auto_ship && !approvals.ship) rollOut(draft, winner, ENGINE);
  else waitForApproval(draft, winner, draft.now + approval_timeout);
}

/**
 * Nobody answered for the winner in time: the policy says what follows. Taken on a look, never on what was known at an
 * earlier one. Where the policy ships, it ships as soon as nothing is in doubt any more.
 */
export function shipTimedOut(draft: Draft, winner: string): void {
  const { on_approval_timeout: answer, max_hold } = draft.plan.policy;
  const frozen = frozenUntil(draft.state.freezes, draft.now);
  if (answer === 'ship' && frozen !== null) waitForApproval(draft, winner, frozen);
  else if (answer === 'ship' && !draft.state.paused) {
    if (!draft.isShipHeld()) rollOut(draft, winner, ENGINE);
  } else if (answer === 'control') rollBack(draft, 'inconclusive', ENGINE, 'nobody approved in time');
  else {
    waitForApproval(draft, winner, draft.now + max_hold);
    draft.record('note', ENGINE, { reason: `${winner} still waits for approval` });
  }
}

function waitForApproval(draft: Draft, winner: string, deadline: number): void {
  draft.enter({ state: 'awaiting_approval', winner, deadline }, ENGINE);
}
