import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, ApiError, bodyOf, type idempotencyKey } from './client.js';
import type { paths } from './schema.js';

type ItemOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': { items: (infer Item)[] } } } } };
}
  ? Item
  : never;

export type Exclusion = ItemOf<'/v1/experiments/{experiment_id}/exclusions'>;
export type Override = ItemOf<'/v1/experiments/{experiment_id}/overrides'>;

/** Units of a page. */
const PAGE = 50;

const ofPage = (experiment_id: string, cursor: string | undefined) => ({
  params: { path: { experiment_id }, query: { limit: PAGE, ...(cursor !== undefined && { cursor }) } },
});
const nextPage = ({ next_cursor }: { next_cursor: string | null }) => next_cursor ?? undefined;

/** The units that were taken out, page by page, in no order that says anything. Only who may command may ask. */
export const exclusionsQuery = (experiment_id: string) =>
  infiniteQueryOptions({
    queryKey: ['experiment', experiment_id, 'exclusions'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET('/v1/experiments/{experiment_id}/exclusions', ofPage(experiment_id, pageParam))),
    getNextPageParam: nextPage,
  });

/** The units that were given an arm, as `exclusionsQuery`. */
export const overridesQuery = (experiment_id: string) =>
  infiniteQueryOptions({
    queryKey: ['experiment', experiment_id, 'overrides'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      bodyOf(api.GET('/v1/experiments/{experiment_id}/overrides', ofPage(experiment_id, pageParam))),
    getNextPageParam: nextPage,
  });

/** Answers how many different units were taken out. */
export async function excludeUnits(
  experiment_id: string,
  body: { unit_ids: string[]; reason: string },
  header: ReturnType<typeof idempotencyKey>,
): Promise<number> {
  const params = { path: { experiment_id }, header };
  return (await bodyOf(api.POST('/v1/experiments/{experiment_id}/exclusions', { params, body }))).count;
}

/** Serves an excluded unit its arm again. */
export async function liftExclusion(experiment_id: string, unit_id: string): Promise<void> {
  await api.DELETE('/v1/experiments/{experiment_id}/exclusions/{unit_id}', ofUnit(experiment_id, unit_id));
}

/** Gives a unit an arm, in place of one that it was given before. */
export function overrideUnit(experiment_id: string, unit_id: string, variant: string): Promise<Override> {
  return bodyOf(
    api.PUT('/v1/experiments/{experiment_id}/overrides/{unit_id}', {
      ...ofUnit(experiment_id, unit_id),
      body: { variant },
    }),
  );
}

/** Serves a unit its own arm again. One that somebody else has ended meanwhile is ended. */
export async function liftOverride(experiment_id: string, unit_id: string): Promise<void> {
  try {
    await api.DELETE('/v1/experiments/{experiment_id}/overrides/{unit_id}', ofUnit(experiment_id, unit_id));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
  }
}

function ofUnit(experiment_id: string, unit_id: string) {
  return { params: { path: { experiment_id, unit_id } } };
}
