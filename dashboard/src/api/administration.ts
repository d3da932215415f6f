import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, bodyOf, idempotencyKey, type Schemas } from './client.js';
import type { paths } from './schema.js';

type JsonOf<Responses, Status extends keyof Responses> = Responses[Status] extends {
  content: { 'application/json': infer Body };
}
  ? Body
  : never;

export type AuditEntry = JsonOf<paths['/v1/audit']['get']['responses'], 200>['items'][number];
export type NewKey = JsonOf<paths['/v1/keys']['post']['responses'], 201>;
export type Key = JsonOf<paths['/v1/keys']['get']['responses'], 200>['items'][number];
export type Person = Schemas['Person'];
export type KeyInput = paths['/v1/keys']['post']['requestBody']['content']['application/json'];
export type Verification = JsonOf<paths['/v1/audit/verify']['get']['responses'], 200>;

export interface AuditFilter {
  actor?: string | undefined;
  subject?: string | undefined;
}

/** The audit trail, newest first, page by page. */
export const auditQuery = ({ actor, subject }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', { actor, subject }],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET('/v1/audit', {
          params: {
            query: {
              limit: 50,
              order: 'desc',
              ...(pageParam !== null && { cursor: pageParam }),
              ...(actor !== undefined && { actor }),
              ...(subject !== undefined && { subject }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });

/** Checks the chain of hashes to its end, or to the first entry that does not hold. */
export async function verifyChain(onProgress: (entries: number) => void): Promise<Verification> {
  let cursor: string | null = null;
  for (;;) {
    const query: { cursor?: string } = cursor === null ? {} : { cursor };
    const seen: Verification = await bodyOf(api.GET('/v1/audit/verify', { params: { query } }));
    if (!seen.valid || seen.next_cursor === null) return seen;
    onProgress(seen.entries);
    cursor = seen.next_cursor;
  }
}

export const keysQuery = queryOptions({
  queryKey: ['definitions', 'keys'],
  queryFn: () => bodyOf(api.GET('/v1/keys', { params: { query: { limit: 1_000 } } })),
});

export function createKey(input: KeyInput): Promise<NewKey> {
  return bodyOf(api.POST('/v1/keys', { params: { header: idempotencyKey() }, body: input }));
}

export function revokeKey(key_id: string): Promise<unknown> {
  return api.DELETE('/v1/keys/{key_id}', { params: { path: { key_id } } });
}

/** People who have signed in by the identity provider. */
export const peopleQuery = queryOptions({
  queryKey: ['definitions', 'people'],
  queryFn: () => bodyOf(api.GET('/v1/people', { params: { query: { limit: 1_000 } } })),
});

export function endSessions(person_id: string): Promise<unknown> {
  return api.DELETE('/v1/people/{person_id}/sessions', { params: { path: { person_id } } });
}
