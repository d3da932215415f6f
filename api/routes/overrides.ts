import { z } from 'zod';
import { nameSchema } from '../../src/model/id.js';
import { liftOverride, overrideOf, overrideUnit } from '../../src/operations/mark-units.js';
import { openUnit } from '../../src/secrets/unit-secret.js';
import type { Override } from '../../src/store/marked-units.js';
import type { ApiContext } from '../context.js';
import { ofExperiment } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/units.js';
import { unitNamed } from './found.js';

const list = '/v1/experiments/{experiment_id}/overrides';

/** Units that a person gives a variant, to look at it. They are outside the experiment, and nothing of them counts. */
export function overrideRoutes(context: ApiContext): Route[] {
  return [listRoute(context), ...unitRoutes(context)];
}

function listRoute({ store, sealing }: ApiContext): Route {
  return route({
    method: 'get',
    path: list,
    action: 'command',
    environments: ofExperiment(store),
    tag: 'units',
    summary: 'The units that were given a variant',
    query: pagingQuery,
    replies: { 200: answers.overridePage },
    async handle({ params: { experiment_id }, query: { limit, cursor } }) {
      const { _id } = await store.experiments.named(experiment_id);
      const { items, next_cursor } = await store.overrides.page(_id, limit, cursor);
      return { status: 200, body: { items: items.map((item) => present(item, sealing)), next_cursor } };
    },
  });
}

function unitRoutes(context: ApiContext): Route[] {
  const { store, sealing } = context;
  const path = `${list}/{unit_id}` as const;
  return [
    route({
      method: 'put',
      path,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'Give a unit a variant, whatever its slot; nothing of it counts',
      body: z.strictObject({ variant: nameSchema }),
      replies: { 200: answers.override, 201: answers.override },
      async handle({ params, body: { variant }, caller }) {
        const experiment = await store.experiments.named(params.experiment_id);
        const unit_id = unitNamed(params);
        const { override, isNew } = await overrideUnit(context, experiment, unit_id, variant, caller.key_id);
        return { status: isNew ? 201 : 200, body: present(override, sealing) };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'The variant that a unit was given',
      replies: { 200: answers.override },
      async handle({ params }) {
        const { _id } = await store.experiments.named(params.experiment_id);
        return { status: 200, body: present(await overrideOf(context, _id, unitNamed(params)), sealing) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'Serve a unit its own arm again; it stays out of the analysis',
      replies: { 204: null },
      async handle({ params, caller }) {
        const experiment = await store.experiments.named(params.experiment_id);
        await liftOverride(context, experiment, unitNamed(params), caller.key_id);
        return { status: 204 };
      },
    }),
  ];
}

function present({ sealed, at, by }: Override, sealing: ApiContext['sealing']): answers.OverrideAnswer {
  const { unit_id = null, variant = null } = openUnit(sealing, sealed) ?? {};
  return { unit_id, variant, at, by };
}
