import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './client.js';

const DAY_MS = 86_400_000;
const AGAIN_MS = 60_000;

/** What the experiments were worth that ended within so many days. */
export const insightsQuery = (days: number) =>
  queryOptions({
    queryKey: ['experiments', 'insights', days],
    queryFn: () => {
      const from = new Date(Date.now() - days * DAY_MS).toISOString();
      return bodyOf(api.GET('/v1/insights', { params: { query: { from } } }));
    },
    refetchInterval: AGAIN_MS,
  });
