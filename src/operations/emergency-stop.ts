import { failure, validationFailed } from '../errors.js';
import { forcedState } from '../lifecycle/force.js';
import { planOf } from '../lifecycle/plan.js';
import { publicationOf, viewOf } from '../lifecycle/view.js';
import { isUnder, type Fenceable } from '../model/serving.js';
import { emergencyStopId, type EmergencyStopDocument } from '../store/emergency-stops.js';
import type { UnderWay, UntoldLine } from '../store/experiment-document.js';
import type { StoredFence } from '../store/serving.js';
import type { Store } from '../store/store.js';
import type { OperationContext } from './context.js';
import { audited } from './tell.js';
import { tellLines } from './tell-lines.js';

/** Signals that are under way to Temporal at the same time. */
const AT_ONCE = 50;
/** At most this many experiments are named in a refusal. */
const NAMED = 20;

/** An emergency stop that was set. `experiments`: how many live ones it met; null until that is written down. */
export interface SetStop {
  emergency_stop_id: string;
  fence_revision: number;
  experiments: number | null;
}

/**
 * Sets a fence, which serving obeys at once, then signals the workflows to hasten them.
 *
 * @param experiment_ids all experiments where it is undefined
 * @param environments whoever sets it may stop only what runs in these; null for everything
 * @throws {RampartError} validation_failed for ids that do not exist
 */
export async function emergencyStop(
  context: OperationContext,
  reason: string,
  experiment_ids: string[] | undefined,
  by: string,
  environments: readonly string[] | null,
): Promise<SetStop> {
  const { store, logger } = context;
  const fence: StoredFence = {
    emergency_stop_id: emergencyStopId(),
    at: new Date().toISOString(),
    by,
    reason,
    ...(await scopeOf(store, experiment_ids, environments)),
  };
  const { emergency_stop_id } = fence;
  const fence_revision = await store.serving.fence(fence);
  const experiments = await follow(context, fence, fence_revision).catch((error: unknown) => {
    // The fence is obeyed from here on, and whoever set it must not be told otherwise.
    logger.error({ err: error, emergency_stop_id }, 'reconciliation will record what the fence has met');
    return null;
  });
  return { emergency_stop_id, fence_revision, experiments };
}

/** @throws {RampartError} not_found; unavailable where the fence is obeyed but its stop is not written down yet */
export async function emergencyStopNamed(store: Store, id: string): Promise<EmergencyStopDocument> {
  const stop = await store.emergencyStops.get(id);
  if (stop) return stop;
  if (!(await store.serving.fences()).some((fence) => fence.emergency_stop_id === id))
    throw failure('not_found', `no emergency stop ${id}`);
  throw failure(
    'unavailable',
    'the stop is obeyed, but the list of experiments it has met is not written down yet',
    { retry_after: 5 },
  );
}

/** Writes down, with its audit entry, the emergency stop of a fence that is set, and the experiments it has met. */
export async function recordEmergencyStop(
  store: Store,
  { emergency_stop_id, by, reason, scope, environments, at }: StoredFence,
  fence_revision: number,
  experiment_ids: string[],
): Promise<void> {
  const subject = ['emergency_stop', emergency_stop_id] as const;
  // The fence is the change, and it must not wait for anything. A fence without an entry is found by reconciliation.
  const after = { reason, scope, ...(environments && { environments }) };
  const change = { by, action: 'emergency_stop.create', subject, after, key: 'set' };
  await audited({ store }, change, () =>
    store.emergencyStops.put({
      ...{ _id: emergency_stop_id, at, by, reason, scope },
      ...(environments && { environments }),
      experiment_ids,
      fence_revision,
      released_at: null,
    }),
  );
}

/** Lifts the fence. @throws {RampartError} already_released; stop_incomplete while experiments still roll back */
export async function releaseStop(
  context: OperationContext,
  stop: EmergencyStopDocument,
  by: string,
): Promise<EmergencyStopDocument> {
  const { store, workflows, refresher } = context;
  const { _id: emergency_stop_id, released_at } = stop;
  if (released_at !== null) throw failure('already_released', `it was released at ${released_at}`);
  const { pending } = await acknowledgement(store, stop);
  if (pending.length > 0) {
    throw failure(
      'stop_incomplete',
      `still to be rolled back: ${some(pending)}; they would serve their arms again`,
    );
  }
  const subject = ['emergency_stop', emergency_stop_id] as const;
  await audited(context, { by, action: 'emergency_stop.release', subject }, () =>
    store.serving.release(emergency_stop_id),
  );
  const released = { ...stop, released_at: new Date().toISOString() };
  await store.emergencyStops.put(released);
  await refresher.refresh();
  const held = (await store.experiments.underWay()).filter(isHeld);
  void signalAll(context, held, (id) => workflows.release(id, { emergency_stop_id, by }));
  return released;
}

/**
 * Ends the experiments that have not acknowledged a stop, from the store alone. Returns their ids.
 *
 * @param force_after_ms age of the stop from which this is allowed
 * @throws {RampartError} too_early
 */
export async function forceStop(
  context: OperationContext,
  stop: EmergencyStopDocument,
  reason: string,
  by: string,
  force_after_ms: number,
): Promise<string[]> {
  const wait_s = Math.ceil((force_after_ms - (Date.now() - Date.parse(stop.at))) / 1000);
  if (wait_s > 0) {
    throw failure('too_early', `its workflows have ${wait_s} s more to acknowledge it`, {
      retry_after: wait_s,
    });
  }
  const { pending } = await acknowledgement(context.store, stop);
  const change = {
    by,
    action: 'emergency_stop.force',
    subject: ['emergency_stop', stop._id],
    after: { reason, experiment_ids: pending },
  } as const;
  await audited(context, change, async () => {
    for (const id of pending) await force(context, id, reason, by);
  });
  await context.refresher.refresh();
  return pending;
}

export interface Acknowledgement {
  acknowledged: number;
  /** How many of those are held: they had not begun, and were never served. */
  held: number;
  /** Ids. */
  pending: string[];
}

/** Which of the experiments that a stop has met are not rolled back yet. */
export async function acknowledgement(
  { experiments }: Store,
  stop: EmergencyStopDocument,
): Promise<Acknowledgement> {
  return acknowledgedBy(await experiments.underWay(), stop);
}

/** As `acknowledgement`, of experiments that were read already. */
export function acknowledgedBy(
  underWay: readonly UnderWay[],
  { experiment_ids }: EmergencyStopDocument,
): Acknowledgement {
  const met = new Set(experiment_ids);
  const open = underWay.filter(({ _id }) => met.has(_id));
  const held = open.filter(isHeld).length;
  const pending = open
    .filter((experiment) => !isHeld(experiment))
    .map(({ _id }) => _id)
    .sort();
  return { acknowledged: experiment_ids.length - pending.length, held, pending };
}

/** Writes down which experiments have met a fence, and signals them. Returns how many they are. */
async function follow(
  context: OperationContext,
  fence: StoredFence,
  fence_revision: number,
): Promise<number> {
  const { store, refresher, workflows } = context;
  const { emergency_stop_id, by, reason } = fence;
  const live = (await store.experiments.underWay()).filter(
    (one) => one.state !== 'rolling_back' && isUnder(fence, fenceable(one)),
  );
  await recordEmergencyStop(
    store,
    fence,
    fence_revision,
    live.map(({ _id }) => _id),
  );
  await refresher.refresh();
  void signalAll(context, live, (id) => workflows.fence(id, { emergency_stop_id, by, reason }));
  return live.length;
}

/** As fences see an experiment. */
export function fenceable({ _id, environment }: Pick<UnderWay, '_id' | 'environment'>): Fenceable {
  return { experiment_id: _id, environment };
}

/**
 * What a stop reaches. Without ids that is everything, or, of somebody who is limited to environments, everything that runs
 * in those; also what starts while it stands.
 *
 * @throws {RampartError} validation_failed for ids that do not exist
 */
async function scopeOf(
  { experiments }: Store,
  ids: string[] | undefined,
  environments: readonly string[] | null,
): Promise<Pick<StoredFence, 'scope' | 'environments'>> {
  if (!ids) return { scope: 'all', ...(environments && { environments: [...environments] }) };
  const places = new Map((await experiments.placesOf(ids)).map((place) => [place._id, place.environment]));
  const errors = ids.flatMap((id, index) =>
    places.has(id)
      ? []
      : [{ path: `experiment_ids.${index}`, code: 'not_found', message: `no experiment ${id}` }],
  );
  if (errors.length > 0) throw validationFailed(errors);
  const reached = [...new Set(places.values())].filter((place) => place !== undefined);
  return { scope: ids, ...([...places.values()].includes(undefined) ? {} : { environments: reached }) };
}

/** Serves the control, from the store alone. A workflow that runs all the same is ended, now or by reconciliation. */
async function force(
  { store, workflows, logger }: OperationContext,
  id: string,
  reason: string,
  by: string,
): Promise<void> {
  const document = await store.experiments.get(id);
  if (!document?.launch) return;
  const checkpoint = forcedState(document.checkpoint, document.version);
  const plan = planOf(id, document.launch);
  const ended: UntoldLine = {
    key: 'forced',
    item: {
      at: Date.now(),
      kind: 'state_changed',
      actor: { type: 'person', id: by },
      revision: checkpoint.revision,
      from: document.state,
      to: 'completed',
      reason: `forced: ${reason}`,
    },
  };
  const forced = {
    checkpoint,
    view: viewOf(plan, checkpoint),
    publication: publicationOf(plan, checkpoint),
  };
  await store.experiments.force(id, forced, [ended]);
  const { revision: serving_revision } = await store.serving.changed(`experiment:${id}`);
  await store.experiments.markServed(id, serving_revision, checkpoint.revision);
  await tellLines(store, id, [ended]);
  await workflows
    .terminate(id, `forced: ${reason}`)
    .catch((error: unknown) => logger.warn({ err: error, experiment_id: id }, 'not terminated yet'));
}

/** Signals many workflows. One that cannot be reached reads the fence by itself, or hears of it by reconciliation. */
async function signalAll(
  { logger }: OperationContext,
  experiments: readonly UnderWay[],
  signal: (id: string) => Promise<void>,
): Promise<void> {
  const waiting = experiments.map(({ _id }) => _id);
  const work = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      await signal(id).catch((error: unknown) =>
        logger.warn({ err: error, experiment_id: id }, 'signal not delivered yet'),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Experiments that have not begun are held, not rolled back: nothing of them was ever served. */
function isHeld({ state, view }: UnderWay): boolean {
  return (
    ['scheduled', 'queued'].includes(state) && (view?.holds.some((hold) => hold.code === 'fenced') ?? false)
  );
}

/** The first few of many ids, for a sentence. */
function some(ids: readonly string[]): string {
  const more = ids.length - NAMED;
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
