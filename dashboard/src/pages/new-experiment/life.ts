import { planOf } from '../../../../src/lifecycle/plan.js';
import { interruptionsOf, stagesOf } from '../../../../src/lifecycle/stages.js';
import { initialState, type TimelineRecord } from '../../../../src/lifecycle/state.js';
import type { Launch } from '../../../../src/model/launch.js';
import type { TaskRun } from '../../../../src/rehearsal/task.js';
import type { components } from '../../api/schema.js';

type Plan = components['schemas']['Plan'];

/** One rehearsed life, as the picture of a ramp takes it. */
export interface Life {
  stages: Plan['stages'];
  interruptions: Plan['interruptions'];
  /** Ms since the epoch. */
  ended_at: number;
}

/** A run as the page keeps it: its timeline is large, its life is not. */
export type LivedRun = Omit<TaskRun, 'timeline'> & { life?: Life };

/** The stages of a life that is over, by its timeline. */
export function lifeOf(
  launch: Launch,
  outcome: TaskRun['outcome'],
  timeline: readonly TimelineRecord[],
): Life {
  const plan = planOf('rehearsal', launch);
  const ended_at = timeline.at(-1)?.at ?? plan.start_at;
  const state = { ...initialState(), phase: { state: 'completed' as const, outcome } };
  return {
    ended_at,
    stages: stagesOf(plan, state, timeline, [], ended_at).map((stage) => ({
      ...stage,
      from: isoOrNull(stage.from),
      until: isoOrNull(stage.until),
    })),
    interruptions: interruptionsOf(timeline, [], ended_at).map((one) => ({
      ...one,
      from: new Date(one.from).toISOString(),
      until: isoOrNull(one.until),
    })),
  };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** The lives of a scenario of which something is known to show, those first that ended as most did. */
export function livesToShow(runs: readonly LivedRun[], task: number): (LivedRun & { life: Life })[] {
  const own = runs.filter((run) => run.task === task);
  const many = (outcome: TaskRun['outcome']): number => own.filter((run) => run.outcome === outcome).length;
  return own
    .filter((run): run is LivedRun & { life: Life } => run.life !== undefined)
    .sort((a, b) => many(b.outcome) - many(a.outcome) || a.outcome.localeCompare(b.outcome) || a.n - b.n);
}
