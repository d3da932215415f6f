import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { windowsBetween } from '../../src/calendar/freeze-windows.js';
import { failure } from '../../src/errors.js';
import { builtInPolicies, policySchema } from '../../src/model/policy.js';
import { allPolicies } from '../../src/operations/catalog.js';
import { parse } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { countedPagingQuery, numberText } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/policies.js';
import { found } from './found.js';

const DAY_MS = 86_400_000;
/** So many occurrences of each rule are told: a rule may have one a minute. */
const MOST_OF_A_RULE = 20;

const path = '/v1/policies/{policy_id}';

/** What a policy was, and when its freeze windows open next. */
export function policyHistoryRoutes(context: ApiContext): Route[] {
  return [versionsRoute(context), freezesRoute(context)];
}

function versionsRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/versions`,
    action: 'read',
    environments: shared,
    tag: 'policies',
    summary: 'The versions of a policy, newest first',
    query: countedPagingQuery,
    replies: { 200: answers.policyVersionPage },
    async handle({ params: { policy_id }, query: { limit, cursor } }) {
      const builtIn = builtInPolicies.find((policy) => policy.policy_id === policy_id);
      const page = await store.policies.history(policy_id, limit, cursor || Infinity);
      const items: answers.PolicyVersion[] = page.items.map(({ updated_at, updated_by, definition }) => ({
        version: definition.version,
        at: updated_at,
        by: updated_by,
        definition,
      }));
      if (page.next_cursor !== null || !builtIn) {
        if (items.length === 0 && cursor === 0) throw failure('not_found', `no policy ${policy_id}`);
        return { status: 200, body: { items, next_cursor: page.next_cursor } };
      }
      // What every installation has was there before all that was stored.
      if (items.length === limit) return { status: 200, body: { items, next_cursor: '1' } };
      items.push({ version: builtIn.version, at: null, by: null, definition: builtIn });
      return { status: 200, body: { items, next_cursor: null } };
    },
  });
}

function freezesRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/freezes`,
    action: 'read',
    environments: shared,
    tag: 'policies',
    summary: 'When the freeze windows of a policy open next, each rule by itself',
    query: z.strictObject({
      days: numberText({ least: 1, most: 366, whole: true, message: 'must be a whole number from 1 to 366' })
        .optional()
        .transform((given) => given ?? 60)
        .meta({ description: 'How far to look ahead; 60 where it is left out.' }),
    }),
    replies: { 200: answers.policyFreezes },
    async handle({ params: { policy_id }, query: { days } }) {
      const document = found((await allPolicies(store)).get(policy_id), `policy ${policy_id}`);
      const now = Date.now();
      const until = now + days * DAY_MS;
      return {
        status: 200,
        body: {
          policy_id,
          at: iso(now),
          until: iso(until),
          rules: parse(policySchema, document).freeze_windows.map((rule) => ({
            windows: windowsBetween([rule], now, until)
              .slice(0, MOST_OF_A_RULE)
              .map(({ from, to }) => ({ from: iso(from), until: iso(to) })),
          })),
        },
      };
    },
  });
}
