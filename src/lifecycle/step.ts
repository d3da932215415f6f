import { bandsWithin, enrolled, rampRanges, rolloutRanges, shareOf } from './allocation.js';
import { refusalOf, type Command } from './commands.js';
import { decide } from './decide.js';
import { FOLDING } from './decisions/readiness.js';
import { ROW } from './decisions/rows.js';
import { dwellOf, remaining, switchClock } from './dwell.js';
import type { FreezeWindow } from '../calendar/freeze-windows.js';
import { frozenUntil } from './frozen.js';
import { hold } from './holds.js';
import type { SlotInterval } from '../model/serving.js';
import type { Look } from './look.js';
import { endOf, type Plan } from './plan.js';
import type {
  Actor,
  Circumstances,
  Decision,
  DecisionRecord,
  Hold,
  LostInstance,
  Outcome,
  Phase,
  State,
  TimelineRecord,
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

const ENGINE: Actor = { type: 'engine', id: 'rampart' };
/** Answers of commands that are remembered, so that one sent twice is taken once. */
const REMEMBERED = 200;
/** What a roll-out without a holdback is watched against. */
const UNCOMPARED =
  'nobody is held back: the winner is watched against what the control was before, which is no comparison of the same time';
/** While the fixed test waits for the last events to be folded, look again after this long. */
const FOLDING_POLL = 10_000;

/** The state of an experiment that has been started and not begun. */
export function initialState(freezes: FreezeWindow[] = []): State {
  return {
    version: 0,
    revision: 0,
    published_revision: 0,
    epoch: 0,
    phase: { state: 'scheduled' },
    bands: [],
    withdrawn: [],
    ranges: [],
    dropped: [],
    paused: null,
    holds: [],
    fences: [],
    lease: null,
    freezes,
    extended_to: null,
    next_poll_at: 0,
    running: null,
    sample_complete_at: null,
    final_look: null,
    last_decision: null,
    decisions: 0,
    records: 0,
    lost: [],
    answered: [],
  };
}

/** One input taken at `now` (ms since the epoch). Pure and total: it never throws and reads no clock. */
export function step(plan: Plan, before: State, input: Input, now: number): Step {
  const change = new Change(plan, before, now);
  switch (input.kind) {
    case 'tick':
      change.tick();
      break;
    case 'looked':
      change.looked(input.look);
      break;
    case 'published':
      change.published(input.revision);
      break;
    case 'verified':
      change.verified(input.lost);
      break;
    case 'leased':
      change.leased(input.slots);
      break;
    case 'command':
      change.command(input.command);
      break;
    case 'fence':
      change.fence(input.emergency_stop_id, input.by, input.reason);
      break;
    case 'release':
      change.release(input.emergency_stop_id, input.by);
      break;
    case 'recovered':
      change.setHolds([...before.holds, hold('recovered', before.holds, now)]);
      break;
    case 'fault':
      change.setHolds([
        ...before.holds.filter((one) => one.code !== 'fault'),
        hold('fault', before.holds, now, input.message),
      ]);
      break;
  }
  return change.done();
}

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
      return Math.min(state.next_poll_at, phase.deadline);
    case 'watching':
      return Math.min(state.next_poll_at, phase.until);
    case 'ramping':
    case 'running':
    case 'rolling_out':
      return state.next_poll_at;
  }
}

/** Whether traffic flows: from the first enrolment to the end of rollback or watch. */
export function isServing(phase: Phase): boolean {
  return !['scheduled', 'queued', 'rolling_back', 'completed'].includes(phase.state);
}

/** Only a freeze window ends by itself. */
function mayBegin({ fences, paused, holds }: State): boolean {
  return fences.length === 0 && !paused && holds.every((one) => one.code === 'freeze_window');
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

class Change {
  private state: State;
  private readonly records: TimelineRecord[] = [];
  private readonly decisions: DecisionRecord[] = [];
  private measure = false;

  constructor(
    private readonly plan: Plan,
    private readonly before: State,
    private readonly now: number,
  ) {
    this.state = { ...before };
  }

  done(): Step {
    this.runClocks();
    this.scheduleLook();
    const { state, records, decisions, measure } = this;
    const visible = records.length > 0 || decisions.length > 0 || state.phase !== this.before.phase;
    if (visible) state.version = this.before.version + 1;
    return { state, records, decisions, measure };
  }

  tick(): void {
    const { phase } = this.state;
    if (phase.state === 'scheduled' || phase.state === 'queued') this.begin();
    if (!isServing(phase)) return;
    if (phase.state === 'awaiting_approval' && this.now >= phase.deadline)
      this.approvalTimedOut(phase.winner);
    else if ((this.stepDeadline() ?? Infinity) <= this.now) this.stepApprovalTimedOut();
    else if (phase.state === 'rolling_out') this.continueRollout(phase);
    else if (phase.state === 'watching' && this.now >= phase.until) this.watched(phase);
    if (this.now >= this.state.next_poll_at && isServing(this.state.phase)) this.lookNow();
  }

  looked(look: Look): void {
    if (!isServing(this.state.phase)) return;
    this.state.freezes = look.freezes;
    this.state.running = { epoch: look.epoch, p: look.running_p };
    this.horizon(look);
    const circumstances = circumstancesOf(this.state);
    const verdict = decide(this.plan, this.state, look, this.now);
    this.setHolds(verdict.holds);
    if (!verdict.decision) return;
    this.note(verdict.decision, look.snapshot_id, circumstances);
    this.decided(verdict.decision, verdict.harmedArms);
  }

  published(revision: number): void {
    if (revision <= this.state.published_revision) return;
    this.state.published_revision = revision;
    const { phase } = this.state;
    if (phase.state === 'rolling_out') this.continueRollout(phase);
    else if (phase.state === 'ramping' || phase.state === 'running') this.lookNow();
  }

  verified(lost: LostInstance[]): void {
    const { phase } = this.state;
    if (phase.state !== 'rolling_back') return;
    this.state.lost = lost;
    this.enter({ state: 'completed', outcome: phase.outcome }, ENGINE);
  }

  leased(slots: SlotInterval[]): void {
    if (this.state.phase.state !== 'queued' || this.state.lease) return;
    this.state.lease = slots;
    const { layer_id } = this.plan.layer!;
    this.record('note', ENGINE, { reason: `has its slots of layer ${layer_id}`, data: { layer_id, slots } });
    this.begin();
  }

  command(command: Command): void {
    if (this.state.answered.some((one) => one.command_id === command.command_id)) return;
    if (refusalOf(this.plan, this.state, command, this.now)) return;
    const { actor, reason, name } = command;
    this.record('command', actor, {
      ...(reason !== null && { reason }),
      data: {
        command: name,
        command_id: command.command_id,
        ...(command.variant && { variant: command.variant }),
        ...(command.coverage !== undefined && { coverage: command.coverage }),
        ...(command.end_at !== undefined && { end_date: new Date(command.end_at).toISOString() }),
      },
    });
    this.carryOut(command);
    this.state.answered = [
      ...this.state.answered,
      { command_id: command.command_id, version: this.before.version + 1 },
    ].slice(-REMEMBERED);
  }

  fence(emergency_stop_id: string, by: string, reason: string): void {
    const { phase, fences, holds } = this.state;
    if (phase.state === 'completed' || phase.state === 'rolling_back' || fences.includes(emergency_stop_id))
      return;
    const actor: Actor = { type: 'person', id: by };
    this.record('fenced', actor, { reason, data: { emergency_stop_id } });
    if (phase.state === 'scheduled' || phase.state === 'queued') {
      this.state.fences = [...fences, emergency_stop_id];
      this.setHolds([
        ...holds.filter((one) => one.code !== 'fenced'),
        hold('fenced', holds, this.now, reason),
      ]);
    } else {
      this.stop(actor, reason);
    }
  }

  release(emergency_stop_id: string, by: string): void {
    if (!this.state.fences.includes(emergency_stop_id)) return;
    this.state.fences = this.state.fences.filter((id) => id !== emergency_stop_id);
    this.record('released', { type: 'person', id: by }, { data: { emergency_stop_id } });
    if (this.state.fences.length === 0)
      this.setHolds(this.state.holds.filter((one) => one.code !== 'fenced'));
  }

  /** Replaces the holds and records which ones began and ended. */
  setHolds(holds: Hold[]): void {
    const codes = (list: Hold[]): Set<string> => new Set(list.map((one) => one.code));
    const [had, has] = [codes(this.state.holds), codes(holds)];
    for (const one of holds) {
      if (had.has(one.code)) continue;
      this.record('held', ENGINE, {
        reason: one.detail ?? one.code,
        data: { code: one.code, lifts_when: one.lifts_when },
      });
    }
    for (const one of this.state.holds) {
      if (!has.has(one.code)) this.record('lifted', ENGINE, { data: { code: one.code } });
    }
    this.state.holds = holds;
  }

  private carryOut({ name, actor, reason, variant, coverage, end_at }: Command): void {
    const { phase } = this.state;
    switch (name) {
      case 'pause':
        this.state.paused = { by: actor.id, at: this.now, reason };
        break;
      case 'resume':
        this.state.paused = null;
        this.setHolds(this.state.holds.filter((one) => one.code !== 'recovered'));
        if (isServing(phase)) this.lookNow();
        break;
      case 'advance':
        if (phase.state === 'ramping') this.enrol(phase.step + 1, actor);
        break;
      case 'ramp':
        this.rampTo(coverage!, actor);
        break;
      case 'drop':
        this.drop([variant!], actor);
        break;
      case 'close':
        this.endApproval();
        this.enter({ state: 'running' }, actor, 'closed: nobody is enrolled any more');
        break;
      case 'extend':
        this.state.extended_to = end_at!;
        break;
      case 'conclude':
        if (variant === this.plan.control) this.rollBack('stopped', actor, reason);
        else this.rollOut(variant!, actor);
        break;
      case 'approve':
        if (phase.state === 'awaiting_approval') this.rollOut(phase.winner, actor);
        else this.answerStep('approved');
        break;
      case 'reject':
        if (phase.state === 'ramping') this.answerStep('rejected');
        else this.rollBack('stopped', actor, reason);
        break;
      case 'stop':
        this.stop(actor, reason);
        break;
    }
  }

  /** The step is done and asks for a person: from now on a hold, with a deadline. */
  private askForStep(): void {
    const { holds } = this.state;
    this.setHolds([...holds.filter((one) => one.code !== 'approval'), hold('approval', holds, this.now)]);
  }

  private answerStep(answer: 'approved' | 'rejected'): void {
    const { phase, holds } = this.state;
    if (phase.state !== 'ramping') return;
    this.state.phase = { ...phase, answer };
    const others = holds.filter((one) => one.code !== 'approval' && one.code !== 'rejected');
    this.setHolds(answer === 'rejected' ? [...others, hold('rejected', holds, this.now)] : others);
    this.lookNow();
  }

  /** Nobody answered for a step in time: as the policy says. */
  private stepApprovalTimedOut(): void {
    const { on_approval_timeout: answer } = this.plan.policy;
    if (answer === 'ship' && !this.state.paused) this.answerStep('approved');
    else if (answer === 'control') this.rollBack('inconclusive', ENGINE, 'nobody approved the step in time');
    else {
      this.setHolds(
        this.state.holds.map((one) => (one.code === 'approval' ? { ...one, reminded: this.now } : one)),
      );
      this.record('note', ENGINE, { reason: 'the step still waits for approval' });
    }
  }

  /** When the waiting for a step's approval is over, or is to be reminded of. */
  private stepDeadline(): number | null {
    const waiting = this.state.holds.find((one) => one.code === 'approval');
    if (!waiting || this.state.phase.state !== 'ramping') return null;
    const { approval_timeout, max_hold } = this.plan.policy;
    return waiting.reminded === undefined ? waiting.since + approval_timeout : waiting.reminded + max_hold;
  }

  /** Row 1 of the decision table. */
  private stop(actor: Actor, reason: string | null): void {
    this.note(
      { row: ROW.stop, decision: 'stop', reasons: [{ code: 'stopped', text: reason ?? 'stopped' }] },
      null,
      null,
    );
    this.rollBack('stopped', actor, reason);
  }

  private decided(decision: Decision, harmedArms: string[]): void {
    if (harmedArms.length > 0) this.drop(harmedArms, ENGINE);
    const { phase } = this.state;
    switch (decision.decision) {
      case 'advance':
        if (phase.state === 'ramping') this.enrol(phase.step + 1, ENGINE);
        break;
      case 'roll_back':
        this.rollBack('rolled_back', ENGINE, decision.reasons[0]?.text ?? null);
        break;
      case 'no_effect':
      case 'inconclusive':
        this.rollBack(decision.decision, ENGINE, decision.reasons[0]?.text ?? null);
        break;
      case 'winner':
        this.won(decision.variant!);
        break;
      case 'hold':
        if (decision.row === ROW.ramp_step) this.askForStep();
        break;
      case 'continue':
      case 'stop':
        if (decision.reasons.some((reason) => reason.code === FOLDING)) {
          this.state.next_poll_at = Math.min(this.state.next_poll_at, this.now + FOLDING_POLL);
        }
        break;
    }
  }

  /** A decision is recorded when row, decision or variant differ from the one before. */
  private note(decision: Decision, snapshot_id: string | null, circumstances: Circumstances | null): void {
    const last = this.state.last_decision;
    const same =
      last?.row === decision.row && last.decision === decision.decision && last.variant === decision.variant;
    this.state.last_decision = decision;
    if (same) return;
    this.state.decisions += 1;
    this.decisions.push({ ...decision, n: this.state.decisions, at: this.now, snapshot_id, circumstances });
    this.record('decided', ENGINE, {
      ...(decision.reasons[0] && { reason: decision.reasons[0].text }),
      data: { n: this.state.decisions, row: decision.row, decision: decision.decision },
    });
  }

  /** The sample is complete, or the planned end is past and folded: this look is the one of the fixed test. */
  private horizon(look: Look): void {
    const { plan, state, now } = this;
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

  /** Begins enrolling, unless it is frozen or must wait for the slots of its layer. */
  private begin(): void {
    if ((wakeAt(this.plan, this.state) ?? Infinity) > this.now) return;
    const frozen = frozenUntil(this.state.freezes, this.now);
    if (frozen !== null) {
      const detail = `frozen until ${new Date(frozen).toISOString()}`;
      this.setHolds([hold('freeze_window', this.state.holds, this.now, detail)]);
      this.state.next_poll_at = frozen;
    } else if (this.plan.layer && !this.state.lease) {
      this.setHolds([]);
      this.enter({ state: 'queued' }, ENGINE);
    } else {
      this.setHolds([]);
      this.enrol(0, ENGINE);
    }
  }

  /** Takes a ramp step; the last one is full coverage. */
  private enrol(index: number, actor: Actor): void {
    this.grow(this.plan.policy.ramp[index]!.coverage, actor);
  }

  /** Enrols slots never used before until the coverage is reached, or none are left. */
  private grow(coverage: number, actor: Actor): void {
    const { bands, withdrawn, revision } = this.state;
    const from = Math.max(0, ...[...bands, ...withdrawn].map((band) => band.to));
    const to = Math.min(100, coverage + enrolled(withdrawn));
    if (to > from) this.state.bands = [...bands, { revision: revision + 1, from, to }];
    this.place(to === 100, actor);
  }

  private rampTo(coverage: number, actor: Actor): void {
    const { bands, withdrawn } = this.state;
    if (coverage > enrolled(bands)) return this.grow(coverage, actor);
    const kept = bandsWithin(bands, coverage);
    this.state.bands = kept;
    this.state.withdrawn = [...withdrawn, ...bands.slice(kept.length)];
    this.place(false, actor);
  }

  /** Serves what is enrolled now. The step is the last one that it reaches; what was asked about another is over. */
  private place(full: boolean, actor: Actor): void {
    const { ramp } = this.plan.policy;
    const coverage = enrolled(this.state.bands);
    this.endApproval();
    this.publish(rampRanges(this.plan, this.state.bands, this.state.dropped));
    const reached = ramp.filter((one) => one.coverage <= coverage).length - 1;
    const index = full ? ramp.length - 1 : Math.max(0, Math.min(reached, ramp.length - 2));
    this.enter(
      full
        ? { state: 'running' }
        : { state: 'ramping', step: index, dwell: dwellOf(ramp[index]!.min_dwell ?? 0) },
      actor,
    );
    this.record('ramped', actor, { data: { step: index, of: ramp.length, coverage } });
    this.state.next_poll_at = this.now + this.pollInterval();
  }

  private endApproval(): void {
    this.setHolds(this.state.holds.filter((one) => one.code !== 'approval' && one.code !== 'rejected'));
  }

  private drop(variants: string[], actor: Actor): void {
    this.state.dropped = [...this.state.dropped, ...variants];
    this.publish(rampRanges(this.plan, this.state.bands, this.state.dropped));
    this.record('note', actor, { reason: `dropped ${variants.join(', ')}`, data: { dropped: variants } });
  }

  private won(winner: string): void {
    const { policy } = this.plan;
    if (policy.auto_ship && !policy.approvals.ship) return this.rollOut(winner, ENGINE);
    this.enter({ state: 'awaiting_approval', winner, deadline: this.now + policy.approval_timeout }, ENGINE);
  }

  private approvalTimedOut(winner: string): void {
    const { on_approval_timeout: answer } = this.plan.policy;
    const frozen = frozenUntil(this.state.freezes, this.now);
    if (answer === 'ship' && frozen !== null) {
      this.enter({ state: 'awaiting_approval', winner, deadline: frozen }, ENGINE);
    } else if (answer === 'ship' && !this.state.paused) this.rollOut(winner, ENGINE);
    else if (answer === 'control') this.rollBack('inconclusive', ENGINE, 'nobody approved in time');
    else {
      this.enter(
        { state: 'awaiting_approval', winner, deadline: this.now + this.plan.policy.max_hold },
        ENGINE,
      );
      this.record('note', ENGINE, { reason: `${winner} still waits for approval` });
    }
  }

  /** The first step of the roll-out that is above the winner's present share. */
  private rollOut(winner: string, actor: Actor): void {
    const { rollout } = this.plan.policy;
    const share = shareOf(this.state.ranges, winner);
    const index = rollout.findIndex((one) => one.coverage > share);
    this.rolloutStep(winner, index === -1 ? rollout.length - 1 : index, actor);
  }

  /**
   * Each step has proportions of its own, so it begins an epoch of its own: the winner against the units that
   * keep the control, with fresh evidence.
   */
  private rolloutStep(winner: string, index: number, actor: Actor): void {
    const { coverage, min_dwell } = this.plan.policy.rollout[index]!;
    this.state.epoch += 1;
    this.publish(rolloutRanges(this.plan, winner, coverage, this.state.revision + 1));
    this.setHolds([]);
    this.enter({ state: 'rolling_out', winner, step: index, dwell: dwellOf(min_dwell ?? 0) }, actor);
    this.record('ramped', actor, {
      ...(this.plan.policy.holdback === 0 && { reason: UNCOMPARED }),
      data: { winner, coverage: shareOf(this.state.ranges, winner) },
    });
    this.state.next_poll_at = this.now + this.pollInterval();
  }

  private continueRollout(phase: Extract<Phase, { state: 'rolling_out' }>): void {
    const { policy } = this.plan;
    if (this.state.published_revision < this.state.revision || this.stands()) return;
    if (remaining(phase.dwell, this.now) > 0) return;
    if (phase.step < policy.rollout.length - 1) return this.rolloutStep(phase.winner, phase.step + 1, ENGINE);
    this.enter({ state: 'watching', winner: phase.winner, until: this.now + policy.watch }, ENGINE);
  }

  private rollBack(outcome: Exclude<Outcome, 'shipped'>, actor: Actor, reason: string | null): void {
    this.publish([]);
    this.state.paused = null;
    this.state.fences = [];
    this.setHolds([]);
    this.enter({ state: 'rolling_back', outcome }, actor, reason);
  }

  /** The watch is over, and in no freeze window: the winner is everybody's. */
  private watched(phase: Extract<Phase, { state: 'watching' }>): void {
    const frozen = frozenUntil(this.state.freezes, this.now);
    if (frozen === null) this.complete('shipped', phase.winner);
    else this.state.phase = { ...phase, until: frozen };
  }

  private complete(outcome: Outcome, winner: string): void {
    this.publish([]);
    this.setHolds([]);
    this.enter({ state: 'completed', outcome, winner }, ENGINE);
  }

  private publish(ranges: State['ranges']): void {
    this.state.ranges = ranges;
    this.state.revision += 1;
  }

  private enter(phase: Phase, actor: Actor, reason: string | null = null): void {
    const from = this.state.phase.state;
    this.state.phase = phase;
    if (phase.state === from) return;
    this.record('state_changed', actor, {
      from,
      to: phase.state,
      ...(reason !== null && { reason }),
      ...('outcome' in phase && { data: { outcome: phase.outcome } }),
    });
  }

  private record(
    kind: TimelineRecord['kind'],
    actor: Actor,
    more: Pick<TimelineRecord, 'reason' | 'from' | 'to' | 'data'>,
  ): void {
    this.state.records += 1;
    this.records.push({
      n: this.state.records,
      at: this.now,
      kind,
      actor,
      revision: this.state.revision,
      ...more,
    });
  }

  private stands(): boolean {
    return this.state.paused !== null || this.state.holds.length > 0;
  }

  /** Dwell clocks run only while the allocation is served and nothing holds. */
  private runClocks(): void {
    const { phase, published_revision, revision } = this.state;
    if (phase.state !== 'ramping' && phase.state !== 'rolling_out') return;
    const dwell = switchClock(phase.dwell, published_revision === revision && !this.stands(), this.now);
    if (dwell !== phase.dwell) this.state = { ...this.state, phase: { ...phase, dwell } };
  }

  private lookNow(): void {
    this.measure = true;
    this.state.next_poll_at = this.now + this.pollInterval();
  }

  /** Looks also at the moments when something may become due, not only at the polling interval. */
  private scheduleLook(): void {
    const { plan, state, now } = this;
    if (!isServing(state.phase)) return;
    const { phase } = state;
    const moments = [
      this.stepDeadline() ?? 0,
      plan.start_at + plan.policy.min_duration,
      endOf(plan, state),
      endOf(plan, state) + plan.policy.max_hold,
      ...state.freezes.flatMap(({ from, to }) => [from, to]),
      ...('dwell' in phase && phase.dwell.since !== null ? [phase.dwell.since + phase.dwell.left] : []),
    ].filter((moment) => moment > now);
    state.next_poll_at = Math.min(state.next_poll_at, ...moments);
  }

  private pollInterval(): number {
    const { poll } = this.plan.policy;
    return this.state.phase.state === 'running' || this.state.phase.state === 'awaiting_approval'
      ? poll.running
      : poll.ramping;
  }
}
