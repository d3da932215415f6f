import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './client.js';
import type { Policy } from './library.js';
import type { paths } from './schema.js';

/** Lines of a page of the timeline, and decisions of a page. */
const PAGE = 100;

const nextPage = ({ next_cursor }: { next_cursor: string | null }) => next_cursor ?? undefined;

/** The decisions, newest first. */
export const decisionsQuery = (experiment_id: string) =>
  infiniteQueryOptions({
    queryKey: ['experiment', experiment_id, 'decisions'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) =>
      bodyOf(
        api.GET('/v1/experiments/{experiment_id}/decisions', {
          params: {
            path: { experiment_id },
            query: { order: 'desc', limit: PAGE, ...(cursor !== undefined && { cursor }) },
          },
        }),
      ),
    getNextPageParam: nextPage,
  });

/** What happened, newest first. */
export const timelineQuery = (experiment_id: string) =>
  infiniteQueryOptions({
    queryKey: ['experiment', experiment_id, 'timeline'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) =>
      bodyOf(
        api.GET('/v1/experiments/{experiment_id}/timeline', {
          params: {
            path: { experiment_id },
            query: { order: 'desc', limit: PAGE, ...(cursor !== undefined && { cursor }) },
          },
        }),
      ),
    getNextPageParam: nextPage,
  });

/** A decision with all it rests on. It never changes, so no change of the experiment makes it old. */
export const certificateQuery = (experiment_id: string, n: number) =>
  queryOptions({
    queryKey: ['certificate', experiment_id, n],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/experiments/{experiment_id}/decisions/{n}/certificate', {
          params: { path: { experiment_id, n: String(n) } },
        }),
      ),
  });

export type Backtest =
  paths['/v1/experiments/{experiment_id}/backtests']['post']['responses'][200]['content']['application/json'];

/**
 * What a policy makes of the looks that are recorded by now. It is asked for once: no look that comes later takes it anew.
 */
export const backtestQuery = (experiment_id: string, policy: Policy) =>
  queryOptions({
    queryKey: ['backtest', experiment_id, policy],
    queryFn: (): Promise<Backtest> =>
      bodyOf(
        api.POST('/v1/experiments/{experiment_id}/backtests', {
          params: { path: { experiment_id } },
          body: { policy: { ...policy } },
        }),
      ),
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
