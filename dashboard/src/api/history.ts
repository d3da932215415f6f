import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, ApiError, bodyOf } from './client.js';

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

/** The sums folded so far; null where it was never started. */
export const totalsQuery = (experiment_id: string) =>
  queryOptions({
    queryKey: ['experiment', experiment_id, 'totals'],
    queryFn: async () => {
      const params = { path: { experiment_id } };
      try {
        return await bodyOf(api.GET('/v1/experiments/{experiment_id}/totals', { params }));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'no_snapshot_yet') return null;
        throw error;
      }
    },
  });
