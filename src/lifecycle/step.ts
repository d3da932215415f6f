import type { SlotInterval } from '../model/serving.js';
import { answerStep, askForStep, shipOrAsk, shipTimedOut, stepDeadline, stepTimedOut } from './approval.js';
import { acceptedBy, refusalOf, wasAnswered, type Command } from './commands.js';
import { decide } from './decide.js';
import { FOLDING } from './decisions/readiness.js';
import { ROW } from './decisions/rows.js';
import { Draft, ENGINE } from './draft.js';
import { begin, closeEnrolment, drop, enrolStep, rampTo } from './enrolment.js';
import type { Look } from './look.js';
import { iso } from '../iso.js';
import { endOf, type Plan } from './plan.js';
import { finishRollback, rollBack, stop } from './rollback.js';
import { continueRollout, finishWatch, rollOut } from './rollout.js';
import { runDwellClock, scheduleLook } from './schedule.js';
import {
  isServing,
  type Actor,
  type Circumstances,
  type Decision,
  type DecisionRecord,
  type LostInstance,
  type State,
  type TimelineRecord,
} from './state.js';

/** What happens to an experiment: the only things that ever change its state. */
export type Input =
  | { kind: 'tick' }
  | { kind: 'looked'; look: Look }
  | { kind: 'published'; revision: number }
  | { kind: 'verified'; lost: LostInstance[] }
  | { kind: 'leased'; slots: SlotInterval[] }
  | { kind: 'command'; command: Command }
  | { kind: 'fence'; emergency_stop_id: string; by: string; reason: string }
  | { kind: 'release'; emergency_stop_id: string; by: string }
  | { kind: 'recovered' }
  | { kind: 'fault'; message: string };

/** The new state and what must be carried out: records to write, and whether to look at the metrics now. */
export interface Step {
  state: State;
  records: TimelineRecord[];
  decisions: DecisionRecord[];
  measure: boolean;
}

/** Answers of this many commands are remembered, so that a command that is sent twice is carried out once. */
const MOST_ANSWERED = 200;
/** While the fixed test waits for the last events to be folded, the next look comes after this long, ms. */
const FOLDING_POLL_MS = 10_000;

/** One input taken at `now` (ms since the epoch). Pure and total: it never throws and reads no clock. */
export function step(plan: Plan, before: State, input: Input, now: number): Step {
  const draft = new Draft(plan, before, now);
  take(draft, input);
  runDwellClock(draft);
  scheduleLook(draft);
  const { state, records, decisions, measure } = draft;
  const visible = records.length > 0 || decisions.length > 0 || state.phase !== before.phase;
  if (visible) state.version = before.version + 1;
  return { state, records, decisions, measure };
}

function take(draft: Draft, input: Input): void {
  switch (input.kind) {
    case 'tick':
      return tick(draft);
    case 'looked':
      return looked(draft, input.look);
    case 'published':
      return published(draft, input.revision);
    case 'verified':
      return finishRollback(draft, input.lost);
    case 'leased':
      return leased(draft, input.slots);
    case 'command':
      return command(draft, input.command);
    case 'fence':
      return fence(draft, input.emergency_stop_id, input.by, input.reason);
    case 'release':
      return release(draft, input.emergency_stop_id, input.by);
    case 'recovered':
      return draft.raiseHold('recovered');
    case 'fault':
      return draft.raiseHold('fault', input.message);
  }
}

/** A moment at which something may be due. */
function tick(draft: Draft): void {
  const { plan, state, now } = draft;
  const { phase } = state;
  switch (phase.state) {
    case 'scheduled':
    case 'queued':
      return begin(draft);
    case 'rolling_back':
    case 'completed':
      return;
    case 'ramping':
      if ((stepDeadline(plan, state) ?? Infinity) <= now) stepTimedOut(draft);
      break;
    case 'running':
    case 'awaiting_approval':
    case 'rolling_out':
    case 'watching':
      break;
  }
  if (now >= state.next_poll_at && isServing(state.phase)) draft.lookNow();
}

/** A look at the metrics: the holds and the decision that follow from it. */
function looked(draft: Draft, look: Look): void {
  const { plan, state, now } = draft;
  if (!isServing(state.phase)) return;
  state.freezes = look.freezes;
  state.running_p = { epoch: look.epoch, p: look.running_p };
  freezeFinalLook(draft, look);
  const circumstances = circumstancesOf(state);
  const { holds, decision, harmedArms } = decide(plan, state, look, now);
  draft.setHolds(holds);
  remind(draft);
  if (decision) {
    draft.recordDecision(decision, { look, circumstances });
    if (harmedArms.length > 0) drop(draft, harmedArms, ENGINE);
    carryOutDecision(draft, decision);
  }
  goOnShipping(draft, look);
}

/** A hold that lasts is told again each `max_hold`: nobody should find out after weeks that an experiment waits. */
function remind(draft: Draft): void {
  const { plan, state, now } = draft;
  state.holds = state.holds.map((held) => {
    // Approvals have a deadline of their own.
    if (held.code === 'approval' || now - (held.reminded ?? held.since) < plan.policy.max_hold) return held;
    const { code, detail, lifts_when } = held;
    draft.record('note', ENGINE, { reason: `still held: ${detail ?? code}`, data: { code, lifts_when } });
    return { ...held, reminded: now };
  });
}

/**
 * What is due of a winner's way to everybody. It is taken only on a look at the present allocation: after an outage the
 * guardrails and the holds of hours ago say nothing.
 */
function goOnShipping(draft: Draft, look: Look): void {
  const { state, now } = draft;
  const { phase } = state;
  if (look.revision !== state.revision || look.epoch !== state.epoch) return;
  if (phase.state === 'awaiting_approval' && now >= phase.deadline) shipTimedOut(draft, phase.winner);
  else if (phase.state === 'rolling_out') continueRollout(draft, phase);
  else if (phase.state === 'watching') finishWatch(draft, phase);
}

/** Once the sample is complete, or the planned end is past and folded, the fixed test is taken on this very look. */
function freezeFinalLook({ plan, state, now }: Draft, look: Look): void {
  if (state.phase.state !== 'ramping' && state.phase.state !== 'running') return;
  const end = endOf(plan, state);
  const units = Object.values(look.units).reduce((sum, n) => sum + n, 0);
  const sampled = plan.sample_size !== undefined && units >= plan.sample_size;
  if (sampled && state.sample_complete_at === null && now >= plan.start_at + plan.policy.min_duration) {
    state.sample_complete_at = now;
  }
  const complete = state.sample_complete_at !== null || (now >= end && look.folded_until >= end);
  if (complete && !state.final_look && look.revision === state.revision) state.final_look = look;
}

function circumstancesOf(state: State): Circumstances {
  const { phase, revision, epoch, dropped, paused, holds, extended_to, sample_complete_at, final_look } =
    state;
  return {
    phase,
    revision,
    epoch,
    dropped,
    paused,
    holds,
    extended_to,
    sample_complete_at,
    final_snapshot_id: final_look?.snapshot_id ?? null,
  };
}

function carryOutDecision(draft: Draft, decision: Decision): void {
  const { state, now } = draft;
  const reason = decision.reasons[0]?.text ?? null;
  switch (decision.decision) {
    case 'advance':
      if (state.phase.state === 'ramping') enrolStep(draft, state.phase.step + 1, ENGINE);
      break;
    case 'roll_back':
      rollBack(draft, 'rolled_back', ENGINE, reason);
      break;
    case 'no_effect':
    case 'inconclusive':
      rollBack(draft, decision.decision, ENGINE, reason);
      break;
    case 'winner':
      shipOrAsk(draft, decision.variant!);
      break;
    case 'hold':
      if (decision.row === ROW.ramp_step) askForStep(draft);
      break;
    case 'continue':
    case 'stop':
      if (decision.reasons.some(({ code }) => code === FOLDING)) {
        state.next_poll_at = Math.min(state.next_poll_at, now + FOLDING_POLL_MS);
      }
      break;
  }
}

/** The store has a revision: from now on it is what is served. */
function published(draft: Draft, revision: number): void {
  const { state } = draft;
  if (revision <= state.published_revision) return;
  state.published_revision = revision;
  if (['ramping', 'running', 'rolling_out'].includes(state.phase.state)) draft.lookNow();
}

function leased(draft: Draft, slots: SlotInterval[]): void {
  const { plan, state } = draft;
  if (state.phase.state !== 'queued' || state.lease) return;
  state.lease = slots;
  const { layer_id } = plan.layer!;
  draft.record('note', ENGINE, { reason: `got its slots of layer ${layer_id}`, data: { layer_id, slots } });
  begin(draft);
}

/** A command is carried out once, and only where it is not refused. */
function command(draft: Draft, order: Command): void {
  const { plan, before, state, now } = draft;
  if (wasAnswered(state, order) || refusalOf(plan, state, order, now)) return;
  const { command_id, actor, reason, name } = order;
  const accepted = acceptedBy(plan, state, order);
  state.accepted = [...state.accepted, ...accepted];
  draft.record('command', actor, {
    ...(reason !== null && { reason }),
    data: {
      command: name,
      command_id,
      ...(order.variant && { variant: order.variant }),
      ...(order.coverage !== undefined && { coverage: order.coverage }),
      ...(order.end_at !== undefined && { end_date: iso(order.end_at) }),
      ...(accepted.length > 0 && { accepted }),
    },
  });
  carryOut(draft, order);
  state.answered = [...state.answered, { command_id, version: before.version + 1 }].slice(-MOST_ANSWERED);
}

function carryOut(draft: Draft, { name, actor, reason, variant, coverage, end_at }: Command): void {
  const { plan, state } = draft;
  const { phase } = state;
  switch (name) {
    case 'pause':
      state.paused = { by: actor.id, at: draft.now, reason };
      break;
    case 'resume':
      state.paused = null;
      draft.liftHolds('recovered');
      if (isServing(phase)) draft.lookNow();
      break;
    case 'advance':
      if (phase.state === 'ramping') enrolStep(draft, phase.step + 1, actor);
      break;
    case 'ramp':
      rampTo(draft, coverage!, actor);
      break;
    case 'drop':
      drop(draft, [variant!], actor);
      break;
    case 'close':
      closeEnrolment(draft, actor);
      break;
    case 'extend':
      state.extended_to = end_at!;
      break;
    case 'conclude':
      if (variant === plan.control) rollBack(draft, 'stopped', actor, reason);
      else if (phase.state === 'rolling_out' || phase.state === 'watching') draft.lookNow();
      else rollOut(draft, variant!, actor);
      break;
    case 'approve':
      if (phase.state === 'awaiting_approval') rollOut(draft, phase.winner, actor);
      else answerStep(draft, 'approved');
      break;
    case 'reject':
      if (phase.state === 'ramping') answerStep(draft, 'rejected');
      else rollBack(draft, 'stopped', actor, reason);
      break;
    case 'stop':
      stop(draft, actor, reason);
      break;
  }
}

/** An emergency stop: an experiment that has begun is stopped for good, any other is held until the release. */
function fence(draft: Draft, emergency_stop_id: string, by: string, reason: string): void {
  const { state } = draft;
  const { phase, fences } = state;
  if (phase.state === 'completed' || phase.state === 'rolling_back') return;
  if (fences.includes(emergency_stop_id)) return;
  const actor: Actor = { type: 'person', id: by };
  draft.record('fenced', actor, { reason, data: { emergency_stop_id } });
  if (phase.state === 'scheduled' || phase.state === 'queued') {
    state.fences = [...fences, emergency_stop_id];
    draft.raiseHold('fenced', reason);
  } else {
    stop(draft, actor, reason);
  }
}

function release(draft: Draft, emergency_stop_id: string, by: string): void {
  const { state } = draft;
  if (!state.fences.includes(emergency_stop_id)) return;
  state.fences = state.fences.filter((id) => id !== emergency_stop_id);
  draft.record('released', { type: 'person', id: by }, { data: { emergency_stop_id } });
  if (state.fences.length === 0) draft.liftHolds('fenced');
}
