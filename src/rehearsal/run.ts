import type { Command } from '../lifecycle/commands.js';
import { slotsOf } from '../lifecycle/allocation.js';
import { wideInput, wideLimits, type Look } from '../lifecycle/look.js';
import { planOf, SLOTS, type Plan } from '../lifecycle/plan.js';
import type { DecisionRecord, Outcome, State, TimelineRecord } from '../lifecycle/state.js';
import { initialState, step, wakeAt, type Input } from '../lifecycle/step.js';
import { marginOf } from '../model/policy.js';
import type { Launch } from '../model/launch.js';
import { evidenceOf } from '../stats/analyze.js';
import type { AnalyzeInput, Checked } from '../stats/input.js';
import type { Random } from './random.js';
import { addUnits, armSums, noSums, type Baseline, type Sums } from './users.js';

/** The world that a run takes place in. */
export interface World {
  launch: Launch;
  units_per_day: number;
  baselines: Record<string, Required<Baseline>>;
  /** Relative change of each metric in every treatment; 0 where it is not named. */
  lifts: Record<string, number>;
}

export interface RunResult {
  outcome: Outcome;
  /** From the start to the decision that ended the experiment, days. */
  days: number;
  units: number;
  timeline: TimelineRecord[];
  decisions: DecisionRecord[];
}

const DAY_MS = 86_400_000;
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
export function run(world: World, random: Random): RunResult {
  const { launch } = world;
  // It waits for nobody's slots: those of a layer are taken to be there.
  const { layer: _, ...alone } = launch;
  const plan = coarse(planOf('rehearsal', alone));
  const crowd = new Crowd(world, plan, random);
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
    if (measure) measure = take({ kind: 'looked', look: crowd.look(state, now) });
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
      crowd.arrive(state, next - now);
      now = next;
      measure = take({ kind: 'tick' });
    }
  }
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

/** The units exposed so far, as sums of the present epoch. */
class Crowd {
  private epoch = 0;
  private sums: Record<string, Sums>[] = [];
  private readonly variants: string[];

  constructor(
    private readonly world: World,
    private readonly plan: Plan,
    private readonly random: Random,
  ) {
    this.variants = plan.arms.map((arm) => arm.variant);
    this.begin();
  }

  private begin(): void {
    this.sums = this.world.launch.metrics.map(() =>
      Object.fromEntries(this.variants.map((variant) => [variant, noSums()])),
    );
  }

  units(): number {
    return this.variants.reduce((sum, variant) => sum + this.sums[0]![variant]!.n, 0);
  }

  /** The newcomers of `ms`, split by the slots of the present allocation. */
  arrive({ epoch, ranges }: State, ms: number): void {
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      this.begin();
    }
    const { launch, baselines, lifts, units_per_day } = this.world;
    const slots = slotsOf(ranges);
    for (const variant of this.variants) {
      const n = this.random.poisson((units_per_day * ms * (slots[variant] ?? 0)) / DAY_MS / SLOTS);
      const isControl = variant === this.plan.control;
      launch.metrics.forEach((planned, index) => {
        const { metric_id } = planned.metric;
        const lift = isControl ? 0 : (lifts[metric_id] ?? 0);
        addUnits(
          this.sums[index]![variant]!,
          n,
          planned,
          baselines[metric_id]!,
          { lift, isControl },
          launch,
          this.random,
        );
      });
    }
  }

  look(state: State, now: number): Look {
    const checked = this.checked(state);
    const { input } = checked;
    const wide = wideInput(this.plan, input);
    const primaries = new Set(wide.metrics.map((metric) => metric.metric_id));
    const metrics = checked.metrics.filter((_, index) => primaries.has(input.metrics[index]!.metric_id));
    return {
      snapshot_id: '',
      at: now,
      revision: state.revision,
      epoch: state.epoch,
      units: Object.fromEntries(
        Object.keys(input.allocation).map((variant) => [variant, this.sums[0]![variant]!.n]),
      ),
      evidence: evidenceOf(checked, { bayes: false }),
      wide: wideLimits(evidenceOf({ ...checked, input: wide, metrics }, { bayes: false })),
      running_p: {},
      quantiles: {},
      crossed_over: 0,
      last_event_at: now,
      backlog_ms: 0,
      folded_until: now,
      stale_guardrails: [],
      silent_guardrails: [],
      flag_enabled: true,
      freezes: [],
    };
  }

  private checked({ ranges, epoch }: State): Checked {
    const { launch } = this.world;
    const slots = slotsOf(ranges);
    const present = this.variants.filter((variant) => (slots[variant] ?? 0) > 0);
    const pick = <T>(of: (variant: string) => T): Record<string, T> =>
      Object.fromEntries(present.map((variant) => [variant, of(variant)]));
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      this.begin();
    }
    const metrics = launch.metrics.map(({ metric }, index) => ({
      sums: pick((variant) => armSums(metric, this.sums[index]![variant]!)),
      days: [],
      strata: [],
    }));
    const { policy } = launch;
    const input: AnalyzeInput = {
      control: launch.control,
      allocation: pick((variant) => slots[variant]!),
      planned_units: launch.planned_units,
      alpha: { ...policy.alpha, guardrail: policy.guardrails.alpha },
      metrics: launch.metrics.map(({ role, metric: { metric_id, kind, direction, scale } }) => ({
        metric_id,
        role,
        kind,
        direction,
        scale,
        ...(role === 'guardrail' && { margin: marginOf(policy, metric_id) }),
        arms: {},
      })),
    };
    const units = pick((variant) => BigInt(this.sums[0]![variant]!.n));
    return { input, metrics, units };
  }
}
