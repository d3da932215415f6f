import { windowsBetween } from '../calendar/freeze-windows.js';
import { RampartError } from '../errors.js';
import { leaseOf, takeLease } from '../lifecycle/lease-book.js';
import { planOf } from '../lifecycle/plan.js';
import { effect, type Effect } from '../lifecycle/preview.js';
import {
  beginningOf,
  DRAFT_VIEW,
  type Beginning,
  type StartCircumstances,
} from '../lifecycle/preview-start.js';
import type { StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';
import { noticesOf } from './commit-state.js';
import type { OperationContext } from './context.js';
import { alreadyStarted, prepareStart, type KnownWarning } from './prepare-start.js';
import { assertFlagFree } from './take-flag.js';
import { FREEZES_AHEAD_MS } from './take-look.js';

/** What a start would do if it were asked for now. */
export interface StartPreview extends Beginning {
  allowed: boolean;
  refusal: { code: string; text: string } | null;
}

/**
 * What starting a draft would do, by the code that starts it and by the first steps of its workflow. Changes nothing.
 *
 * @throws {RampartError} already_started; a definition or a body in which fields are wrong, with these
 */
export async function previewStart(
  context: Pick<OperationContext, 'store' | 'logger'>,
  document: ExperimentDocument,
  start: StartInput,
  by: string,
): Promise<StartPreview> {
  const { store } = context;
  const { _id: id, flag_id, definition } = document;
  if (document.state !== 'draft') throw alreadyStarted(id);
  try {
    const { launch, warnings } = await prepareStart(context, document, start, by);
    const now = launch.requested_at;
    await assertFlagFree(store, document, now);
    const plan = planOf(id, launch);
    const beginning = beginningOf(plan, await circumstancesOf(store, document, launch, now), now);
    const effects = [
      freezing(launch),
      serving(flag_id, definition, launch),
      ...beginning.effects,
      ...warnings.map(warning),
    ];
    return { ...beginning, allowed: true, refusal: null, effects };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { ...NOTHING, allowed: false, refusal: { code: error.code, text: error.message } };
  }
}

const NOTHING: Beginning = { before: DRAFT_VIEW, after: DRAFT_VIEW, effects: [] };

/** Whether a start would be refused for what it asks, rather than for a field that is wrong or for want of an answer. */
function isRefusal(error: unknown): error is RampartError {
  return error instanceof RampartError && error.status < 500 && !('errors' in error.members);
}

/** What the first run of the workflow would find, as it reads it. */
async function circumstancesOf(
  store: Store,
  { _id: id, definition: { environment } }: ExperimentDocument,
  { start_at, policy, layer }: Launch,
  now: number,
): Promise<StartCircumstances> {
  const holder = { experiment_id: id, environment };
  return {
    fences: await noticesOf(store, await store.serving.fences(), id),
    freezes: windowsBetween(policy.freeze_windows, now, start_at + FREEZES_AHEAD_MS),
    lease: layer
      ? leaseOf(takeLease(await store.leases.book(layer.layer_id), holder, layer.slots), id)
      : null,
  };
}

function freezing({ policy, metrics }: Launch): Effect {
  const many = metrics.length === 1 ? 'its metric' : `its ${metrics.length} metrics`;
  const rules = `version ${policy.version} of policy ${policy.policy_id}`;
  const text = `its definition, ${many} and ${rules} are frozen: later changes of them do not count`;
  return effect('freezes', text, null, true);
}

/** To whom its flag gives the arms. */
function serving(
  flag_id: string,
  { target_audience: { include, exclude }, environment }: ExperimentDocument['definition'],
  { holdouts = [] }: Launch,
): Effect {
  const parts = [
    include.length === 0 ? 'everybody' : `units in any of ${include.join(', ')}`,
    ...(exclude.length > 0 ? [`but not in ${exclude.join(', ')}`] : []),
    ...(environment === undefined ? [] : [`only in ${environment}`]),
    ...holdouts.map(({ holdout_id, share }) => `without the ${share} % of holdout ${holdout_id}`),
  ];
  return effect(
    'serves',
    `flag ${flag_id} gives the arms to those who are enrolled, out of ${parts.join(', ')}`,
  );
}

function warning({ text }: KnownWarning): Effect {
  return effect('warns', text);
}
