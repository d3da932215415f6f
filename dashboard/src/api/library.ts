import { queryOptions } from '@tanstack/react-query';
import type { Action } from '../session/use-session.js';
import { api, bodyOf } from './client.js';
import type { paths } from './schema.js';

/** What a GET of a path answers. */
type AnswerOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Segment = AnswerOf<'/v1/segments/{segment_id}'>;
export type Metric = AnswerOf<'/v1/metrics/{metric_id}'>;
export type Policy = AnswerOf<'/v1/policies/{policy_id}'>;
export type Layer = AnswerOf<'/v1/layers/{layer_id}'>;
export type Holdout = AnswerOf<'/v1/holdouts/{holdout_id}'>;
export type PolicyVersion = AnswerOf<'/v1/policies/{policy_id}/versions'>['items'][number];

/** What experiments and flags are made of, by the name in its address. */
export interface LibraryItems {
  segments: Segment;
  metrics: Metric;
  policies: Policy;
  layers: Layer;
  holdouts: Holdout;
}
export type LibraryKind = keyof LibraryItems;

interface Calls<T> {
  /** What a change takes. */
  action: Action;
  list(): Promise<{ items: T[]; next_cursor: string | null }>;
  get(id: string): Promise<T>;
  /** Creates it, or changes it. The API checks what a person wrote. */
  put(id: string, definition: never): Promise<unknown>;
  /** Null where the API deletes none. */
  remove: ((id: string) => Promise<unknown>) | null;
}

/** More than anybody has. */
const all = { params: { query: { limit: 1_000 } } };

export const CALLS: { [Kind in LibraryKind]: Calls<LibraryItems[Kind]> } = {
  segments: {
    action: 'define',
    list: () => bodyOf(api.GET('/v1/segments', all)),
    get: (segment_id) => bodyOf(api.GET('/v1/segments/{segment_id}', { params: { path: { segment_id } } })),
    put: (segment_id, body) =>
      bodyOf(api.PUT('/v1/segments/{segment_id}', { params: { path: { segment_id } }, body })),
    remove: (segment_id) => api.DELETE('/v1/segments/{segment_id}', { params: { path: { segment_id } } }),
  },
  metrics: {
    action: 'define',
    list: () => bodyOf(api.GET('/v1/metrics', all)),
    get: (metric_id) => bodyOf(api.GET('/v1/metrics/{metric_id}', { params: { path: { metric_id } } })),
    put: (metric_id, body) =>
      bodyOf(api.PUT('/v1/metrics/{metric_id}', { params: { path: { metric_id } }, body })),
    remove: (metric_id) => api.DELETE('/v1/metrics/{metric_id}', { params: { path: { metric_id } } }),
  },
  policies: {
    action: 'administer',
    list: () => bodyOf(api.GET('/v1/policies', all)),
    get: (policy_id) => bodyOf(api.GET('/v1/policies/{policy_id}', { params: { path: { policy_id } } })),
    put: (policy_id, body) =>
      bodyOf(api.PUT('/v1/policies/{policy_id}', { params: { path: { policy_id } }, body })),
    remove: null,
  },
  layers: {
    action: 'define',
    list: () => bodyOf(api.GET('/v1/layers', all)),
    get: (layer_id) => bodyOf(api.GET('/v1/layers/{layer_id}', { params: { path: { layer_id } } })),
    put: (layer_id, body) =>
      bodyOf(api.PUT('/v1/layers/{layer_id}', { params: { path: { layer_id } }, body })),
    remove: null,
  },
  holdouts: {
    action: 'define',
    list: () => bodyOf(api.GET('/v1/holdouts', all)),
    get: (holdout_id) => bodyOf(api.GET('/v1/holdouts/{holdout_id}', { params: { path: { holdout_id } } })),
    put: (holdout_id, body) =>
      bodyOf(api.PUT('/v1/holdouts/{holdout_id}', { params: { path: { holdout_id } }, body })),
    remove: (holdout_id) => api.DELETE('/v1/holdouts/{holdout_id}', { params: { path: { holdout_id } } }),
  },
};

/** Leases change with experiments, the rest with definitions. */
const root = (kind: LibraryKind) => (kind === 'layers' ? ['layers'] : ['definitions', kind]);

/** All of a kind, in the order of their ids. */
export const libraryQuery = <Kind extends LibraryKind>(kind: Kind) =>
  queryOptions({ queryKey: [...root(kind), 'list'], queryFn: () => CALLS[kind].list() });

export const libraryItemQuery = <Kind extends LibraryKind>(kind: Kind, id: string) =>
  queryOptions({ queryKey: [...root(kind), 'one', id], queryFn: () => CALLS[kind].get(id) });

export const policyVersionsQuery = (policy_id: string) =>
  queryOptions({
    queryKey: ['definitions', 'policies', 'versions', policy_id],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/policies/{policy_id}/versions', {
          params: { path: { policy_id }, query: { limit: 200 } },
        }),
      ),
  });

/** The revisions of a metric that are kept, newest first. */
export const metricRevisionsQuery = (metric_id: string) =>
  queryOptions({
    queryKey: ['definitions', 'metrics', 'revisions', metric_id],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/metrics/{metric_id}/revisions', {
          params: { path: { metric_id }, query: { limit: 200 } },
        }),
      ),
  });

export const policyFreezesQuery = (policy_id: string) =>
  queryOptions({
    queryKey: ['definitions', 'policies', 'freezes', policy_id],
    queryFn: () => bodyOf(api.GET('/v1/policies/{policy_id}/freezes', { params: { path: { policy_id } } })),
  });

/** What refers to a segment. */
export const segmentUsesQuery = (segment_id: string) =>
  queryOptions({
    queryKey: ['definitions', 'segments', 'uses', segment_id],
    queryFn: () => bodyOf(api.GET('/v1/segments/{segment_id}/uses', { params: { path: { segment_id } } })),
  });
