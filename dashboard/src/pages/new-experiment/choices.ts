import { queryOptions } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../api/client.js';
import { everyPage } from '../../api/every-page.js';
import type { paths } from '../../api/schema.js';

// What a form can name: the whole lists, for people choose among all of them.

type Listed<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': { items: (infer Item)[] } } } } };
}
  ? Item
  : never;

export type MetricChoice = Listed<'/v1/metrics'>;
export type PolicyChoice = Listed<'/v1/policies'>;
export type Power = paths['/v1/power']['post']['responses'][200]['content']['application/json'];
export type Validation = Schemas['Validation'];

export const metricsQuery = queryOptions({
  queryKey: ['definitions', 'metrics', 'all'],
  queryFn: () => everyPage((query) => bodyOf(api.GET('/v1/metrics', { params: { query } }))),
});

export const policiesQuery = queryOptions({
  queryKey: ['definitions', 'policies', 'all'],
  queryFn: () => everyPage((query) => bodyOf(api.GET('/v1/policies', { params: { query } }))),
});

export const layersQuery = queryOptions({
  queryKey: ['layers', 'all'],
  queryFn: () => everyPage((query) => bodyOf(api.GET('/v1/layers', { params: { query } }))),
});

interface Asked {
  definition: Record<string, unknown>;
  start: { duration?: string };
}

/** All that is wrong with a definition. */
export const validationQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['definitions', 'validation', asked],
    queryFn: ({ signal }) =>
      bodyOf(api.POST('/v1/validations', { body: { kind: 'experiment', ...asked }, signal })),
    gcTime: 60_000,
  });

interface PowerAsked extends Asked {
  units_per_day?: number;
  baselines?: Record<string, { value: number; standard_deviation?: number }>;
  lifts: number[];
}

export const powerQuery = (asked: PowerAsked) =>
  queryOptions({
    queryKey: ['definitions', 'power', asked],
    // The definition was validated, which is the check that its type stands for.
    queryFn: ({ signal }) => bodyOf(api.POST('/v1/power', { body: asked as never, signal })),
    gcTime: 60_000,
  });
