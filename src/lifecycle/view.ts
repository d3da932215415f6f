import type { Allocation, SlotInterval } from '../model/serving.js';
import { enrolled, shareOf, slotsOf } from './allocation.js';
import { iso } from '../iso.js';
import { endOf, type Plan } from './plan.js';
import type { Decision, ExperimentState, Hold, LostInstance, Outcome, State } from './state.js';

/** What people see of an experiment. Times are ISO 8601, coverage in per cent, allocation in slots of 10,000. */
export interface View {
  state: ExperimentState;
  step: { index: number; of: number; coverage: number } | null;
  coverage: number;
  allocation: Record<string, number>;
  holds: (Omit<Hold, 'since'> & { since: string })[];
  paused: { by: string; at: string; reason: string | null } | null;
  outcome: Outcome | null;
  winner: string | null;
  dropped: string[];
  /** Its slots of its layer; null where it has none. */
  lease: SlotInterval[] | null;
  deadlines: Record<string, string>;
  revision: number;
  last_decision: Decision | null;
  lost: LostInstance[];
}

/** What serving obeys: the part of a served experiment that changes during its life. */
export interface Publication {
  allocation: Allocation;
  live: boolean;
  /** Its slots of its layer: units in other slots of the layer are not in the experiment. */
  lease?: SlotInterval[];
  outcome_variant?: string;
}

export function viewOf(plan: Plan, state: State): View {
  const { phase } = state;
  return {
    state: phase.state,
    step: stepOf(plan, state),
    coverage: coverageOf(state),
    allocation: slotsOf(state.ranges),
    holds: state.holds.map((hold) => ({ ...hold, since: iso(hold.since) })),
    paused: state.paused && { ...state.paused, at: iso(state.paused.at) },
    outcome: phase.state === 'completed' ? phase.outcome : null,
    winner: 'winner' in phase ? (phase.winner ?? null) : null,
    dropped: state.dropped,
    lease: state.lease,
    deadlines: deadlinesOf(plan, state),
    revision: state.revision,
    last_decision: state.last_decision,
    lost: state.lost,
  };
}

/** What is to be served in a state. After the end the flag serves the variant of the outcome. */
export function publicationOf(plan: Plan, state: State): Publication {
  const { phase, revision, epoch, ranges, lease } = state;
  const over = phase.state === 'completed' || phase.state === 'rolling_back';
  return {
    allocation: { revision, epoch, ranges },
    live: !over,
    ...(lease && { lease }),
    ...(over && { outcome_variant: (phase.state === 'completed' && phase.winner) || plan.control }),
  };
}

function stepOf(plan: Plan, { phase, bands }: State): View['step'] {
  const { ramp, rollout } = plan.policy;
  const ramped = (index: number): View['step'] => ({ index, of: ramp.length, coverage: enrolled(bands) });
  switch (phase.state) {
    case 'ramping':
      return ramped(phase.step);
    case 'running':
      return ramped(ramp.length - 1);
    case 'rolling_out':
      return { index: phase.step, of: rollout.length, coverage: rollout[phase.step]!.coverage };
    case 'scheduled':
    case 'queued':
    case 'awaiting_approval':
    case 'watching':
    case 'rolling_back':
    case 'completed':
      return null;
  }
}

/** Share of eligible units that are enrolled, per cent; while a winner is rolled out, the winner's share. */
function coverageOf({ phase, bands, ranges }: State): number {
  switch (phase.state) {
    case 'ramping':
    case 'running':
    case 'awaiting_approval':
      return enrolled(bands);
    case 'rolling_out':
    case 'watching':
      return shareOf(ranges, phase.winner);
    case 'scheduled':
    case 'queued':
    case 'rolling_back':
      return 0;
    case 'completed':
      return phase.outcome === 'shipped' ? 100 : 0;
  }
}

function deadlinesOf(plan: Plan, state: State): Record<string, string> {
  const { phase, next_poll_at } = state;
  const { policy } = plan;
  const over = phase.state === 'completed' || phase.state === 'rolling_back';
  return {
    start_at: iso(plan.start_at),
    min_duration_at: iso(plan.start_at + policy.min_duration),
    horizon_at: iso(endOf(plan, state)),
    max_duration_at: iso(plan.start_at + policy.max_duration),
    ...('dwell' in phase &&
      phase.dwell.since !== null && { step_at: iso(phase.dwell.since + phase.dwell.left) }),
    ...(phase.state === 'awaiting_approval' && { approval_at: iso(phase.deadline) }),
    ...(phase.state === 'watching' && { watch_until: iso(phase.until) }),
    ...(!over &&
      phase.state !== 'scheduled' &&
      phase.state !== 'queued' && { next_look_at: iso(next_poll_at) }),
  };
}
