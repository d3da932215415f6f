import { slotsOf } from '../lifecycle/allocation.js';
import { refusalOf, type Command } from '../lifecycle/commands.js';
import type { Look } from '../lifecycle/look.js';
import { planOf, type Plan } from '../lifecycle/plan.js';
import {
  initialState,
  type DecisionRecord,
  type Outcome,
  type State,
  type TimelineRecord,
} from '../lifecycle/state.js';
import { wakeAt } from '../lifecycle/schedule.js';
import { step, type Input } from '../lifecycle/step.js';
import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';
import { Crowd, type People, type Served, type Simulation } from './crowd.js';
import type { Random } from './random.js';

export interface RunResult {
  outcome: Outcome;
  /** From the start to the decision that ended the experiment, days. */
  days: number;
  units: number;
  /** Standard error of the relative lift of the best measured primary in the last look that decided; null without one. */
  relative_error: number | null;
  timeline: TimelineRecord[];
  decisions: DecisionRecord[];
}

/** At most this many looks while ramping, and as many afterwards. The tests are valid however often one looks. */
const LOOKS = 40;

/** The plan with longer polling intervals: about eighty looks instead of thousands. */
function coarse(plan: Plan): Plan {
  const { policy } = plan;
  const ramp = policy.ramp.reduce((sum, { min_dwell }) => sum + (min_dwell ?? 0), 0);
  const poll = {
    ramping: Math.max(policy.poll.ramping, ramp / LOOKS),
    running: Math.max(policy.poll.running, (plan.end_at - plan.start_at) / LOOKS),
  };
  return { ...plan, policy: { ...policy, poll } };
}

/** Runs the experiment once from its start to its end, with the same `step` and the same evidence as the real one. */
export function run(
  simulation: Simulation,
  random: Random,
  peopleOf = (plan: Plan): People => new Crowd(simulation, plan, random),
): RunResult {
  const life = new Life(simulation.launch, peopleOf);
  for (;;) {
    const next = life.next();
    if ('outcome' in next) return life.result(next.outcome);
    life.take(next);
  }
}

/** Takes the place of the workflow: it carries out what `step` asks for and feeds the results back. */
class Life {
  private state = initialState();
  private now: number;
  private isLookDue = false;
  private readonly plan: Plan;
  private readonly people: People;
  private readonly timeline: TimelineRecord[] = [];
  private readonly decisions: DecisionRecord[] = [];
  /** When the last input came that found it undecided, and how many units there were. */
  private undecided: { at: number; units: number };
  private relativeError: number | null = null;

  constructor(launch: Launch, peopleOf: (plan: Plan) => People) {
    // The slots of a layer are taken to be free: a rehearsal waits for nobody.
    const { layer: _, ...alone } = launch;
    this.plan = coarse(planOf('rehearsal', alone));
    this.people = peopleOf(this.plan);
    this.now = this.plan.start_at;
    this.undecided = { at: this.now, units: 0 };
  }

  /** What happens next, or how it ended. Time passes only when nothing can be done at once. */
  next(): Input | { outcome: Outcome } {
    const { state } = this;
    const { phase } = state;
    if (state.published_revision < state.revision) return { kind: 'published', revision: state.revision };
    if (this.isLookDue) return { kind: 'looked', look: this.look() };
    if (isAsking(state) && !refusalOf(this.plan, state, approval(state), this.now))
      return { kind: 'command', command: approval(state) };
    if (phase.state === 'rolling_back') return { kind: 'verified', lost: [] };
    if (phase.state === 'completed') return { outcome: phase.outcome };
    this.wait();
    return { kind: 'tick' };
  }

  private look(): Look {
    const { state } = this;
    const look = this.people.look(servedIn(state), this.now);
    if (state.epoch === 0) this.relativeError = relativeErrorOf(look) ?? this.relativeError;
    return look;
  }

  take(input: Input): void {
    const wasUndecided = ['ramping', 'running', 'awaiting_approval'].includes(this.state.phase.state);
    const { state, records, decisions, measure } = step(this.plan, this.state, input, this.now);
    this.state = state;
    this.isLookDue = measure || (this.isLookDue && input.kind !== 'looked');
    if (wasUndecided) this.undecided = { at: this.now, units: this.people.units() };
    this.timeline.push(...records);
    this.decisions.push(...decisions);
  }

  result(outcome: Outcome): RunResult {
    const { undecided, relativeError, timeline, decisions } = this;
    const days = (undecided.at - this.plan.start_at) / DAY_MS;
    return { outcome, days, units: undecided.units, relative_error: relativeError, timeline, decisions };
  }

  /** Waits for the next moment at which the experiment wants to act; users arrive until then. */
  private wait(): void {
    const next = Math.max(this.now, wakeAt(this.plan, this.state) ?? this.now + DAY_MS);
    this.people.arrive(servedIn(this.state), next - this.now);
    this.now = next;
  }
}

function relativeErrorOf({ evidence }: Look): number | null {
  const errors = evidence.metrics
    .filter(({ role }) => role === 'primary')
    .flatMap(({ comparisons }) =>
      comparisons.flatMap(({ standard_error, control_value }) =>
        standard_error && control_value ? [standard_error / Math.abs(control_value)] : [],
      ),
    );
  return errors.length > 0 ? Math.min(...errors) : null;
}

function servedIn({ revision, epoch, ranges }: State): Served {
  return { revision, epoch, slots: slotsOf(ranges) };
}

function isAsking({ phase, holds }: State): boolean {
  return phase.state === 'awaiting_approval' || holds.some((hold) => hold.code === 'approval');
}

/** In a rehearsal everybody who is asked agrees at once: the plan is on trial, not the people. */
function approval({ records }: State): Command {
  return {
    command_id: `approval-${records}`,
    name: 'approve',
    actor: { type: 'person', id: 'rehearsal' },
    reason: null,
  };
}
