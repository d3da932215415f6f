import { holdoutSchema } from '../../src/model/layer.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import type { ApiContext } from '../context.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { found } from './found.js';

/** Holdouts: shares of the units that are in no experiment. */
export function holdoutRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/holdouts/{holdout_id}';
  return [
    route({
      method: 'put',
      path,
      action: 'administer',
      tag: 'layers',
      summary: 'Create or change a holdout; experiments under way keep the share they began with',
      body: holdoutSchema,
      identity: 'holdout_id',
      replies: { 200: answers.holdout, 201: answers.holdout },
      async handle({ body, caller }) {
        const { before } = await saveDefinition(
          context,
          store.holdouts,
          body.holdout_id,
          body,
          caller.key_id,
        );
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      tag: 'layers',
      summary: 'One holdout',
      replies: { 200: answers.holdout },
      async handle({ params: { holdout_id } }) {
        const { definition } = found(await store.holdouts.get(holdout_id), `holdout ${holdout_id}`);
        return { status: 200, body: definition };
      },
    }),
    route({
      method: 'get',
      path: '/v1/holdouts',
      action: 'read',
      tag: 'layers',
      summary: 'Holdouts',
      query: pagingQuery,
      replies: { 200: answers.holdoutPage },
      async handle({ query: { limit, cursor } }) {
        const { items, next_cursor } = await store.holdouts.page(limit, cursor);
        return { status: 200, body: { items: items.map(({ definition }) => definition), next_cursor } };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'administer',
      tag: 'layers',
      summary: 'Delete a holdout; experiments under way keep it',
      replies: { 204: null },
      async handle({ params: { holdout_id }, caller }) {
        found(
          await deleteDefinition(context, store.holdouts, holdout_id, caller.key_id),
          `holdout ${holdout_id}`,
        );
        return { status: 204 };
      },
    }),
  ];
}
