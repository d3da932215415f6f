import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { recordEmergencyStop } from '../../src/operations/emergency-stop.js';
import { failure, validationFailed } from '../../src/errors.js';
import { forcedState } from '../../src/lifecycle/force.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { publicationOf, viewOf } from '../../src/lifecycle/view.js';
import { idSchema, reasonSchema } from '../../src/model/id.js';
import { standardPolicy } from '../../src/model/policy.js';
import { isUnder } from '../../src/model/serving.js';
import { parseDuration } from '../../src/model/time.js';
import type { EmergencyStopDocument } from '../../src/store/emergency-stops.js';
import type { UnderWay } from '../../src/store/experiments.js';
import type { StoredFence } from '../../src/store/serving.js';
import { audit, type ApiContext } from '../context.js';
import { paging, route, type Route } from '../route.js';

const stopSchema = z.strictObject({
  reason: reasonSchema,
  experiment_ids: z.array(idSchema).min(1).max(1000).optional(),
});

const AT_ONCE = 50;
/** A refusal names so many experiments. */
const NAMED = 20;
/** A process that has not reached MongoDB for this long serves the control for every experiment. */
const SERVE_STALE_MAX_MS = parseDuration(standardPolicy.serve_stale_max)!;

/** The emergency stop: a fence that serving obeys at once, then signals that hasten the workflows. */
export function emergencyStopRoutes(context: ApiContext): Route[] {
  const { store, logger } = context;
  const path = '/v1/emergency-stops/{emergency_stop_id}';
  const named = async (id: string | undefined): Promise<EmergencyStopDocument> => {
    const stop = await store.emergencyStops.get(id!);
    if (stop) return stop;
    if (!(await store.serving.fences()).some((fence) => fence.emergency_stop_id === id))
      throw failure('not_found', `no emergency stop ${id}`);
    throw failure('unavailable', 'it is obeyed, but not written down yet which experiments have met it', {
      retry_after: 5,
    });
  };
  return [
    route({
      method: 'post',
      path: '/v1/emergency-stops',
      action: 'operate',
      summary: 'Serve the control for all experiments, or the named ones, now',
      body: stopSchema,
      async handle({ body, caller }) {
        const { reason, experiment_ids } = body;
        if (experiment_ids) await assertKnown(context, experiment_ids);
        const emergency_stop_id = `stop_${randomUUID()}`;
        const fence: StoredFence = {
          emergency_stop_id,
          at: new Date().toISOString(),
          by: caller.key_id,
          reason,
          scope: experiment_ids ?? 'all',
        };
        const fence_revision = await store.serving.fence(fence);
        const met = await follow(context, fence, fence_revision).catch((error: unknown) => {
          // It is obeyed from here on, and whoever set it must not be told otherwise.
          logger.error({ err: error, emergency_stop_id }, 'reconciliation writes down who has met the fence');
          return null;
        });
        return {
          status: 202,
          body: { emergency_stop_id, fence_revision, experiments: met },
          location: `/v1/emergency-stops/${emergency_stop_id}`,
        };
      },
    }),
    route({
      method: 'get',
      path: '/v1/emergency-stops',
      action: 'read',
      summary: 'Emergency stops, newest first',
      async handle({ query }) {
        const { limit } = paging(query);
        const stops = (await store.emergencyStops.all()).slice(0, limit);
        return {
          status: 200,
          body: { items: await Promise.all(stops.map((one) => report(context, one))), next_cursor: null },
        };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      summary: 'Who has acknowledged, and what every process serves',
      handle: async ({ params }) => ({
        status: 200,
        body: await report(context, await named(params['emergency_stop_id'])),
      }),
    }),
    route({
      method: 'post',
      path: `${path}/release`,
      action: 'operate',
      summary: 'Lift the fence; nothing is started again by it',
      body: z.strictObject({ reason: reasonSchema.optional() }),
      bodyOptional: true,
      async handle({ params, caller }) {
        const stop = await named(params['emergency_stop_id']);
        const { _id: emergency_stop_id } = stop;
        if (stop.released_at !== null)
          throw failure('already_released', `it was released at ${stop.released_at}`);
        const { pending } = await acknowledgement(context, stop);
        if (pending.length > 0) {
          throw failure(
            'stop_incomplete',
            `still to be rolled back: ${some(pending)}; they would serve their arms again`,
          );
        }
        await store.serving.release(emergency_stop_id);
        const released = { ...stop, released_at: new Date().toISOString() };
        await store.emergencyStops.put(released);
        await audit(context, caller, 'emergency_stop.release', ['emergency_stop', emergency_stop_id]);
        await context.refresher.refresh();
        const held = (await store.experiments.underWay()).filter((one) => isHeld(one));
        void signalAll(context, held, (id) =>
          context.workflows.release(id, { emergency_stop_id, by: caller.key_id }),
        );
        return { status: 200, body: await report(context, released) };
      },
    }),
    route({
      method: 'post',
      path: `${path}/force`,
      action: 'operate',
      summary: 'End experiments that have not acknowledged for five minutes, without their workflows',
      body: z.strictObject({ reason: reasonSchema }),
      async handle({ params, body, caller }) {
        const stop = await named(params['emergency_stop_id']);
        const age = Date.now() - Date.parse(stop.at);
        const wait = context.config.RAMPART_FORCE_AFTER_SECONDS * 1000 - age;
        if (wait > 0) {
          throw failure(
            'too_early',
            `its workflows have ${Math.ceil(wait / 1000)} s more to acknowledge it`,
            {
              retry_after: Math.ceil(wait / 1000),
            },
          );
        }
        const { pending } = await acknowledgement(context, stop);
        for (const id of pending) await force(context, id, body.reason, caller.key_id);
        await audit(context, caller, 'emergency_stop.force', ['emergency_stop', stop._id], {
          after: { ...body, experiment_ids: pending },
        });
        await context.refresher.refresh();
        return { status: 200, body: { ...(await report(context, stop)), forced: pending } };
      },
    }),
  ];
}

/** Writes down which experiments have met a fence, and signals them; answers how many they are. */
async function follow(context: ApiContext, fence: StoredFence, fence_revision: number): Promise<number> {
  const { store, refresher, workflows } = context;
  const { emergency_stop_id, by, reason } = fence;
  const live = (await store.experiments.underWay()).filter(
    ({ _id, state }) => state !== 'rolling_back' && isUnder(fence, _id),
  );
  const ids = live.map(({ _id }) => _id);
  await recordEmergencyStop(store, fence, fence_revision, ids);
  await refresher.refresh();
  void signalAll(context, live, (id) => workflows.fence(id, { emergency_stop_id, by, reason }));
  return live.length;
}

/** The first few of many ids, for a sentence. */
function some(ids: readonly string[]): string {
  const more = ids.length - NAMED;
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

async function assertKnown({ store }: ApiContext, ids: readonly string[]): Promise<void> {
  const found = await store.experiments.many(ids);
  const errors = ids.flatMap((id, index) =>
    found.some((one) => one._id === id && !one.deleted)
      ? []
      : [{ path: `experiment_ids.${index}`, code: 'not_found', message: `no experiment ${id}` }],
  );
  if (errors.length > 0) throw validationFailed(errors);
}

/** The control, from the store alone; a workflow that is there all the same is ended, now or by reconciliation. */
async function force(
  { store, workflows, logger }: ApiContext,
  id: string,
  reason: string,
  by: string,
): Promise<void> {
  const document = await store.experiments.get(id);
  if (!document?.launch) return;
  const checkpoint = forcedState(document.checkpoint, document.version);
  const plan = planOf(id, document.launch);
  await store.experiments.force(id, {
    checkpoint,
    view: viewOf(plan, checkpoint),
    publication: publicationOf(plan, checkpoint),
  });
  const { revision: g } = await store.serving.changed(`experiment:${id}`);
  await store.experiments.markServed(id, g, checkpoint.revision);
  await store.experiments.record(id, [
    [
      'forced',
      {
        at: Date.now(),
        kind: 'state_changed',
        actor: { type: 'person', id: by },
        revision: checkpoint.revision,
        from: document.state,
        to: 'completed',
        reason: `forced: ${reason}`,
      },
    ],
  ]);
  await workflows
    .terminate(id, `forced: ${reason}`)
    .catch((error: unknown) => logger.warn({ err: error, experiment_id: id }, 'not terminated yet'));
}

/** Signals many workflows at a time. One that cannot be reached hears of the fence by itself, or by reconciliation. */
async function signalAll(
  { logger }: ApiContext,
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

/** Experiments that have not begun are held and not rolled back: nothing of them was ever served. */
function isHeld({ state, view }: UnderWay): boolean {
  return (
    ['scheduled', 'queued'].includes(state) && (view?.holds.some((hold) => hold.code === 'fenced') ?? false)
  );
}

async function acknowledgement(
  { store }: ApiContext,
  { experiment_ids }: EmergencyStopDocument,
): Promise<{ acknowledged: number; pending: string[] }> {
  const met = new Set(experiment_ids);
  const pending = (await store.experiments.underWay())
    .filter((one) => met.has(one._id) && !isHeld(one))
    .map((one) => one._id)
    .sort();
  return { acknowledged: experiment_ids.length - pending.length, pending };
}

async function report(context: ApiContext, stop: EmergencyStopDocument): Promise<object> {
  const { store, liveness } = context;
  const { acknowledged, pending } = await acknowledgement(context, stop);
  const observed = liveness.observe(await store.instances.all(), performance.now());
  const instances = observed.map(({ instance_id, kind, serving_revision, live, still_ms }) => ({
    instance_id,
    kind,
    serving_revision,
    obeys: serving_revision >= (stop.fence_revision ?? Infinity),
    live,
    ...(!live && { lost_since: new Date(Date.now() - still_ms).toISOString() }),
  }));
  // One that is lost may be cut off and go on serving what it has: for as long as it may do so, nobody knows.
  const unknown = observed.filter(
    ({ serving_revision, live, still_ms }) =>
      serving_revision < (stop.fence_revision ?? Infinity) && (live || still_ms < SERVE_STALE_MAX_MS),
  );
  return {
    emergency_stop_id: stop._id,
    at: stop.at,
    by: stop.by,
    reason: stop.reason,
    scope: stop.scope,
    fence_revision: stop.fence_revision,
    experiments: stop.experiment_ids.length,
    acknowledged,
    pending,
    instances,
    complete: pending.length === 0 && unknown.length === 0,
    ...(stop.released_at !== null && { released_at: stop.released_at }),
  };
}
