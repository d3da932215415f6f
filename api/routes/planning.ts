import { z } from 'zod';
import { idSchema } from '../../src/model/id.js';
import { plannedDays, plannedLaunch, powerOf } from '../../src/operations/plan-ahead.js';
import { rehearseApart } from '../../src/operations/rehearse-apart.js';
import type { Baseline } from '../../src/metrics/kind.js';
import type { ApiContext } from '../context.js';
import { numberText } from '../query.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/planning.js';

const rehearsalSchema = z.strictObject({
  runs: z.number().int().min(10).max(2_000).optional(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .optional(),
  true_lift: z.number().gt(0).max(10).optional(),
  guardrail_harm: z.number().gt(0).max(10).optional(),
  units_per_day: z.number().gt(0).max(1e12).optional(),
  baselines: z
    .record(idSchema, z.strictObject({ value: z.number(), standard_deviation: z.number().min(0).optional() }))
    .optional(),
});

const powerQuery = z.strictObject({
  units_per_day: numberText({
    least: Number.MIN_VALUE,
    most: Number.MAX_VALUE,
    message: 'must be a number greater than 0',
  })
    .optional()
    .meta({ description: 'Eligible units that come each day; with it the answer has days.' }),
});

/** What a plan can detect, before anybody is exposed to it. */
export function planningRoutes({ store }: ApiContext): Route[] {
  const path = '/v1/experiments/{experiment_id}';
  return [
    route({
      method: 'post',
      path: `${path}/rehearsals`,
      action: 'define',
      environments: ofExperiment(store),
      tag: 'planning',
      summary: 'Run the plan on simulated users: its operating characteristics',
      body: rehearsalSchema,
      bodyOptional: true,
      replies: { 200: answers.rehearsal },
      async handle({ params: { experiment_id }, body }) {
        const document = await store.experiments.named(experiment_id);
        const { launch, history } = await plannedLaunch(store, document);
        const { baselines = {}, ...options } = body;
        const given = Object.fromEntries(
          Object.entries(options).filter(([, value]) => value !== undefined),
        ) as typeof options;
        const rehearsal = await rehearseApart(launch, {
          baselines: { ...history, ...withoutUndefined(baselines) },
          ...given,
        });
        return { status: 200, body: { experiment_id, ...rehearsal } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/power`,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'planning',
      summary: "The sample for the policy's MDE, and the MDE of the planned sample",
      query: powerQuery,
      replies: { 200: answers.power },
      async handle({ params: { experiment_id }, query: { units_per_day } }) {
        const document = await store.experiments.named(experiment_id);
        const { launch, history } = await plannedLaunch(store, document);
        const { policy, planned_units } = launch;
        return {
          status: 200,
          body: {
            experiment_id,
            policy: { id: policy.policy_id, version: policy.version },
            mde: policy.mde,
            power: policy.power,
            planned_units,
            planned_days: plannedDays(launch),
            metrics: powerOf(launch, history, units_per_day ?? null),
          },
        };
      },
    }),
  ];
}

function withoutUndefined(
  baselines: NonNullable<z.output<typeof rehearsalSchema>['baselines']>,
): Record<string, Baseline> {
  return Object.fromEntries(
    Object.entries(baselines).map(([metric_id, { value, standard_deviation }]) => [
      metric_id,
      { value, ...(standard_deviation !== undefined && { standard_deviation }) },
    ]),
  );
}
