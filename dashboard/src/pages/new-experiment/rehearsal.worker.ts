import { settingsOf, type RehearsalOptions, type TakenBaseline } from '../../../../src/rehearsal/settings.js';
import type { Launch } from '../../../../src/model/launch.js';
import { batchTasks, rehearsePart, scenarioTasks, type Task } from '../../../../src/rehearsal/task.js';
import { lifeOf, type LivedRun } from './life.js';

// Rehearses in the browser, by the engine's own code. One page has several of these: each takes a batch, answers with its
// runs, and gets the next one.

/** What a worker is asked. */
export type RehearsalOrder =
  | { kind: 'plan'; launch: Launch; options: RehearsalOptions; size: number }
  | { kind: 'batch'; launch: Launch; options: RehearsalOptions; task: Task };

/** What the rehearsal takes for granted. */
export interface Assumptions {
  units_per_day: number;
  baselines: Record<string, TakenBaseline>;
}

export type RehearsalReply =
  { kind: 'planned'; tasks: Task[]; assumptions: Assumptions } | { kind: 'runs'; runs: LivedRun[] };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<RehearsalOrder>) => void) | null;
  postMessage: (reply: RehearsalReply) => void;
};

scope.onmessage = ({ data }) => {
  scope.postMessage(data.kind === 'plan' ? plan(data) : { kind: 'runs', runs: batch(data) });
};

function plan({ launch, options, size }: RehearsalOrder & { kind: 'plan' }): RehearsalReply {
  const { units_per_day, baselines } = settingsOf(launch, options);
  const tasks = batchTasks(scenarioTasks(launch, options), size);
  return { kind: 'planned', tasks, assumptions: { units_per_day, baselines } };
}

/** Timelines are large: of those that there are, the stages are kept. */
function batch({ launch, options, task }: RehearsalOrder & { kind: 'batch' }): LivedRun[] {
  return rehearsePart(launch, options, [task]).map(({ timeline, ...run }) => ({
    ...run,
    ...(timeline && { life: lifeOf(launch, run.outcome, timeline) }),
  }));
}
