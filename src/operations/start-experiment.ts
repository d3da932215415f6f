import { setTimeout as sleep } from 'node:timers/promises';
import { planOf } from '../lifecycle/plan.js';
import { initialState } from '../lifecycle/state.js';
import { publicationOf, viewOf } from '../lifecycle/view.js';
import type { StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { ExperimentDocument, UntoldLine } from '../store/experiment-document.js';
import { fencesOver } from '../store/serving.js';
import type { OperationContext } from './context.js';
import type { History } from './find-history.js';
import { rehearsalAnswer, rehearsedTraffic, type RehearsalAnswer } from './planning-answer.js';
import { alreadyStarted, prepareStart, type KnownWarning } from './prepare-start.js';
import { rehearseApart } from './rehearse-apart.js';
import { takeFlag } from './take-flag.js';
import { audited } from './tell.js';
import { tellLines } from './tell-lines.js';

interface NotRehearsed {
  code: 'not_rehearsed';
  text: string;
}

export type StartWarning = RehearsalAnswer['warnings'][number] | KnownWarning | NotRehearsed;

/** The longest that a start waits for its rehearsal, ms. Warnings that come later are in the timeline alone. */
const REHEARSAL_MS = 3_000;
/** A rehearsal of which nothing was heard by then, ms after the start, is not heard of any more. */
const REHEARSED_BY_MS = 15 * 60_000;
const UNREHEARSED_KEY = 'unrehearsed';

/**
 * Starts a draft: freezes its definition by one compare-and-set, then starts the workflow with only the id. Returns what
 * may keep the plan from being decided rightly.
 *
 * @throws {RampartError} already_started, flag_in_use, and what checking the definition and freezing it throw
 */
export async function startExperiment(
  context: OperationContext,
  document: ExperimentDocument,
  start: StartInput,
  by: string,
): Promise<StartWarning[]> {
  const { store, refresher } = context;
  const { _id: id } = document;
  const { launch, history, warnings } = await prepareStart(context, document, start, by);
  const plan = planOf(id, launch);
  const state = initialState();
  await takeFlag(store, document, Date.now());
  const change = { by, action: 'experiment.start', subject: ['experiment', id], after: start } as const;
  const lines = [startedLine(launch, by), ...notes('start', warnings, 0), unrehearsedLine(launch)];
  const flag_told = (await store.flags.newestRevisions([document.flag_id])).get(document.flag_id) ?? 0;
  await audited(context, change, async () => {
    const [view, publication] = [viewOf(plan, state), publicationOf(plan, state)];
    if (!(await store.experiments.launch(id, launch, view, publication, flag_told, lines)))
      throw alreadyStarted(id);
  });
  await tellLines(
    store,
    id,
    lines.filter(({ due }) => due === undefined),
  );
  await store.serving.changed(`experiment:${id}`);
  await refresher.refresh();
  await startWorkflow(context, document);
  return [...warnings, ...(await rehearse(context, id, launch, history.baselines))];
}

function startedLine({ requested_at }: Launch, by: string): UntoldLine {
  const item = {
    at: requested_at,
    kind: 'started',
    actor: { type: 'person', id: by },
    revision: 0,
    from: 'draft',
    to: 'scheduled',
  } as const;
  return { key: 'started', item };
}

/** What is said in the end where the process dies during the rehearsal. */
function unrehearsedLine({ requested_at }: Launch): UntoldLine {
  const [{ item }] = notes('rehearsal', [UNREHEARSED], 0) as [UntoldLine];
  return { key: UNREHEARSED_KEY, item, due: requested_at + REHEARSED_BY_MS };
}

/** Temporal may be unreachable: the experiment is started all the same, and reconciliation starts its workflow. */
async function startWorkflow(
  { store, workflows, logger }: OperationContext,
  { _id: id, definition: { environment } }: Pick<ExperimentDocument, '_id' | 'definition'>,
): Promise<void> {
  await workflows
    .start(id)
    .catch((error: unknown) => logger.warn({ err: error, experiment_id: id }, 'workflow not started yet'));
  for (const fence of fencesOver(await store.serving.fences(), { experiment_id: id, environment })) {
    await workflows.fence(id, fence).catch(() => undefined);
  }
}

/** Rehearses a plan that has started. What comes too late for the answer is in the timeline. */
async function rehearse(
  context: OperationContext,
  id: string,
  launch: Launch,
  baselines: History['baselines'],
): Promise<StartWarning[]> {
  const rehearsed = rehearsalWarnings(context, launch, baselines).then(async (warnings) => {
    await noteRehearsal(context, id, warnings);
    return warnings;
  });
  return Promise.race([rehearsed, sleep(REHEARSAL_MS, [LATE], { ref: false })]);
}

async function rehearsalWarnings(
  { logger, start_rehearsal_runs: runs }: OperationContext,
  launch: Launch,
  baselines: History['baselines'],
): Promise<StartWarning[]> {
  const known = { traffic: launch.traffic ?? null };
  const options = { runs, scenarios: ['effect' as const], baselines };
  try {
    const rehearsal = await rehearseApart(launch, { ...options, ...rehearsedTraffic(known, {}) });
    return rehearsalAnswer(rehearsal, known, {}).warnings;
  } catch (error) {
    logger.error({ err: error }, 'the rehearsal failed');
    return [NOT_REHEARSED];
  }
}

const NOT_REHEARSED: NotRehearsed = {
  code: 'not_rehearsed',
  text: 'whether the plan reaches its power is not known: its rehearsal failed',
};
const LATE: NotRehearsed = {
  code: 'not_rehearsed',
  text: 'whether the plan reaches its power is not known yet: its rehearsal goes on, and the timeline will say',
};

const UNREHEARSED: NotRehearsed = {
  code: 'not_rehearsed',
  text: 'whether the plan reaches its power is not known: nothing came of its rehearsal',
};

/** By then it stands at the revision that the experiment has reached meanwhile. */
async function noteRehearsal(
  { store }: OperationContext,
  id: string,
  warnings: readonly StartWarning[],
): Promise<void> {
  const { view } = await store.experiments.started(id);
  const lines = notes('rehearsal', warnings, view?.revision ?? 0);
  await store.timeline.append(
    id,
    lines.map(({ key, item }) => [key, item]),
  );
  await store.untold.told(id, [UNREHEARSED_KEY]);
}

function notes(source: string, warnings: readonly StartWarning[], revision: number): UntoldLine[] {
  return warnings.map(({ code, text }, index) => ({
    key: `${source}:${code}:${index}`,
    item: {
      at: Date.now(),
      kind: 'note',
      actor: { type: 'engine', id: 'rampart' },
      revision,
      reason: text,
      data: { code },
    },
  }));
}
