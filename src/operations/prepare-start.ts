import { failure, type RampartError } from '../errors.js';
import type { StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import { allMetrics, allPolicies } from './catalog.js';
import { assertRunnable } from './check-definition.js';
import type { OperationContext } from './context.js';
import { uncappedWarnings, type UncappedWarning } from './find-caps.js';
import { findHistory, type History } from './find-history.js';
import { launchOf } from './freeze-launch.js';
import { definedSegments } from './freeze-segments.js';
import { uncomparedRollout, type UncomparedRollout } from './uncompared-rollout.js';
import { unknownGuardrails, unseenGuardrails, type UnseenGuardrail } from './unseen-guardrails.js';

export type KnownWarning = UnseenGuardrail | UncappedWarning | UncomparedRollout;

/** What a start freezes, what it rests on, and what speaks against the plan as far as that is known without a rehearsal. */
export interface PreparedStart {
  launch: Launch;
  history: History;
  warnings: KnownWarning[];
}

/**
 * All that a start does before it changes anything.
 *
 * @throws {RampartError} already_started, and what checking the definition and freezing it throw
 */
export async function prepareStart(
  context: Pick<OperationContext, 'store' | 'logger'>,
  document: ExperimentDocument,
  start: StartInput,
  by: string,
): Promise<PreparedStart> {
  const { store } = context;
  const { _id: id, definition } = document;
  if (document.state !== 'draft') throw alreadyStarted(id);
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
      segments: await definedSegments(store, definition.segments),
    },
    Date.now(),
  );
  return { launch, history, warnings: await knownWarnings(context, id, launch) };
}

export function alreadyStarted(id: string): RampartError {
  return failure('already_started', `experiment ${id} was started already`);
}

/** What may keep a plan from being decided rightly, as far as it is known before the start. */
async function knownWarnings(
  { store, logger }: Pick<OperationContext, 'store' | 'logger'>,
  id: string,
  launch: Launch,
): Promise<KnownWarning[]> {
  const unseen = await unseenGuardrails(store, launch, Date.now()).catch((error: unknown) => {
    logger.error({ err: error, experiment_id: id }, 'whether guardrails have events is not known');
    return unknownGuardrails(launch);
  });
  return [...uncomparedRollout(launch.policy_document), ...unseen, ...uncappedWarnings(launch.caps ?? [])];
}
