import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../errors.js';
import { planOf } from '../lifecycle/plan.js';
import { initialState } from '../lifecycle/state.js';
import { publicationOf, viewOf } from '../lifecycle/view.js';
import type { StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import { fencesOver } from '../store/serving.js';
import { allMetrics, allPolicies } from './catalog.js';
import { assertRunnable } from './check-definition.js';
import type { OperationContext } from './context.js';
import { uncappedWarnings, type UncappedWarning } from './find-caps.js';
import { findHistory, type History } from './find-history.js';
import { launchOf } from './freeze-launch.js';
import { rehearsalAnswer, rehearsedTraffic, type RehearsalAnswer } from './planning-answer.js';
import { rehearseApart } from './rehearse-apart.js';
import { takeFlag } from './take-flag.js';
import { audited } from './tell.js';
import { uncomparedRollout, type UncomparedRollout } from './uncompared-rollout.js';
import { unknownGuardrails, unseenGuardrails, type UnseenGuardrail } from './unseen-guardrails.js';

interface NotRehearsed {
  code: 'not_rehearsed';
  text: string;
}

export type StartWarning =
  RehearsalAnswer['warnings'][number] | UnseenGuardrail | UncappedWarning | UncomparedRollout | NotRehearsed;

/** The longest that a start waits for its rehearsal, ms. Warnings that come later are in the timeline alone. */
const REHEARSAL_MS = 3_000;
const REHEARSAL_RUNS = 60;

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
  const { _id: id, definition } = document;
  const alreadyStarted = failure('already_started', `experiment ${id} was started already`);
  if (document.state !== 'draft') throw alreadyStarted;
  await assertRunnable(store, definition);
  const metrics = await allMetrics(store);
  const history = await findHistory(store, document, metrics, Date.now());
  const launch = launchOf(
    {
      history,
      definition,
      start,
      authors: [document.created_by, ...(document.changed_by ?? []), by],
      salt: document.salt,
      flag_id: document.flag_id,
      policy: (await allPolicies(store)).get(definition.policy_id)!,
      metrics,
      holdouts: (await store.holdouts.all()).map((holdout) => holdout.definition),
    },
    Date.now(),
  );
  const plan = planOf(id, launch);
  const state = initialState();
  await takeFlag(store, document, Date.now());
  const change = { by, action: 'experiment.start', subject: ['experiment', id], after: start } as const;
  await audited(context, change, async () => {
    if (!(await store.experiments.launch(id, launch, viewOf(plan, state), publicationOf(plan, state))))
      throw alreadyStarted;
  });
  await store.timeline.append(id, [
    [
      'started',
      {
        at: launch.requested_at,
        kind: 'started',
        actor: { type: 'person', id: by },
        revision: 0,
        from: 'draft',
        to: 'scheduled',
      },
    ],
  ]);
  await store.serving.changed(`experiment:${id}`);
  await refresher.refresh();
  await startWorkflow(context, id);
  return warningsOf(context, id, launch, history.baselines);
}

/** Temporal may be unreachable: the experiment is started all the same, and reconciliation starts its workflow. */
async function startWorkflow({ store, workflows, logger }: OperationContext, id: string): Promise<void> {
  await workflows
    .start(id)
    .catch((error: unknown) => logger.warn({ err: error, experiment_id: id }, 'workflow not started yet'));
  for (const fence of fencesOver(await store.serving.fences(), id)) {
    await workflows.fence(id, fence).catch(() => undefined);
  }
}

/** What may keep a plan from being decided rightly, and what could not be found out about it. In the timeline, too. */
async function warningsOf(
  context: OperationContext,
  id: string,
  launch: Launch,
  baselines: History['baselines'],
): Promise<StartWarning[]> {
  const uncompared = uncomparedRollout(launch.policy_document);
  await noteWarnings(context, id, 'policy', uncompared);
  const unseen = await unseenGuardrails(context.store, launch, Date.now()).catch((error: unknown) => {
    context.logger.error({ err: error, experiment_id: id }, 'whether guardrails have events is not known');
    return unknownGuardrails(launch);
  });
  await noteWarnings(context, id, 'unseen', unseen);
  const uncapped = uncappedWarnings(launch.caps ?? []);
  await noteWarnings(context, id, 'caps', uncapped);
  const rehearsed = rehearsalWarnings(context, launch, baselines).then(async (warnings) => {
    await noteWarnings(context, id, 'rehearsal', warnings);
    return warnings;
  });
  const inTime = await Promise.race([rehearsed, sleep(REHEARSAL_MS, [LATE], { ref: false })]);
  return [...uncompared, ...unseen, ...uncapped, ...inTime];
}

async function rehearsalWarnings(
  { logger }: OperationContext,
  launch: Launch,
  baselines: History['baselines'],
): Promise<StartWarning[]> {
  const known = { traffic: launch.traffic ?? null };
  const options = { runs: REHEARSAL_RUNS, scenarios: ['effect' as const], baselines };
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

async function noteWarnings(
  { store }: OperationContext,
  id: string,
  source: string,
  warnings: readonly StartWarning[],
): Promise<void> {
  await store.timeline.append(
    id,
    warnings.map(({ code, text }, index) => [
      `${source}:${code}:${index}`,
      {
        at: Date.now(),
        kind: 'note',
        actor: { type: 'engine', id: 'rampart' },
        revision: 0,
        reason: text,
        data: { code },
      },
    ]),
  );
}
