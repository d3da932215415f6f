import { z } from 'zod';
import { DAY_MS } from '../../src/model/time.js';
import { staleFlags, USUAL_DAYS } from '../../src/operations/stale-flags.js';
import type { ApiContext } from '../context.js';
import { numberText, paging } from '../query.js';
import { isVisible, own } from '../environments.js';
import { route, type Route } from '../route.js';
import { staleFlagPage } from '../schemas/definitions.js';
import { pageInMemory } from './page-in-memory.js';

const staleQuery = z.strictObject({
  ...paging,
  days: numberText({ least: 0, most: Number.MAX_VALUE, message: 'must be a number of days' })
    .optional()
    .transform((days) => days ?? USUAL_DAYS)
    .meta({ description: `Days since the last change; ${USUAL_DAYS} where it is left out.` }),
});

/** What should be tidied up. */
export function reportRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/reports/stale-flags',
      action: 'read',
      environments: own,
      tag: 'reports',
      summary: 'Flags that no longer decide anything, so that the code can do without them',
      query: staleQuery,
      replies: { 200: staleFlagPage },
      async handle({ query: { days, limit, cursor }, caller }) {
        const items = (await staleFlags(store, Date.now() - days * DAY_MS))
          .filter(({ stored }) => isVisible(caller, stored.definition.environments))
          .map(({ stored, reason, remedy }) => ({
            ...{ flag_id: stored._id, reason, remedy },
            since: stored.updated_at,
          }));
        const byId = new Map(items.map((item) => [item.flag_id, item]));
        return { status: 200, body: pageInMemory(byId, { limit, cursor }) };
      },
    }),
  ];
}
