import { failure } from '../../src/errors.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { builtInMetrics, type MetricDocument } from '../../src/model/metric.js';
import { allMetrics } from '../../src/operations/catalog.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import { publishChange } from '../../src/operations/tell.js';
import { asDocument } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { countedPagingQuery, pagingQuery } from '../query.js';
import { shared } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { found } from './found.js';
import { pageInMemory } from './page-in-memory.js';

const path = '/v1/metrics/{metric_id}';

/** Definitions of metrics: the built-in ones and those of this installation. */
export function metricRoutes(context: ApiContext): Route[] {
  return [...readRoutes(context), revisionsRoute(context), ...writeRoutes(context)];
}

function readRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path,
      action: 'read',
      environments: shared,
      tag: 'metrics',
      summary: 'One metric',
      replies: { 200: answers.metric },
      async handle({ params: { metric_id } }) {
        const metric = found((await allMetrics(store)).get(metric_id), `metric ${metric_id}`);
        return { status: 200, body: present(metric) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/metrics',
      action: 'read',
      environments: shared,
      tag: 'metrics',
      summary: 'Metrics',
      query: pagingQuery,
      replies: { 200: answers.metricPage },
      async handle({ query }) {
        const { items, next_cursor } = pageInMemory(await allMetrics(store), query);
        return { status: 200, body: { items: items.map(present), next_cursor } };
      },
    }),
  ];
}

function revisionsRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/revisions`,
    action: 'read',
    environments: shared,
    tag: 'metrics',
    summary: 'The revisions of a metric, newest first; a built-in one that nobody replaced has none',
    query: countedPagingQuery,
    replies: { 200: answers.metricRevisionPage },
    async handle({ params: { metric_id }, query: { limit, cursor } }) {
      const page = await store.metrics.history(metric_id, limit, cursor || Infinity);
      if (page.items.length === 0 && cursor === 0)
        found((await allMetrics(store)).get(metric_id), `metric ${metric_id}`);
      const items = page.items.map(({ revision, updated_at, updated_by, definition }) => ({
        ...{ revision, at: updated_at, by: updated_by, definition },
      }));
      return { status: 200, body: { items, next_cursor: page.next_cursor } };
    },
  });
}

function writeRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'put',
      path,
      action: 'define',
      environments: shared,
      tag: 'metrics',
      summary: 'Create or replace a metric; running experiments keep theirs',
      body: asDocument<MetricDocument>(metricSchema),
      identity: 'metric_id',
      readOnly: ['built_in'],
      replies: { 200: answers.metric, 201: answers.metric },
      async handle({ body, caller }) {
        const { metric_id } = body;
        const before = (await allMetrics(store)).get(metric_id);
        const stored = await store.metrics.get(metric_id);
        await saveDefinition(context, store.metrics, metric_id, body, caller.key_id, stored, before);
        await publishChange(context, `metric:${metric_id}`);
        return { status: before ? 200 : 201, body: present(body) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      environments: shared,
      tag: 'metrics',
      summary: 'Delete a metric; a built-in metric that was replaced comes back',
      replies: { 204: null },
      async handle({ params: { metric_id }, caller }) {
        if (!(await deleteDefinition(context, store.metrics, metric_id, caller.key_id))) {
          throw failure('not_found', `no stored metric ${metric_id}; a built-in metric cannot be deleted`);
        }
        await publishChange(context, `metric:${metric_id}`);
        return { status: 204 };
      },
    }),
  ];
}

function present(metric: MetricDocument): MetricDocument & { built_in: boolean } {
  return { ...metric, built_in: builtInMetrics.some(({ metric_id }) => metric_id === metric.metric_id) };
}
