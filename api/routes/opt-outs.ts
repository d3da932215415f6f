import { optIn, optOut } from '../../src/operations/mark-units.js';
import type { OptOut } from '../../src/store/opt-outs.js';
import type { ApiContext } from '../context.js';
import { shared } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/units.js';
import { failure } from '../../src/errors.js';
import { unitNamed } from './found.js';

/** Units that are in no experiment from now on, and of which no events are kept. Plain flags still apply to them. */
export function optOutRoutes(context: ApiContext): Route[] {
  const { store, sealing, ingest } = context;
  const path = '/v1/privacy/opt-outs/{unit_id}';
  const present = ({ sealed_unit_id, at }: OptOut): answers.OptOutAnswer => ({
    unit_id: sealing.open(sealed_unit_id),
    opted_out_at: at,
  });
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
        return { status: 200, body: present(await optOut(context, unitNamed(params), caller.key_id)) };
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
        return { status: 200, body: present(found) };
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
