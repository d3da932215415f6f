import { z } from 'zod';
import { count, moment } from './common.js';

const OUTCOMES = ['shipped', 'rolled_back', 'no_effect', 'inconclusive', 'stopped'] as const;

const share = z.number().min(0).max(1).nullable();

const estimate = {
  estimate: z.number(),
  lower: z.number(),
  upper: z.number(),
};

const shipped = z.strictObject({
  experiment_id: z.string(),
  ended_at: moment,
  metric_id: z.string(),
  variant: z.string(),
  source: z
    .enum(['watch', 'decision'])
    .describe('`watch`: measured again after shipping, without the choice that made it win.'),
  relative: z.strictObject(estimate).describe('Relative to the control.'),
  revenue: z
    .strictObject({ currency: z.string(), ...estimate })
    .nullable()
    .describe('Money for each unit, where the unit of the metric is a currency.'),
});

/** Quantiles of a number of seconds. */
const durations = z
  .strictObject({ experiments: count, median_seconds: z.number(), longest_seconds: z.number() })
  .nullable();

export const insights = z
  .strictObject({
    from: moment,
    until: moment,
    experiments: count.describe('Those that ended in this time.'),
    truncated: z.boolean().describe('More ended: these numbers are of the newest 1,000.'),
    outcomes: z.strictObject(Object.fromEntries(OUTCOMES.map((name) => [name, count])) as Outcomes),
    completed_share: share.describe('Came to their own end, and were not stopped.'),
    decided_share: share.describe('Answered their question: shipped, rolled back, or no effect.'),
    guardrail_saves: count.describe('Treatments that a guardrail took away because harm was proven.'),
    time_to_decision: durations.describe('From the start to the first decision that settled it.'),
    harm_served: durations.describe('Of roll-backs: from the start until no process served the treatment.'),
    effects: z
      .array(z.strictObject({ metric_id: z.string(), ships: count, ...estimate }))
      .describe('The mean relative effect of what shipped, by metric, with its interval.'),
    revenue: z
      .array(z.strictObject({ metric_id: z.string(), currency: z.string(), ships: count, ...estimate }))
      .describe('What shipped together brings for each unit.'),
    shipped: z
      .array(shipped)
      .describe('Each primary of what shipped that has an interval; the newest first.'),
  })
  .meta({ id: 'Insights', description: 'What experiments were worth.' });

type Outcomes = Record<(typeof OUTCOMES)[number], typeof count>;
export type InsightsAnswer = z.output<typeof insights>;
