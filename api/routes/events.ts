import { z } from 'zod';
import { acceptedMetric, metricSchema } from '../../src/metrics/metric-schema.js';
import type { Metric } from '../../src/model/metric.js';
import { allMetrics } from '../../src/operations/catalog.js';
import { showEventTypes } from '../../src/operations/show-event-types.js';
import { EVENTS_TRIED, tryMetric, type Trial } from '../../src/operations/try-metric.js';
import { parse } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { limitQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/events.js';
import { found } from './found.js';
import { ofDefinition } from './of-definition.js';

/** What arrives at the door, and what metrics make of it. */
export function eventRoutes(context: ApiContext): Route[] {
  return [typesRoute(context), tryUnsavedRoute(context), tryRoute(context)];
}

function typesRoute({ store, refresher }: ApiContext): Route {
  return route({
    method: 'get',
    path: '/v1/events/types',
    action: 'read',
    environments: shared,
    tag: 'metrics',
    summary: 'What arrives: types of events and what is refused, by minute, and the properties that are kept',
    query: limitQuery,
    replies: { 200: answers.eventTypes },
    async handle({ query: { limit } }) {
      return { status: 200, body: await showEventTypes(store, refresher.snapshot, limit, Date.now()) };
    },
  });
}

const trialInput = z.strictObject({
  definition: z.looseObject({}).describe('A metric as PUT takes it: an edit that is not saved.'),
});

function tryUnsavedRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: '/v1/metrics/try',
    // It shows what events hold, which takes more than reading definitions.
    action: 'define',
    environments: shared,
    tag: 'metrics',
    summary: 'Which of the events that came lately a definition would count; nothing is stored',
    query: limitQuery,
    body: trialInput,
    replies: { 200: answers.trial },
    async handle({ body: { definition }, query: { limit } }) {
      const { built_in: _, ...given } = definition;
      const metric = await ofDefinition(() => parse(metricSchema, given));
      return { status: 200, body: await trialOf(context, metric, limit) };
    },
  });
}

function tryRoute(context: ApiContext): Route {
  return route({
    method: 'post',
    path: '/v1/metrics/{metric_id}/try',
    action: 'define',
    environments: shared,
    tag: 'metrics',
    summary: 'Which of the events that came lately a metric would count',
    query: limitQuery,
    replies: { 200: answers.trial },
    async handle({ params: { metric_id }, query: { limit } }) {
      const document = found((await allMetrics(context.store)).get(metric_id), `metric ${metric_id}`);
      return { status: 200, body: await trialOf(context, acceptedMetric(document), limit) };
    },
  });
}

/** This process may have events that it has not written yet; others have written theirs some seconds ago. */
async function trialOf(
  { store, refresher, arrivals }: ApiContext,
  metric: Metric,
  limit: number,
): Promise<Trial> {
  await arrivals.flush();
  const events = await store.recentEvents.newest(EVENTS_TRIED, Date.now());
  return tryMetric(metric, events, refresher.snapshot?.properties ?? [], limit);
}
