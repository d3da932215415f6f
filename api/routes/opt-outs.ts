import { failure } from '../../src/errors.js';
import type { OptOut } from '../../src/store/opt-outs.js';
import { audit, publishChange, type ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import { unitNamed } from './units.js';

/** Units that are in no experiment from now on, and of which no events are kept. Plain flags go on. */
export function optOutRoutes(context: ApiContext): Route[] {
  const { store, sealing, ingest } = context;
  const path = '/v1/privacy/opt-outs/{unit_id}';
  const present = ({ sealed_unit_id, at }: OptOut): object => ({
    unit_id: sealing.open(sealed_unit_id),
    opted_out_at: at,
  });
  return [
    route({
      method: 'put',
      path,
      action: 'administer',
      summary: 'Take a unit out of all experiments, those to come included',
      async handle({ params, caller }) {
        const unit_id = unitNamed(params);
        const unit = ingest.pseudonymOf(unit_id);
        const at = new Date().toISOString();
        const optOut = await store.optOuts.put({ _id: unit, sealed_unit_id: sealing.seal(unit_id), at });
        await publishChange(context, `opt-out:${unit}`);
        // What was counted of it so far leaves the analysis of everything that still runs.
        for (const { _id } of await store.experiments.underWay()) await ingest.exclude(_id, [unit_id]);
        await audit(context, caller, 'privacy.opt_out', ['unit', unit]);
        return { status: 200, body: present(optOut) };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'administer',
      summary: 'Since when a unit is out',
      async handle({ params }) {
        const optOut = await store.optOuts.get(ingest.pseudonymOf(unitNamed(params)));
        if (!optOut) throw failure('not_found', 'this unit has not opted out');
        return { status: 200, body: present(optOut) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'administer',
      summary: 'Let a unit into experiments again',
      async handle({ params, caller }) {
        const unit = ingest.pseudonymOf(unitNamed(params));
        if (!(await store.optOuts.delete(unit))) throw failure('not_found', 'this unit has not opted out');
        await audit(context, caller, 'privacy.opt_in', ['unit', unit]);
        await publishChange(context, `opt-out:${unit}`);
        return { status: 204 };
      },
    }),
  ];
}
