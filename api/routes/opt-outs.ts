import { optIn, optOut } from '../../src/operations/mark-units.js';
import { openUnit } from '../../src/secrets/unit-secret.js';
import type { OptOut } from '../../src/store/opt-outs.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import { optOutPage } from '../schemas/privacy.js';
import * as answers from '../schemas/units.js';
import { failure } from '../../src/errors.js';
import { unitNamed } from './found.js';

/** Units that are in no experiment from now on, and of which no events are kept. Plain flags still apply to them. */
export function optOutRoutes(context: ApiContext): Route[] {
  return [listRoute(context), ...unitRoutes(context)];
}

const list = '/v1/privacy/opt-outs';

function present({ sealed, at }: OptOut, sealing: ApiContext['sealing']): answers.OptOutAnswer {
  return { unit_id: openUnit(sealing, sealed)?.unit_id ?? null, opted_out_at: at };
}

function listRoute({ store, sealing }: ApiContext): Route {
  return route({
    method: 'get',
    path: list,
    action: 'administer',
    environments: shared,
    tag: 'units',
    summary: 'The units that opted out',
    query: pagingQuery,
    replies: { 200: optOutPage },
    async handle({ query: { limit, cursor } }) {
      const { items, next_cursor } = await store.optOuts.page(limit, cursor);
      return { status: 200, body: { items: items.map((item) => present(item, sealing)), next_cursor } };
    },
  });
}

function unitRoutes(context: ApiContext): Route[] {
  const { store, sealing, ingest } = context;
  const path = `${list}/{unit_id}` as const;
  return [
    route({
      method: 'put',
      path,
      action: 'administer',
      environments: shared,
      tag: 'units',
      summary: 'Take a unit out of all experiments, later ones included',
      replies: { 200: answers.optOut },
      async handle({ params, caller }) {
        return {
          status: 200,
          body: present(await optOut(context, unitNamed(params), caller.key_id), sealing),
        };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'administer',
      environments: shared,
      tag: 'units',
      summary: 'When a unit opted out',
      replies: { 200: answers.optOut },
      async handle({ params }) {
        const found = await store.optOuts.get(ingest.pseudonymOf(unitNamed(params)));
        if (!found) throw failure('not_found', 'this unit has not opted out');
        return { status: 200, body: present(found, sealing) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'administer',
      environments: shared,
      tag: 'units',
      summary: 'Let a unit into experiments again',
      replies: { 204: null },
      async handle({ params, caller }) {
        await optIn(context, unitNamed(params), caller.key_id);
        return { status: 204 };
      },
    }),
  ];
}
