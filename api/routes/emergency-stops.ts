import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { failure, validationFailed } from '../../src/errors.js';
import { idSchema, reasonSchema } from '../../src/model/id.js';
import type { EmergencyStopDocument } from '../../src/store/emergency-stops.js';
import type { ExperimentDocument } from '../../src/store/experiments.js';
import { audit, type ApiContext } from '../context.js';
import { paging, route, type Route } from '../route.js';

const stopSchema = z.strictObject({
  reason: reasonSchema,
  experiment_ids: z.array(idSchema).min(1).max(1000).optional(),
});

const AT_ONCE = 50;

/** The emergency stop: a fence that serving obeys at once, then signals that hasten the workflows. */
export function emergencyStopRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/emergency-stops/{emergency_stop_id}';
  const named = async (id: string | undefined): Promise<EmergencyStopDocument> => {
    const stop = await store.emergencyStops.get(id!);
    if (!stop) throw failure('not_found', `no emergency stop ${id}`);
    return stop;
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
        const stop: EmergencyStopDocument = {
          _id: `stop_${randomUUID()}`,
          at: new Date().toISOString(),
          by: caller.key_id,
          reason,
          scope: experiment_ids ?? 'all',
          experiment_ids: [],
          fence_revision: null,
          released_at: null,
        };
        const { _id: emergency_stop_id, at, by, scope } = stop;
        const fence_revision = await store.serving.fence({ emergency_stop_id, scope, by, reason, at });
        const live = (await store.experiments.underWay()).filter(
          ({ _id, state }) => state !== 'rolling_back' && (scope === 'all' || scope.includes(_id)),
        );
        await store.emergencyStops.put({
          ...stop,
          fence_revision,
          experiment_ids: live.map(({ _id }) => _id),
        });
        await audit(context, caller, 'emergency_stop.create', ['emergency_stop', emergency_stop_id], {
          after: body,
        });
        await context.refresher.refresh();
        void signalAll(context, live, (id) =>
          context.lifecycles.fence(id, { emergency_stop_id, by, reason }),
        );
        return {
          status: 202,
          body: { emergency_stop_id, fence_revision, experiments: live.length },
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
            `still to be rolled back: ${pending.join(', ')}; they would serve their arms again`,
          );
        }
        await store.serving.release(emergency_stop_id);
        const released = { ...stop, released_at: new Date().toISOString() };
        await store.emergencyStops.put(released);
        await audit(context, caller, 'emergency_stop.release', ['emergency_stop', emergency_stop_id]);
        await context.refresher.refresh();
        const held = (await store.experiments.underWay()).filter((one) => isHeld(one));
        void signalAll(context, held, (id) =>
          context.lifecycles.release(id, { emergency_stop_id, by: caller.key_id }),
        );
        return { status: 200, body: await report(context, released) };
      },
    }),
  ];
}

async function assertKnown({ store }: ApiContext, ids: readonly string[]): Promise<void> {
  const found = await Promise.all(ids.map((id) => store.experiments.get(id)));
  const errors = ids.flatMap((id, index) =>
    found[index]
      ? []
      : [{ path: `experiment_ids.${index}`, code: 'not_found', message: `no experiment ${id}` }],
  );
  if (errors.length > 0) throw validationFailed(errors);
}

/** Signals many workflows at a time. One that cannot be reached hears of the fence by itself, or by reconciliation. */
async function signalAll(
  { logger }: ApiContext,
  experiments: readonly ExperimentDocument[],
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
function isHeld({ state, view }: ExperimentDocument): boolean {
  return (
    ['scheduled', 'queued'].includes(state) && (view?.holds.some((hold) => hold.code === 'fenced') ?? false)
  );
}

async function acknowledgement(
  { store }: ApiContext,
  { experiment_ids }: EmergencyStopDocument,
): Promise<{ acknowledged: number; pending: string[] }> {
  const documents = await Promise.all(experiment_ids.map((id) => store.experiments.get(id)));
  const pending = documents.flatMap((one) =>
    one && one.state !== 'completed' && !isHeld(one) ? [one._id] : [],
  );
  return { acknowledged: experiment_ids.length - pending.length, pending };
}

async function report(context: ApiContext, stop: EmergencyStopDocument): Promise<object> {
  const { store, liveness } = context;
  const { acknowledged, pending } = await acknowledgement(context, stop);
  const observed = liveness.observe(await store.instances.all(), performance.now());
  const instances = observed.map(({ instance_id, g, live }) => ({
    instance_id,
    serving_revision: g,
    obeys: g >= (stop.fence_revision ?? Infinity),
    live,
  }));
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
    complete: pending.length === 0 && instances.every((one) => one.obeys || !one.live),
    ...(stop.released_at !== null && { released_at: stop.released_at }),
  };
}
