import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { FlagDefinition } from '../words/flag-sentences.js';
import { api, ApiError, bodyOf, idempotencyKey, type Schemas } from './client.js';
import { everyPage } from './every-page.js';

type Flag = Schemas['Flag'];

const of = (flag_id: string) => ({ params: { path: { flag_id } } });

export const flagsQuery = queryOptions({
  queryKey: ['flags'],
  queryFn: () => everyPage((query) => bodyOf(api.GET('/v1/flags', { params: { query } }))),
});

/** Flags that no longer decide anything. */
export const staleFlagsQuery = (days: number) =>
  queryOptions({
    queryKey: ['flags', 'stale', days],
    queryFn: () =>
      everyPage((query) =>
        bodyOf(api.GET('/v1/reports/stale-flags', { params: { query: { ...query, days } } })),
      ),
  });

export const flagQuery = (flag_id: string) =>
  queryOptions({
    queryKey: ['flag', flag_id],
    queryFn: () => bodyOf(api.GET('/v1/flags/{flag_id}', of(flag_id))),
  });

/** The revisions, newest first. */
export const revisionsQuery = (flag_id: string) =>
  infiniteQueryOptions({
    queryKey: ['flag', flag_id, 'revisions'],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET('/v1/flags/{flag_id}/revisions', {
          params: {
            path: { flag_id },
            query: { limit: 50, ...(pageParam !== null && { cursor: pageParam }) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });

export type Context = Record<string, unknown>;

/** Why the flag gives what it gives; of an edit that is not saved, where there is one. */
export const explainQuery = (flag_id: string, context: Context, definition: FlagDefinition | null) =>
  queryOptions({
    queryKey: ['flag', flag_id, 'explain', context, definition],
    queryFn: async ({ signal }) => {
      const began = performance.now();
      const body = { context, ...(definition && { definition: { ...definition } }) };
      const answer = await bodyOf(api.POST('/v1/flags/{flag_id}/explain', { ...of(flag_id), body, signal }));
      return { ...answer, took_ms: performance.now() - began };
    },
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  });

export function saveFlag(definition: FlagDefinition): Promise<Flag> {
  const { flag_id } = definition;
  return bodyOf(api.PUT('/v1/flags/{flag_id}', { ...of(flag_id), body: definition as never }));
}

export function createFlag(body: FlagDefinition): Promise<Flag> {
  return bodyOf(api.POST('/v1/flags', { body: body as never, headers: idempotencyKey() }));
}

export type FlagUses = Schemas['FlagUses'];

/** What refers to a flag, and what deleting it would answer. A change of an experiment or a flag asks anew. */
export const flagUsesQuery = (flag_id: string) =>
  queryOptions({
    queryKey: ['flags', 'uses', flag_id],
    queryFn: () => bodyOf(api.GET('/v1/flags/{flag_id}/uses', of(flag_id))),
    staleTime: 0,
    gcTime: 0,
  });

/** One that is gone already was deleted. */
export async function deleteFlag(flag_id: string): Promise<void> {
  try {
    await api.DELETE('/v1/flags/{flag_id}', of(flag_id));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
  }
}

export function restoreFlag(flag_id: string, n: number): Promise<Flag> {
  return bodyOf(
    api.POST('/v1/flags/{flag_id}/revisions/{n}/restore', {
      params: { path: { flag_id, n: String(n) } },
      headers: idempotencyKey(),
    }),
  );
}

/** What people write, without what the server adds. */
export function definitionOf(flag: Flag): FlagDefinition {
  const {
    revision: _,
    created_at: __,
    updated_at: ___,
    unserved: ____,
    driven_by: _____,
    ...definition
  } = flag;
  return definition;
}

/** The names of the segments that are defined, to choose from. */
export const segmentsQuery = queryOptions({
  queryKey: ['definitions', 'segments', 'names'],
  queryFn: async () => {
    const segments = await everyPage((query) => bodyOf(api.GET('/v1/segments', { params: { query } })));
    return segments.map(({ segment_id }) => segment_id);
  },
});
