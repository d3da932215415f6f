import { segmentSchema } from '../../src/model/flag.js';
import { assertSegmentNotNamed, assertSegmentReferences } from '../../src/operations/check-references.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import { publishChange } from '../../src/operations/tell.js';
import type { ApiContext } from '../context.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { found } from './found.js';

/** Segments: conditions with a name, which rules of flags refer to. */
export function segmentRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/segments/{segment_id}';
  return [
    route({
      method: 'put',
      path,
      action: 'define',
      tag: 'flags',
      summary: 'Create or change a segment',
      body: segmentSchema,
      identity: 'segment_id',
      replies: { 200: answers.segment, 201: answers.segment },
      async handle({ body, caller }) {
        const { segment_id } = body;
        await assertSegmentReferences(store, body);
        const { before } = await saveDefinition(context, store.segments, segment_id, body, caller.key_id);
        await publishChange(context, `segment:${segment_id}`);
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      tag: 'flags',
      summary: 'One segment',
      replies: { 200: answers.segment },
      async handle({ params: { segment_id } }) {
        const { definition } = found(await store.segments.get(segment_id), `segment ${segment_id}`);
        return { status: 200, body: definition };
      },
    }),
    route({
      method: 'get',
      path: '/v1/segments',
      action: 'read',
      tag: 'flags',
      summary: 'Segments',
      query: pagingQuery,
      replies: { 200: answers.segmentPage },
      async handle({ query: { limit, cursor } }) {
        const { items, next_cursor } = await store.segments.page(limit, cursor);
        return { status: 200, body: { items: items.map(({ definition }) => definition), next_cursor } };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      tag: 'flags',
      summary: 'Delete a segment',
      replies: { 204: null },
      async handle({ params: { segment_id }, caller }) {
        await assertSegmentNotNamed(store, segment_id);
        found(
          await deleteDefinition(context, store.segments, segment_id, caller.key_id),
          `segment ${segment_id}`,
        );
        await publishChange(context, `segment:${segment_id}`);
        return { status: 204 };
      },
    }),
  ];
}
