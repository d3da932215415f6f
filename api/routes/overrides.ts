import { z } from 'zod';
import { failure, validationFailed } from '../../src/errors.js';
import { nameSchema } from '../../src/model/id.js';
import { markedUnitId, type Override } from '../../src/store/marked-units.js';
import { authoriseEnvironment, type Caller } from '../auth.js';
import { audit, publishChange, type ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import { experimentNamed } from './experiments.js';
import { unitNamed } from './units.js';

/** Units that a person gives a variant, to look at it: they are outside of the experiment, and nothing of them counts. */
export function overrideRoutes(context: ApiContext): Route[] {
  const { store, sealing } = context;
  const list = '/v1/experiments/{experiment_id}/overrides';
  const path = `${list}/{unit_id}`;
  const named = async (
    params: Record<string, string>,
    caller: Caller,
  ): Promise<{ unit_id: string; _id: string; unit: string; experiment_id: string; variants: string[] }> => {
    const { _id: experiment_id, definition } = await experimentNamed(context, params['experiment_id']);
    authoriseEnvironment(caller, definition.environment);
    const unit_id = unitNamed(params);
    const unit = context.ingest.pseudonymOf(unit_id);
    return {
      ...{ unit_id, unit, experiment_id },
      _id: markedUnitId(experiment_id, unit),
      variants: Object.keys(definition.variants),
    };
  };
  const present = ({ sealed_unit_id, variant, at, by }: Override): object => ({
    unit_id: sealing.open(sealed_unit_id),
    ...{ variant, at, by },
  });
  const tell = async (caller: Caller, action: string, id: string, change: object): Promise<void> => {
    await audit(context, caller, action, ['experiment', id], change);
    await publishChange(context, `experiment:${id}`);
  };
  return [
    route({
      method: 'put',
      path,
      action: 'command',
      summary: 'Give a unit a variant, whatever its slot; nothing of it counts',
      body: z.strictObject({ variant: nameSchema }),
      async handle({ params, body: { variant }, caller }) {
        const { unit_id, _id, unit, experiment_id, variants } = await named(params, caller);
        if (!variants.includes(variant)) {
          const message = `must be one of ${variants.join(', ')}`;
          throw validationFailed([{ path: 'variant', code: 'unknown_variant', message }], 'unknown_variant');
        }
        const override = {
          ...{ _id, experiment_id, unit, variant },
          sealed_unit_id: sealing.seal(unit_id),
          at: new Date().toISOString(),
          by: caller.key_id,
        };
        const before = await store.overrides.get(_id);
        // What it did before as a unit of its arm must not count either.
        if (!before) await context.ingest.exclude(experiment_id, [unit_id]);
        await store.overrides.put(override);
        await tell(caller, 'experiment.override', experiment_id, { after: { unit, variant } });
        return { status: before ? 200 : 201, body: present(override) };
      },
    }),
    route({
      method: 'get',
      path: list,
      action: 'command',
      summary: 'The units that were given a variant',
      async handle({ params }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        return {
          status: 200,
          body: { items: (await store.overrides.of(_id)).map(present), next_cursor: null },
        };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'command',
      summary: 'The variant that a unit was given',
      async handle({ params, caller }) {
        const { _id, unit_id } = await named(params, caller);
        const override = await store.overrides.get(_id);
        if (!override) throw failure('not_found', `no override for ${unit_id}`);
        return { status: 200, body: present(override) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'command',
      summary: 'Serve a unit its own arm again; it stays out of the analysis',
      async handle({ params, caller }) {
        const { _id, unit_id, unit, experiment_id } = await named(params, caller);
        if ((await store.overrides.remove([_id])) === 0)
          throw failure('not_found', `no override for ${unit_id}`);
        await tell(caller, 'experiment.override_lifted', experiment_id, { before: { unit } });
        return { status: 204 };
      },
    }),
  ];
}
