import { z } from 'zod';
import type { MetricPower } from '../../src/operations/plan-ahead.js';
import type { Rehearsal } from '../../src/rehearsal/answer.js';
import { count, numbers } from './common.js';
import { timelineKind } from './lifecycle.js';

const maybe = z.number().nullable();

const metricPower = z.strictObject({
  metric_id: z.string(),
  baseline: z.number(),
  standard_deviation: z.number().optional(),
  assumed: z.boolean(),
  units_per_variant: maybe,
  total: maybe,
  days: maybe,
  detectable: maybe,
}) satisfies z.ZodType<MetricPower>;

export const power = z.strictObject({
  experiment_id: z.string(),
  policy: z.strictObject({ id: z.string(), version: z.number().int() }),
  mde: z.number(),
  power: z.number(),
  planned_units: z.number(),
  planned_days: z.number(),
  metrics: z.array(metricPower),
});

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
  warnings: z.array(
    z.strictObject({
      code: z.enum(['underpowered', 'standard_deviation_assumed', 'no_lift']),
      text: z.string(),
    }),
  ),
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
}) satisfies z.ZodType<Rehearsal>;
