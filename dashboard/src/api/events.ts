import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf, idempotencyKey, type Schemas } from './client.js';

export type EventTypes = Schemas['EventTypes'];
export type EventType = EventTypes['types'][number];
export type MetricTrial = Schemas['MetricTrial'];

const PERIOD_MS = 10_000;
const MOST_SHOWN = 200;

/** What arrives at the door. Nothing tells of it, so it is read again and again. */
export const eventTypesQuery = queryOptions({
  queryKey: ['events', 'types'],
  queryFn: () => bodyOf(api.GET('/v1/events/types', { params: { query: { limit: MOST_SHOWN } } })),
  refetchInterval: PERIOD_MS,
});

/** Events that a trial shows. */
const MOST_TRIED = 10;

/** Which of the events that came lately a definition would count. Nothing is stored. */
export function tryMetric(definition: Record<string, unknown>): Promise<MetricTrial> {
  const params = { query: { limit: MOST_TRIED }, header: idempotencyKey() };
  return bodyOf(api.POST('/v1/metrics/try', { params, body: { definition } }));
}
