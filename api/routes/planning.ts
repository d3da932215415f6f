import { z } from 'zod';
import { RampartError, validationFailed, type FieldError } from '../../src/errors.js';
import { experimentSchema, startSchema } from '../../src/model/experiment.js';
import { idSchema } from '../../src/model/id.js';
import { assertRunnable } from '../../src/operations/check-definition.js';
import {
  launchOfDefinition,
  plannedDays,
  plannedLaunch,
  type PlannedLaunch,
} from '../../src/operations/plan-ahead.js';
import {
  baselinesOf,
  plannedLifts,
  plannedPower,
  rehearsalAnswer,
  rehearsedTraffic,
  type GivenFacts,
} from '../../src/operations/planning-answer.js';
import { rehearseApart } from '../../src/operations/rehearse-apart.js';
import type { Baseline } from '../../src/metrics/kind.js';
import type { ApiContext } from '../context.js';
import { numberText } from '../query.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/planning.js';
import { environmentsIn } from './validations.js';

const baselinesSchema = z.record(
  idSchema,
  z.strictObject({
    value: z.number(),
    standard_deviation: z.number().min(0).optional(),
    /** Of a unit's value with its own from before: what an adjustment by covariates can save. */
    correlation: z.number().gt(-1).lt(1).optional(),
  }),
);

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
  returns_per_day: z.number().min(0).max(1).optional(),
  baselines: baselinesSchema.optional(),
});

const powerQuery = z.strictObject({
  units_per_day: numberText({
    least: Number.MIN_VALUE,
    most: Number.MAX_VALUE,
    message: 'must be a number greater than 0',
  })
    .optional()
    .meta({
      description: 'Eligible units that come each day; by default those of the last 14 days, where known.',
    }),
  baselines: z
    .string()
    .transform((text, context) => baselinesIn(text) ?? refuse(context))
    .pipe(baselinesSchema)
    .optional()
    .meta({
      type: 'string',
      description: 'As JSON: {"METRIC": {"value": 5, "standard_deviation": 20}}, in place of history.',
    }),
});

function baselinesIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', message: 'must be JSON' });
  return z.NEVER;
}

const powerInput = z.strictObject({
  definition: experimentSchema,
  start: startSchema.optional().describe('The body that its start would have; by default an empty one.'),
  units_per_day: z.number().gt(0).max(1e12).optional(),
  baselines: baselinesSchema.optional(),
  lifts: z
    .array(z.number().gt(0).max(10))
    .max(10)
    .optional()
    .describe('Relative lifts of the first primary whose samples are asked for.'),
});

/** What a plan can detect, before anybody is exposed to it. */
export function planningRoutes(context: ApiContext): Route[] {
  return [...storedRoutes(context), definitionRoute(context)];
}

function definitionRoute({ store }: ApiContext): Route {
  return route({
    method: 'post',
    path: '/v1/power',
    action: 'read',
    environments: ({ body }) => environmentsIn(body),
    tag: 'planning',
    summary: 'What an experiment that is not stored could detect',
    body: powerInput,
    replies: { 200: answers.powerOfDefinition },
    async handle({ body: { definition, start = {}, units_per_day, baselines = {}, lifts = [] } }) {
      const planned = await inDefinition(async () => {
        await assertRunnable(store, definition);
        return launchOfDefinition(store, definition, start, Date.now());
      });
      const given = { baselines: withoutUndefined(baselines), units_per_day };
      return {
        status: 200,
        body: {
          ...powerAnswer(definition.experiment_id, planned, given),
          lifts: plannedLifts(planned.launch, planned, given, lifts),
        },
      };
    },
  });
}

/** What is wrong with the definition stands below `definition` in the body. */
async function inDefinition<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const errors = error instanceof RampartError ? (error.members['errors'] as FieldError[] | undefined) : [];
    if (!errors?.length) throw error;
    throw validationFailed(errors.map((one) => ({ ...one, path: `definition.${one.path}` })));
  }
}

function powerAnswer(experiment_id: string, { launch, ...known }: PlannedLaunch, given: GivenFacts) {
  const { policy, planned_units } = launch;
  return {
    experiment_id,
    policy: { id: policy.policy_id, version: policy.version },
    mde: policy.mde,
    power: policy.power,
    planned_units,
    planned_days: plannedDays(launch),
    ...plannedPower(launch, known, given),
  };
}

function storedRoutes({ store }: ApiContext): Route[] {
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
        const { launch, ...known } = await plannedLaunch(store, document);
        const { baselines = {}, units_per_day, ...options } = body;
        const given = { baselines: withoutUndefined(baselines), units_per_day };
        const rehearsal = await rehearseApart(launch, {
          ...(Object.fromEntries(
            Object.entries(options).filter(([, value]) => value !== undefined),
          ) as typeof options),
          baselines: baselinesOf(launch, known, given),
          ...rehearsedTraffic(known, given),
        });
        return {
          status: 200,
          body: { experiment_id, ...rehearsalAnswer(rehearsal, known, given) },
        };
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
      async handle({ params: { experiment_id }, query: { units_per_day, baselines = {} } }) {
        const document = await store.experiments.named(experiment_id);
        const planned = await plannedLaunch(store, document);
        const given = { baselines: withoutUndefined(baselines), units_per_day };
        return { status: 200, body: powerAnswer(experiment_id, planned, given) };
      },
    }),
  ];
}

function withoutUndefined(baselines: z.output<typeof baselinesSchema>): Record<string, Baseline> {
  return Object.fromEntries(
    Object.entries(baselines).map(([metric_id, { value, standard_deviation, correlation }]) => [
      metric_id,
      {
        value,
        ...(standard_deviation !== undefined && { standard_deviation }),
        ...(correlation !== undefined && { correlation }),
      },
    ]),
  );
}
