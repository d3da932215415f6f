import { z } from 'zod';
import { reasonSchema, unitIdSchema } from '../../src/model/id.js';
import { excludeUnits, liftExclusion } from '../../src/operations/mark-units.js';
import { openUnit } from '../../src/secrets/unit-secret.js';
import type { Exclusion } from '../../src/store/marked-units.js';
import type { ApiContext } from '../context.js';
import { ofExperiment } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/units.js';
import { unitNamed } from './found.js';

const exclusionSchema = z.strictObject({
  unit_ids: z.array(unitIdSchema).min(1).max(1000),
  reason: reasonSchema,
});

/** Units that a person takes out of an experiment: they get the control from now on, and nothing of them counts. */
export function exclusionRoutes(context: ApiContext): Route[] {
  const { store, sealing } = context;
  const path = '/v1/experiments/{experiment_id}/exclusions';
  return [
    route({
      method: 'post',
      path,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'Take units out: they get the control, and leave the analysis for good',
      body: exclusionSchema,
      replies: { 200: answers.exclusionsMade },
      async handle({ params: { experiment_id }, body: { unit_ids, reason }, caller }) {
        const experiment = await store.experiments.named(experiment_id);
        const made = await excludeUnits(context, experiment, unit_ids, reason, caller.key_id);
        return { status: 200, body: { experiment_id, ...made } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'The units that were taken out',
      query: pagingQuery,
      replies: { 200: answers.exclusionPage },
      async handle({ params: { experiment_id }, query: { limit, cursor } }) {
        const { _id } = await store.experiments.named(experiment_id);
        const { items, next_cursor } = await store.exclusions.page(_id, limit, cursor);
        return { status: 200, body: { items: items.map((item) => present(item, sealing)), next_cursor } };
      },
    }),
    route({
      method: 'delete',
      path: `${path}/{unit_id}`,
      action: 'command',
      environments: ofExperiment(store),
      tag: 'units',
      summary: 'Serve a unit its arm again; it stays out of the analysis',
      replies: { 204: null },
      async handle({ params, caller }) {
        const experiment = await store.experiments.named(params.experiment_id);
        await liftExclusion(context, experiment, unitNamed(params), caller.key_id);
        return { status: 204 };
      },
    }),
  ];
}

function present(
  { sealed, reason, at, by }: Exclusion,
  sealing: ApiContext['sealing'],
): answers.ExclusionAnswer {
  return { unit_id: openUnit(sealing, sealed)?.unit_id ?? null, reason, at, by };
}
