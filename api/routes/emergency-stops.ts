import { z } from 'zod';
import { idSchema, reasonSchema } from '../../src/model/id.js';
import {
  acknowledgedBy,
  acknowledgement,
  emergencyStop,
  emergencyStopNamed,
  forceStop,
  releaseStop,
  type Acknowledgement,
} from '../../src/operations/emergency-stop.js';
import { stopReportOf, type StopReport } from '../../src/operations/report-stop.js';
import type { EmergencyStopDocument } from '../../src/store/emergency-stops.js';
import type { Store } from '../../src/store/store.js';
import type { ObservedInstance } from '../../src/serving/liveness.js';
import { observedInstances, type ApiContext } from '../context.js';
import { listed, own, single, together, type Environments, type RawCall } from '../environments.js';
import { notACursor, pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/emergency-stop.js';

const stopSchema = z.strictObject({
  reason: reasonSchema,
  experiment_ids: z.array(idSchema).min(1).max(1000).optional(),
});

const path = '/v1/emergency-stops/{emergency_stop_id}';

/** The emergency stop: a fence that serving obeys at once, then signals that hasten the workflows. */
export function emergencyStopRoutes(context: ApiContext): Route[] {
  return [setRoute(context), ...reportRoutes(context), releaseRoute(context), forceRoute(context)];
}

function setRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: '/v1/emergency-stops',
    action: 'operate',
    environments: ({ body }) => ofNamed(context.store, body),
    tag: 'emergency stops',
    summary: 'Serve the control for all experiments, or the named ones, now',
    body: stopSchema,
    replies: { 202: answers.stopSet },
    async handle({ body: { reason, experiment_ids }, caller }) {
      const { key_id, environments } = caller;
      const stop = await emergencyStop(context, reason, experiment_ids, key_id, environments);
      return { status: 202, body: stop, location: `/v1/emergency-stops/${stop.emergency_stop_id}` };
    },
  });
}

function reportRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: '/v1/emergency-stops',
      action: 'read',
      environments: own,
      tag: 'emergency stops',
      summary: 'Emergency stops, newest first',
      query: pagingQuery,
      replies: { 200: answers.stopReportPage },
      async handle({ query: { limit, cursor }, caller }) {
        const after = cursor === undefined ? null : await store.emergencyStops.get(cursor);
        if (cursor !== undefined && !after) throw notACursor();
        const { items, next_cursor } = await store.emergencyStops.page(limit, after, caller.environments);
        const [underWay, instances] = await Promise.all([
          store.experiments.underWay(),
          observedInstances(context),
        ]);
        const reports = items.map((stop) =>
          reportOf(context, stop, acknowledgedBy(underWay, stop), instances),
        );
        return { status: 200, body: { items: reports, next_cursor } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      environments: (call) => ofStop(store, call),
      tag: 'emergency stops',
      summary: 'Who has acknowledged, and what every process serves',
      replies: { 200: answers.stopReport },
      async handle({ params: { emergency_stop_id } }) {
        return {
          status: 200,
          body: await report(context, await emergencyStopNamed(store, emergency_stop_id)),
        };
      },
    }),
  ];
}

function releaseRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: `${path}/release`,
    action: 'operate',
    environments: (call) => ofStop(context.store, call),
    tag: 'emergency stops',
    summary: 'Lift the fence; this does not start any experiment again',
    body: z.strictObject({ reason: reasonSchema.optional() }),
    bodyOptional: true,
    replies: { 200: answers.stopReport },
    async handle({ params: { emergency_stop_id }, caller }) {
      const stop = await emergencyStopNamed(context.store, emergency_stop_id);
      const released = await releaseStop(context, stop, caller.key_id);
      return { status: 200, body: await report(context, released) };
    },
  });
}

function forceRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: `${path}/force`,
    action: 'operate',
    environments: (call) => ofStop(context.store, call),
    tag: 'emergency stops',
    summary: 'End experiments that have not acknowledged for five minutes, without their workflows',
    body: z.strictObject({ reason: reasonSchema }),
    replies: { 200: answers.stopForced },
    async handle({ params: { emergency_stop_id }, body: { reason }, caller }) {
      const stop = await emergencyStopNamed(context.store, emergency_stop_id);
      const forced = await forceStop(context, stop, reason, caller.key_id, forceAfter(context.config));
      return { status: 200, body: { ...(await report(context, stop)), forced } };
    },
  });
}

/** The environments of the experiments that a body names; without names the stop keeps to those of its key. */
async function ofNamed({ experiments }: Store, body: unknown): Promise<Environments | 'own'> {
  const { data } = z.object({ experiment_ids: z.array(z.string()) }).safeParse(body);
  if (!data) return 'own';
  const places = await experiments.placesOf(data.experiment_ids);
  return places.reduce<Environments>((all, { environment }) => together(all, single(environment)), []);
}

async function ofStop(
  { emergencyStops }: Store,
  { params }: RawCall<'emergency_stop_id'>,
): Promise<Environments | null> {
  const stop = await emergencyStops.get(params.emergency_stop_id);
  return stop && listed(stop.environments);
}

/** What is known of a stop now. */
async function report(context: ApiContext, stop: EmergencyStopDocument): Promise<StopReport> {
  return reportOf(
    context,
    stop,
    await acknowledgement(context.store, stop),
    await observedInstances(context),
  );
}

function reportOf(
  { config }: ApiContext,
  stop: EmergencyStopDocument,
  acknowledged: Acknowledgement,
  observed: readonly ObservedInstance[],
): StopReport {
  return stopReportOf(stop, acknowledged, observed, forceAfter(config), Date.now());
}

function forceAfter({ RAMPART_FORCE_AFTER_SECONDS }: ApiContext['config']): number {
  return RAMPART_FORCE_AFTER_SECONDS * 1000;
}
