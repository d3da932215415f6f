import { failure } from '../../src/errors.js';
import { policyChangeSchema, type PolicyChange } from '../../src/model/policy.js';
import { allPolicies, policyOf } from '../../src/operations/catalog.js';
import { saveDefinition } from '../../src/operations/save-definition.js';
import { uncomparedRollout } from '../../src/operations/uncompared-rollout.js';
import { asDocument } from '../../src/validation.js';
import type { ApiContext } from '../context.js';
import { pagingQuery } from '../query.js';
import { shared } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { found } from './found.js';
import { pageInMemory } from './page-in-memory.js';

/** Policies: how experiments are run. */
export function policyRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/policies/{policy_id}';
  return [
    route({
      method: 'put',
      path,
      action: 'administer',
      environments: shared,
      tag: 'policies',
      summary: "Make a policy's next version; fields that are left out are as in `standard`",
      body: asDocument<PolicyChange>(policyChangeSchema),
      identity: 'policy_id',
      readOnly: ['warnings'],
      replies: { 200: answers.savedPolicy, 201: answers.savedPolicy },
      async handle({ body, caller }) {
        const { policy_id } = body;
        const before = (await allPolicies(store)).get(policy_id);
        if (body.version !== undefined && body.version !== before?.version) {
          throw failure(
            'conflict',
            `version must be the present one, ${before?.version ?? 'none'}, or be left out`,
          );
        }
        const document = policyOf(body, (before?.version ?? 0) + 1);
        const stored = await store.policies.get(policy_id);
        await saveDefinition(context, store.policies, policy_id, document, caller.key_id, stored, before);
        return { status: before ? 200 : 201, body: { ...document, warnings: uncomparedRollout(document) } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      environments: shared,
      tag: 'policies',
      summary: 'One policy, its newest version',
      replies: { 200: answers.policy },
      async handle({ params: { policy_id } }) {
        return { status: 200, body: found((await allPolicies(store)).get(policy_id), `policy ${policy_id}`) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/policies',
      action: 'read',
      environments: shared,
      tag: 'policies',
      summary: 'Policies',
      query: pagingQuery,
      replies: { 200: answers.policyPage },
      async handle({ query }) {
        return { status: 200, body: pageInMemory(await allPolicies(store), query) };
      },
    }),
  ];
}
