import { z } from 'zod';
import type { ApiContext } from '../context.js';
import { iso } from '../../src/iso.js';
import { countedPaging, momentText, orderedPaging } from '../query.js';
import { wholeInstallation } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/administration.js';
import { countedPage } from './counted-page.js';

const auditQuery = z.strictObject({
  ...orderedPaging,
  actor: z.string().min(1).max(256).optional().describe('Only changes by this key.'),
  subject: z.string().min(1).max(256).optional().describe('Only changes of the thing with this id.'),
  since: momentText.optional().meta({ description: 'Only changes from this moment on.' }),
});

const verifyQuery = z.strictObject({ cursor: countedPaging.cursor });

/** The audit trail. */
export function auditRoutes({ store, authenticator }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/audit',
      action: 'read',
      environments: wholeInstallation,
      tag: 'administration',
      summary: 'Who changed what, in order',
      query: auditQuery,
      replies: { 200: answers.auditPage },
      async handle({ query: { limit, cursor, order, actor, subject, since } }) {
        const filter = {
          after: cursor,
          order,
          actor,
          subject,
          since: since === undefined ? undefined : iso(since),
        };
        const page = countedPage(await store.audit.list(filter, limit + 1), limit, ({ _id }) => _id);
        const items = page.items.map(({ _id, key: _, actor: by, ...entry }) => ({
          seq: _id,
          ...entry,
          actor: authenticator.named(by),
        }));
        return { status: 200, body: { ...page, items } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/audit/verify',
      action: 'read',
      environments: wholeInstallation,
      tag: 'administration',
      summary: 'Check the chain of hashes, 20,000 entries at a time: go on with next_cursor until it is null',
      query: verifyQuery,
      replies: { 200: answers.auditVerification },
      async handle({ query: { cursor } }) {
        const { next, ...seen } = await store.audit.verify(cursor);
        return { status: 200, body: { ...seen, next_cursor: next === null ? null : String(next) } };
      },
    }),
  ];
}
