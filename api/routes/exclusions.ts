import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { reasonSchema, unitIdSchema } from '../../src/model/id.js';
import { markedUnitId } from '../../src/store/marked-units.js';
import { authoriseEnvironment } from '../auth.js';
import { audit, publishChange, type ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import { experimentNamed } from './experiments.js';
import { unitNamed } from './units.js';

const unitsSchema = z.array(unitIdSchema).min(1).max(1000);

/** Units that a person takes out of an experiment: the control from now on, and nothing of them counts. */
export function exclusionRoutes(context: ApiContext): Route[] {
  const { store, sealing } = context;
  const path = '/v1/experiments/{experiment_id}/exclusions';
  return [
    route({
      method: 'post',
      path,
      action: 'command',
      summary: 'Take units out: they get the control, and leave the analysis for good',
      body: z.strictObject({ unit_ids: unitsSchema, reason: reasonSchema }),
      async handle({ params, body, caller }) {
        const experiment = await experimentNamed(context, params['experiment_id']);
        const { _id: experiment_id } = experiment;
        authoriseEnvironment(caller, experiment.definition.environment);
        const { unit_ids, reason } = body;
        const at = new Date();
        const units = await context.ingest.exclude(experiment_id, unit_ids);
        await store.exclusions.add(
          [...units].map(([unit_id, unit]) => ({
            _id: markedUnitId(experiment_id, unit),
            experiment_id,
            unit,
            sealed_unit_id: sealing.seal(unit_id),
            reason,
            at: at.toISOString(),
            by: caller.key_id,
          })),
        );
        await publishChange(context, `experiment:${experiment_id}`);
        const exclusion_id = randomUUID();
        const data = { exclusion_id, count: units.size };
        await store.timeline.append(experiment_id, [
          [
            `exclusion:${exclusion_id}`,
            {
              at: at.getTime(),
              kind: 'command',
              actor: { type: 'person', id: caller.key_id },
              revision: experiment.view?.revision ?? 0,
              reason,
              data: { command: 'exclusions', ...data },
            },
          ],
        ]);
        await audit(context, caller, 'experiment.exclusions', ['experiment', experiment_id], {
          after: { ...data, reason },
        });
        return { status: 200, body: { experiment_id, ...data } };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'command',
      summary: 'The units that were taken out',
      async handle({ params }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        const items = (await store.exclusions.of(_id)).map(({ sealed_unit_id, reason, at, by }) => ({
          unit_id: sealing.open(sealed_unit_id),
          reason,
          at,
          by,
        }));
        return { status: 200, body: { items, next_cursor: null } };
      },
    }),
    route({
      method: 'delete',
      path: `${path}/{unit_id}`,
      action: 'command',
      summary: 'Serve a unit its arm again; it stays out of the analysis',
      async handle({ params, caller }) {
        const { _id, definition } = await experimentNamed(context, params['experiment_id']);
        authoriseEnvironment(caller, definition.environment);
        const unit = context.ingest.pseudonymOf(unitNamed(params));
        await store.exclusions.remove([markedUnitId(_id, unit)]);
        await audit(context, caller, 'experiment.exclusion_lifted', ['experiment', _id], { after: { unit } });
        await publishChange(context, `experiment:${_id}`);
        return { status: 204 };
      },
    }),
  ];
}
