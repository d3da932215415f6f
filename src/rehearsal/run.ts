import type { Command } from '../lifecycle/commands.js';
import { slotsOf } from '../lifecycle/allocation.js';
import { planOf, type Plan } from '../lifecycle/plan.js';
import type { DecisionRecord, Outcome, State, TimelineRecord } from '../lifecycle/state.js';
import { initialState, step, wakeAt, type Input } from '../lifecycle/step.js';
import { Crowd, type Served, type Simulation } from './crowd.js';
import type { Random } from './random.js';
import { DAY_MS } from '../model/time.js';

export interface RunResult {
  outcome: Outcome;
  /** From the start to the decision that ended the experiment, days. */
  days: number;
  units: number;
  timeline: TimelineRecord[];
  decisions: DecisionRecord[];
}

/** Looks that a run takes at most while ramping, and afterwards; tests that may be looked at all the time allow it. */
const LOOKS = 40;

/** The plan at a coarser polling interval: about eighty looks instead of thousands. */
function coarse(plan: Plan): Plan {
  const { policy } = plan;
  const ramp = policy.ramp.reduce((sum, { min_dwell }) => sum + (min_dwell ?? 0), 0);
  const poll = {
    ramping: Math.max(policy.poll.ramping, ramp / LOOKS),
    running: Math.max(policy.poll.running, (plan.end_at - plan.start_at) / LOOKS),
  };
  return { ...plan, policy: { ...policy, poll } };
}

/** One life of the experiment, from the start to its end, by the same `step` and the same evidence as the real one. */
export function run(simulation: Simulation, random: Random): RunResult {
  const { launch } = simulation;
  // It waits for nobody's slots: those of a layer are taken to be there.
  const { layer: _, ...alone } = launch;
  const plan = coarse(planOf('rehearsal', alone));
  const crowd = new Crowd(simulation, plan, random);
  const timeline: TimelineRecord[] = [];
  const decisions: DecisionRecord[] = [];
  let state = initialState();
  let now = plan.start_at;
  let decided_at = now;
  let units = 0;
  const take = (input: Input): boolean => {
    const result = step(plan, state, input, now);
    const undecided = ['ramping', 'running', 'awaiting_approval'].includes(state.phase.state);
    state = result.state;
    if (undecided) [decided_at, units] = [now, crowd.units()];
    timeline.push(...result.records);
    decisions.push(...result.decisions);
    return result.measure;
  };
  let measure = false;
  for (;;) {
    if (measure) measure = take({ kind: 'looked', look: crowd.look(servedIn(state), now) });
    if (state.published_revision < state.revision) {
      measure = take({ kind: 'published', revision: state.revision }) || measure;
      continue;
    }
    if (measure) continue;
    if (isAsking(state)) {
      measure = take({ kind: 'command', command: approval(state) });
      continue;
    }
    const { phase } = state;
    if (phase.state === 'rolling_back') take({ kind: 'verified', lost: [] });
    else if (phase.state === 'completed') {
      return {
        outcome: phase.outcome,
        days: (decided_at - plan.start_at) / DAY_MS,
        units,
        timeline,
        decisions,
      };
    } else {
      const next = Math.max(now, wakeAt(plan, state) ?? now + DAY_MS);
      crowd.arrive(servedIn(state), next - now);
      now = next;
      measure = take({ kind: 'tick' });
    }
  }
}

function servedIn({ revision, epoch, ranges }: State): Served {
  return { revision, epoch, slots: slotsOf(ranges) };
}

function isAsking({ phase, holds }: State): boolean {
  return phase.state === 'awaiting_approval' || holds.some((one) => one.code === 'approval');
}

/** In a rehearsal whoever is asked agrees at once: it is the plan that is tried, not the people. */
function approval({ records }: State): Command {
  return {
    command_id: `approval-${records}`,
    name: 'approve',
    actor: { type: 'person', id: 'rehearsal' },
    reason: null,
  };
}
