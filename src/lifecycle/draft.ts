import { shipHoldsOf } from './doubts.js';
import { hold, holdsOfRamp } from './holds.js';
import type { Look } from './look.js';
import type { Plan } from './plan.js';
import type {
  Actor,
  Circumstances,
  Decision,
  DecisionRecord,
  Hold,
  HoldCode,
  Phase,
  State,
  TimelineRecord,
} from './state.js';

/** The actor of whatever no person asked for. */
export const ENGINE: Actor = { type: 'engine', id: 'rampart' };

/**
 * The next state, while one input is taken, and what follows from it: timeline records, decisions, and perhaps a look.
 * Changes that people must hear of go through the methods here, so that none of them goes unrecorded.
 */
export class Draft {
  readonly state: State;
  readonly records: TimelineRecord[] = [];
  readonly decisions: DecisionRecord[] = [];
  /** Whether to look at the metrics now. */
  measure = false;

  constructor(
    readonly plan: Plan,
    readonly before: State,
    /** Ms since the epoch. */
    readonly now: number,
  ) {
    this.state = { ...before };
  }

  record(
    kind: TimelineRecord['kind'],
    actor: Actor,
    more: Pick<TimelineRecord, 'reason' | 'from' | 'to' | 'data'>,
  ): void {
    this.state.records += 1;
    const { records: n, revision } = this.state;
    this.records.push({ n, at: this.now, kind, actor, revision, ...more });
  }

  enter(phase: Phase, actor: Actor, reason: string | null = null): void {
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

  /** A new allocation: the commit that follows publishes it. */
  publish(ranges: State['ranges']): void {
    this.state.ranges = ranges;
    this.state.revision += 1;
  }

  /** Replaces the holds and records which ones began and ended. */
  setHolds(holds: Hold[]): void {
    const { holds: before } = this.state;
    const isIn = (list: Hold[], { code }: Hold): boolean => list.some((other) => other.code === code);
    for (const begun of holds.filter((hold) => !isIn(before, hold))) {
      const { code, detail, lifts_when } = begun;
      this.record('held', ENGINE, { reason: detail ?? code, data: { code, lifts_when } });
    }
    for (const { code } of before.filter((hold) => !isIn(holds, hold))) {
      this.record('lifted', ENGINE, { data: { code } });
    }
    this.state.holds = holds;
  }

  raiseHold(code: HoldCode, detail?: string): void {
    const { holds } = this.state;
    this.setHolds([...holds.filter((other) => other.code !== code), hold(code, holds, this.now, detail)]);
  }

  liftHolds(...codes: HoldCode[]): void {
    this.setHolds(this.state.holds.filter(({ code }) => !codes.includes(code)));
  }

  /** Whether a person or the engine keeps the experiment from advancing. */
  isHeld(): boolean {
    return this.state.paused !== null || holdsOfRamp(this.state.holds).length > 0;
  }

  /** Whether something is wrong or has not been seen, so that the engine ships nothing, or a person has paused. */
  isShipHeld(): boolean {
    return this.state.paused !== null || shipHoldsOf(this.state, this.state.accepted).length > 0;
  }

  /**
   * Records a decision where row, decision or variant differ from the one before.
   *
   * @param basis what it rests on; null where a person decided
   */
  recordDecision(decision: Decision, basis: { look: Look; circumstances: Circumstances } | null): void {
    const last = this.state.last_decision;
    const same =
      last?.row === decision.row && last.decision === decision.decision && last.variant === decision.variant;
    this.state.last_decision = decision;
    if (same) return;
    this.state.decisions += 1;
    const { decisions: n } = this.state;
    this.decisions.push({
      ...decision,
      n,
      at: this.now,
      snapshot_id: basis && basis.look.snapshot_id,
      circumstances: basis && basis.circumstances,
    });
    this.record('decided', ENGINE, {
      ...(decision.reasons[0] && { reason: decision.reasons[0].text }),
      data: { n, row: decision.row, decision: decision.decision },
    });
  }

  lookNow(): void {
    this.measure = true;
    this.pollLater();
  }

  /** Puts the next look a polling interval ahead. */
  pollLater(): void {
    const { poll } = this.plan.policy;
    const { state } = this.state.phase;
    const interval = state === 'running' || state === 'awaiting_approval' ? poll.running : poll.ramping;
    this.state.next_poll_at = this.now + interval;
  }
}
