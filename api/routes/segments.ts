import { segmentSchema } from '../../src/model/flag.js';
import {
  assertSegmentNotNamed,
  assertSegmentReferences,
  usesOfSegment,
} from '../../src/operations/check-references.js';
import { assertSegmentServable } from '../../src/operations/check-servable.js';
import { deleteDefinition, saveDefinition } from '../../src/operations/save-definition.js';
import { publishChange } from '../../src/operations/tell.js';
import type { ApiContext } from '../context.js';
import { shared, wholeInstallation } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { definitionReads } from './definition-reads.js';
import { found } from './found.js';

function usesRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: '/v1/segments/{segment_id}/uses',
    action: 'read',
    environments: wholeInstallation,
    tag: 'flags',
    summary: 'The flags, segments, and experiments that are not over, which refer to a segment',
    replies: { 200: answers.segmentUses },
    async handle({ params: { segment_id } }) {
      return { status: 200, body: { segment_id, ...(await usesOfSegment(store, segment_id)) } };
    },
  });
}

/** Segments: conditions with a name, which rules of flags refer to. */
export function segmentRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/segments/{segment_id}';
  const reads = definitionReads(context, {
    noun: 'segment',
    isServed: true,
    path: '/v1/segments',
    tag: 'flags',
    definitions: store.segments,
    schema: answers.segment,
    present: ({ definition }) => definition,
    isFor: shared,
  });
  return [
    ...reads,
    usesRoute(context),
    route({
      method: 'put',
      path,
      action: 'define',
      environments: shared,
      tag: 'flags',
      summary: 'Create or change a segment',
      body: segmentSchema,
      identity: 'segment_id',
      replies: { 200: answers.segment, 201: answers.segment },
      async handle({ body, caller }) {
        const { segment_id } = body;
        assertSegmentServable(body);
        await assertSegmentReferences(store, body);
        const before = await store.segments.get(segment_id);
        await saveDefinition(context, store.segments, segment_id, body, caller.key_id, before);
        await publishChange(context, `segment:${segment_id}`);
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      environments: shared,
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
