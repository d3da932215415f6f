import { bandsWithin, enrolled, rampRanges } from './allocation.js';
import { forgetStepApproval } from './approval.js';
import { ENGINE, type Draft } from './draft.js';
import { dwellOf } from './dwell.js';
import { frozenUntil } from './frozen.js';
import { hold } from './holds.js';
import { iso } from '../iso.js';
import { wakeAt } from './schedule.js';
import type { Actor } from './state.js';

/** Begins enrolling, unless it is frozen or must wait for the slots of its layer. */
export function begin(draft: Draft): void {
  const { plan, state, now } = draft;
  if ((wakeAt(plan, state) ?? Infinity) > now) return;
  const frozen = frozenUntil(state.freezes, now);
  if (frozen !== null) {
    const detail = `frozen until ${iso(frozen)}`;
    draft.setHolds([hold('freeze_window', state.holds, now, detail)]);
    state.next_poll_at = frozen;
    return;
  }
  draft.setHolds([]);
  if (plan.layer && !state.lease) draft.enter({ state: 'queued' }, ENGINE);
  else enrolStep(draft, 0, ENGINE);
}

/** Takes a ramp step; the last one is full coverage. */
export function enrolStep(draft: Draft, index: number, actor: Actor): void {
  enrolMore(draft, draft.plan.policy.ramp[index]!.coverage, actor);
}

/** Goes to a coverage (per cent): up by enrolling more slots, down by withdrawing the last bands. */
export function rampTo(draft: Draft, coverage: number, actor: Actor): void {
  const { bands, withdrawn } = draft.state;
  if (coverage > enrolled(bands)) return enrolMore(draft, coverage, actor);
  const kept = bandsWithin(bands, coverage);
  draft.state.bands = kept;
  draft.state.withdrawn = [...withdrawn, ...bands.slice(kept.length)];
  serveEnrolled(draft, false, actor);
}

/** Takes treatments out of the experiment: their slots are no longer enrolled and get the control. */
export function drop(draft: Draft, variants: string[], actor: Actor): void {
  const { plan, state } = draft;
  state.dropped = [...state.dropped, ...variants];
  draft.publish(rampRanges(plan, state.bands, state.dropped));
  draft.record('note', actor, { reason: `dropped ${variants.join(', ')}`, data: { dropped: variants } });
}

/** Enrols no more units: those that are enrolled decide. */
export function closeEnrolment(draft: Draft, actor: Actor): void {
  forgetStepApproval(draft);
  draft.enter({ state: 'running' }, actor, 'closed: no more units are enrolled');
}

/** Enrols slots never used before until the coverage is reached, or none are left. */
function enrolMore(draft: Draft, coverage: number, actor: Actor): void {
  const { bands, withdrawn, revision } = draft.state;
  const from = Math.max(0, ...[...bands, ...withdrawn].map((band) => band.to));
  const to = Math.min(100, coverage + enrolled(withdrawn));
  if (to > from) draft.state.bands = [...bands, { revision: revision + 1, from, to }];
  serveEnrolled(draft, to === 100, actor);
}

/** Serves what is enrolled now; the ramp stands at the last step that this coverage reaches. */
function serveEnrolled(draft: Draft, full: boolean, actor: Actor): void {
  const { plan, state } = draft;
  const { ramp } = plan.policy;
  const coverage = enrolled(state.bands);
  forgetStepApproval(draft);
  draft.publish(rampRanges(plan, state.bands, state.dropped));
  const reached = ramp.filter((step) => step.coverage <= coverage).length - 1;
  const index = full ? ramp.length - 1 : Math.max(0, Math.min(reached, ramp.length - 2));
  draft.enter(
    full
      ? { state: 'running' }
      : { state: 'ramping', step: index, dwell: dwellOf(ramp[index]!.min_dwell ?? 0) },
    actor,
  );
  draft.record('ramped', actor, { data: { step: index, of: ramp.length, coverage } });
  draft.pollLater();
}
