import { z } from 'zod';
import { validationFailed } from '../../src/errors.js';
import { historyOf } from '../../src/operations/find-baselines.js';
import { designOf, launchOf } from '../../src/operations/freeze-launch.js';
import type { ExperimentDefinition, StartInput } from '../../src/model/experiment.js';
import { idSchema } from '../../src/model/id.js';
import type { Launch } from '../../src/model/launch.js';
import type { Baseline } from '../../src/metrics/kind.js';
import { KINDS } from '../../src/metrics/kinds.js';
import { rehearseApart } from '../../src/operations/rehearse-apart.js';
import { effectOf, sampleFor } from '../../src/stats/power.js';
import type { ExperimentDocument } from '../../src/store/experiments.js';
import type { ApiContext } from '../context.js';
import { route, type Route } from '../route.js';
import { allMetrics, allPolicies } from './definitions.js';
import { experimentNamed } from './experiments.js';
import { DAY_MS } from '../../src/model/time.js';

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

/** What a plan can detect, before anybody is exposed to it. */
export function planningRoutes(context: ApiContext): Route[] {
  const path = '/v1/experiments/{experiment_id}';
  return [
    route({
      method: 'post',
      path: `${path}/rehearsals`,
      action: 'define',
      summary: 'Run the plan on simulated users: its operating characteristics',
      body: rehearsalSchema,
      bodyOptional: true,
      async handle({ params, body }) {
        const document = await experimentNamed(context, params['experiment_id']);
        const { launch, history } = await plannedLaunch(context, document);
        const { runs, seed, true_lift, guardrail_harm, units_per_day, baselines = {} } = body;
        const rehearsal = await rehearseApart(launch, {
          baselines: { ...history, ...known(baselines) },
          ...(runs !== undefined && { runs }),
          ...(seed !== undefined && { seed }),
          ...(true_lift !== undefined && { true_lift }),
          ...(guardrail_harm !== undefined && { guardrail_harm }),
          ...(units_per_day !== undefined && { units_per_day }),
        });
        return { status: 200, body: { experiment_id: document._id, ...rehearsal } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/power`,
      action: 'read',
      summary: "The sample for the policy's MDE, and the MDE of the planned sample; `units_per_day` for days",
      async handle({ params, query }) {
        const document = await experimentNamed(context, params['experiment_id']);
        const { launch, history } = await plannedLaunch(context, document);
        return {
          status: 200,
          body: powerOf(document._id, launch, history, trafficOf(query['units_per_day'])),
        };
      },
    }),
  ];
}

function known(
  baselines: NonNullable<z.output<typeof rehearsalSchema>['baselines']>,
): Record<string, Baseline> {
  return Object.fromEntries(
    Object.entries(baselines).map(([metric_id, { value, standard_deviation }]) => [
      metric_id,
      { value, ...(standard_deviation !== undefined && { standard_deviation }) },
    ]),
  );
}

function trafficOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const units = Number(text);
  if (units > 0 && Number.isFinite(units)) return units;
  throw validationFailed([
    { path: 'units_per_day', code: 'out_of_range', message: 'must be a number greater than 0' },
  ]);
}

/** The launch as it is, or as a start now would freeze it. A draft whose dates are past keeps its length. */
async function plannedLaunch(
  context: ApiContext,
  { definition, launch, salt, flag_id }: ExperimentDocument,
): Promise<{ launch: Launch; history: Record<string, Baseline> }> {
  const metrics = await allMetrics(context);
  const history = await historyOf(context.store, Object.values(definition.success_metrics).flat());
  if (launch) return { launch, history };
  const policy = (await allPolicies(context)).get(definition.policy_id)!;
  const input = { definition, salt, flag_id, policy, metrics, history, start: startOf(definition) };
  return { launch: launchOf(input, Date.now()), history };
}

function startOf({ start_date, end_date }: ExperimentDefinition): StartInput {
  if (start_date === undefined || end_date === undefined || Date.parse(start_date) > Date.now()) return {};
  return { start_date: 'now', duration: Date.parse(end_date) - Date.parse(start_date) };
}

function powerOf(
  experiment_id: string,
  { policy, metrics, planned_units, arms, control, start_at, end_at }: Launch,
  history: Readonly<Record<string, Baseline>>,
  units_per_day: number | null,
): object {
  const share = (arms.find((arm) => arm.variant === control)?.traffic ?? 50) / 100;
  return {
    experiment_id,
    policy: { id: policy.policy_id, version: policy.version },
    mde: policy.mde,
    power: policy.power,
    planned_units,
    planned_days: (end_at - start_at) / DAY_MS,
    metrics: metrics
      .filter(({ role }) => role === 'primary')
      .map(({ metric }) => {
        const { metric_id } = metric;
        const baseline = history[metric_id] ?? KINDS[metric.kind].assumedBaseline(metric);
        const design = designOf(metric, baseline, policy);
        const ratio = (1 - share) / share / Math.max(1, arms.length - 1);
        const fitted = design && { ...design, ratio };
        const needed = fitted && sampleFor(fitted, policy.mde);
        const total = needed && Math.ceil(needed.units_per_variant / share);
        return {
          metric_id,
          baseline: baseline.value,
          ...(baseline.standard_deviation && { standard_deviation: baseline.standard_deviation }),
          assumed: history[metric_id] === undefined,
          units_per_variant: needed?.units_per_variant ?? null,
          total,
          days: total !== null && units_per_day !== null ? total / units_per_day : null,
          detectable: fitted && effectOf(fitted, planned_units * share),
        };
      }),
  };
}
