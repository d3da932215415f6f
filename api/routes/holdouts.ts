import { holdoutSchema } from '../../src/model/layer.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { definitionReads } from './definition-reads.js';
import { found } from './found.js';

/** Holdouts: shares of the units that are in no experiment. */
export function holdoutRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/holdouts/{holdout_id}';
  const reads = definitionReads(context, {
    noun: 'holdout',
    path: '/v1/holdouts',
    tag: 'layers',
    definitions: store.holdouts,
    schema: answers.holdout,
    present: ({ definition }) => definition,
    isFor: shared,
  });
  return [
    ...reads,
    route({
      method: 'put',
      path,
      action: 'define',
      environments: shared,
      tag: 'layers',
      summary: 'Create or change a holdout; experiments under way keep the share they began with',
      body: holdoutSchema,
      identity: 'holdout_id',
      replies: { 200: answers.holdout, 201: answers.holdout },
      async handle({ body, caller }) {
        const { holdout_id } = body;
        const before = await store.holdouts.get(holdout_id);
        await saveDefinition(context, store.holdouts, holdout_id, body, caller.key_id, before);
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      environments: shared,
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
