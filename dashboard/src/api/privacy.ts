import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, ApiError, bodyOf, idempotencyKey, type Schemas } from './client.js';

export type ExportedUnit = Schemas['ExportedUnit'];
export type ErasedUnit = Schemas['ErasedUnit'];
export type Erasure = Schemas['Erasure'];
export type Keyring = Schemas['Keyring'];

const ofUnit = (unit_id: string) => ({ params: { path: { unit_id } } });

/** Everything that is held of a unit; null where that is nothing. */
export async function exportUnit(unit_id: string): Promise<ExportedUnit | null> {
  try {
    return await bodyOf(api.GET('/v1/privacy/units/{unit_id}', ofUnit(unit_id)));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Removes it. What is `pending` in the answer is not done yet. */
export function eraseUnit(unit_id: string, keepsOptOut: boolean): Promise<ErasedUnit> {
  const query = { keep_opt_out: keepsOptOut ? ('true' as const) : ('false' as const) };
  return bodyOf(api.DELETE('/v1/privacy/units/{unit_id}', { params: { path: { unit_id }, query } }));
}

const ASK_AGAIN_MS = 2_000;

/** How far an erasure is; asked again until it is done. */
export const erasureQuery = (erasure_id: string) =>
  queryOptions({
    queryKey: ['erasure', erasure_id],
    queryFn: () => bodyOf(api.GET('/v1/privacy/erasures/{erasure_id}', { params: { path: { erasure_id } } })),
    refetchInterval: ({ state }) => (state.data?.complete === true ? false : ASK_AGAIN_MS),
  });

export async function optOut(unit_id: string): Promise<void> {
  await api.PUT('/v1/privacy/opt-outs/{unit_id}', ofUnit(unit_id));
}

export async function optIn(unit_id: string): Promise<void> {
  await api.DELETE('/v1/privacy/opt-outs/{unit_id}', ofUnit(unit_id));
}

/** The units that opted out, page by page. */
export const optOutsQuery = infiniteQueryOptions({
  queryKey: ['opt-outs'],
  queryFn: ({ pageParam }) =>
    bodyOf(
      api.GET('/v1/privacy/opt-outs', {
        params: { query: { limit: 50, ...(pageParam !== null && { cursor: pageParam }) } },
      }),
    ),
  initialPageParam: null as string | null,
  getNextPageParam: ({ next_cursor }) => next_cursor,
});

/** The keys that seal stored fields. */
export const keyringQuery = queryOptions({
  queryKey: ['keyring'],
  queryFn: () => bodyOf(api.GET('/v1/keyring')),
  refetchInterval: ({ state }) =>
    state.data?.keys.some((key) => key.state === 'opening') === true ? 5_000 : false,
});

export function rotateKeyring(): Promise<Keyring> {
  return bodyOf(api.POST('/v1/keyring/rotate', { params: { header: idempotencyKey() } }));
}
