import { z } from 'zod';
import type { LiftPower, PlanWarning, MetricPower } from '../../src/operations/power-of-plan.js';
import type { RehearsalAnswer, TrafficAnswer } from '../../src/operations/planning-answer.js';
import { REHEARSAL_WARNINGS } from '../../src/rehearsal/answer.js';
import { count, numbers } from './common.js';
import { timelineKind } from './lifecycle.js';

const maybe = z.number().nullable();

export const trafficSource = z.strictObject({
  experiment_id: z.string(),
  units: z.number().describe('Units first exposed in the last 14 days.'),
  days: z.number().describe('For how many days that is.'),
});

const traffic = z.strictObject({
  units_per_day: maybe.describe('Eligible units of this plan; null where nobody knows.'),
  from: z.enum(['request', 'experiment', 'assumption']).nullable().describe('How it is known.'),
  source: trafficSource.optional(),
}) satisfies z.ZodType<TrafficAnswer>;

/** The measured traffic of a plan. */
export const plannedTraffic = z.strictObject({
  units_per_day: z.number(),
  expected_units: z.number(),
  source: trafficSource,
});

const metricPower = z.strictObject({
  metric_id: z.string(),
  role: z.enum(['primary', 'guardrail']),
  baseline: z.number(),
  standard_deviation: z.number().optional(),
  assumed: z.boolean(),
  units_per_variant: maybe,
  total: maybe,
  days: maybe,
  detectable: maybe,
  margin: z.number().optional(),
}) satisfies z.ZodType<MetricPower>;

const powerFields = {
  experiment_id: z.string(),
  policy: z.strictObject({ id: z.string(), version: z.number().int() }),
  mde: z.number(),
  power: z.number(),
  planned_units: z.number(),
  planned_days: z.number(),
  metrics: z.array(metricPower),
  traffic,
  warnings: z.array(
    z.strictObject({
      code: z.enum(['baseline_assumed', 'baseline_unknown', 'traffic_unknown']),
      text: z.string(),
    }) satisfies z.ZodType<PlanWarning>,
  ),
};
export const power = z.strictObject(powerFields);

export const powerOfDefinition = z.strictObject({
  ...powerFields,
  lifts: z
    .array(
      z.strictObject({
        lift: z.number(),
        total: maybe.describe('Units of all arms; null where its baseline does not say.'),
        days: maybe.describe('From the start until so many units count; null where no traffic is known.'),
      }) satisfies z.ZodType<LiftPower>,
    )
    .describe('The sample that each of the asked lifts of the first primary needs.'),
});

/** What a rehearsal may warn of. */

const rate = { rate: z.number(), standard_error: z.number() };
const shareOfRuns = z.strictObject(rate).describe('A share of the runs, with its standard error.');

export const rehearsal = z.strictObject({
  experiment_id: z.string(),
  assumptions: z.strictObject({
    seed: z.number().int(),
    units_per_day: z.number(),
    units_per_day_assumed: z.boolean(),
    returns_per_day: z.number(),
    planned_units: z.number(),
    days: z.number(),
    baselines: z.record(
      z.string(),
      z.strictObject({
        value: z.number(),
        standard_deviation: z.number(),
        correlation: z.number(),
        assumed: z.boolean(),
        standard_deviation_assumed: z.boolean(),
      }),
    ),
  }),
  scenarios: z.array(
    z.strictObject({
      scenario: z.enum(['no_effect', 'effect', 'harm']),
      lifts: numbers,
      runs: count,
      outcomes: z.strictObject({
        shipped: shareOfRuns,
        rolled_back: shareOfRuns,
        no_effect: shareOfRuns,
        inconclusive: shareOfRuns,
      }),
      days: z.strictObject({ mean: z.number(), p10: z.number(), p50: z.number(), p90: z.number() }),
      units: z.strictObject({ mean: z.number() }),
    }),
  ),
  false_ship: shareOfRuns.nullable(),
  false_rollback: shareOfRuns.nullable(),
  power: z
    .strictObject({
      ...rate,
      wanted: z.number(),
      lift: z.number(),
      reached: z.boolean(),
      findable_lift: maybe.optional(),
    })
    .nullable(),
  harm_caught: shareOfRuns.nullable(),
  traffic,
  warnings: z.array(z.strictObject({ code: z.enum(REHEARSAL_WARNINGS), text: z.string() })),
  sample_timeline: z.array(
    z.strictObject({
      day: z.number(),
      kind: timelineKind,
      reason: z.string().optional(),
      from: z.string().optional(),
      to: z.string().optional(),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
}) satisfies z.ZodType<RehearsalAnswer>;
