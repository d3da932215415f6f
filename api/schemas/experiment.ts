import { z } from 'zod';
import { unserved } from '../unserved.js';
import { experimentSchema } from '../../src/model/experiment.js';
import { idSchema, nameSchema } from '../../src/model/id.js';
import { count, moment, numbers, pageOf } from './common.js';
import { experimentState, holdCode, outcome } from './lifecycle.js';
import { REHEARSAL_WARNINGS } from '../../src/rehearsal/answer.js';
import { trafficSource } from './planning.js';

const hold = z.strictObject({
  code: holdCode,
  since: moment,
  lifts_when: z.string(),
  detail: z.string().optional(),
  reminded: z.number().optional().describe('When people were last reminded, ms since the epoch.'),
});

const frozenCap = z.strictObject({
  metric_id: idSchema,
  percentile: z.number(),
  cap: z
    .number()
    .nullable()
    .describe('Null: no ended experiment measured enough units, and nothing is capped.'),
  source: z.strictObject({ experiment_id: idSchema, units: count }).nullable(),
});

const fields = {
  ...experimentSchema.shape,
  control: nameSchema,
  flag_id: idSchema,
  state: experimentState,
  step: z
    .strictObject({ index: count, of: count, coverage: z.number() })
    .nullable()
    .describe('The ramp step it is in; coverage in per cent.'),
  coverage: z.number().describe('Share of eligible units that are enrolled, per cent.'),
  allocation: numbers.describe('Slots of 10,000 by variant.'),
  holds: z.array(hold),
  paused: z.strictObject({ by: z.string(), at: moment, reason: z.string().nullable() }).nullable(),
  outcome: outcome.nullable(),
  winner: z.string().nullable(),
  deadlines: z.record(z.string(), moment),
  revision: count,
  served: z.strictObject({
    live: count.describe('Processes that serve now.'),
    at_revision: count.describe('Those of them that serve the newest allocation.'),
    verified: z.boolean(),
    lost: z.array(z.strictObject({ instance_id: z.string(), until: moment })),
  }),
  policy: z.strictObject({ id: idSchema, version: z.number().int().nullable() }),
  workflow_id: z.string(),
  planned_units: z.number().optional(),
  traffic: z
    .strictObject({ units_per_day: z.number(), expected_units: z.number(), source: trafficSource })
    .nullable()
    .optional()
    .describe('What planned_units was held against at the start; null: not known.'),
  caps: z.array(frozenCap).optional().describe('Caps by percentile, as the start froze them.'),
  prior_lifts: z
    .array(z.strictObject({ metric_id: idSchema, standard_deviation: z.number(), experiments: count }))
    .optional()
    .describe(
      'Spread of past true lifts, by which estimates are shrunk; of the other metrics it is not known.',
    ),
  created_at: moment,
  created_by: z.string(),
  ended_at: moment.nullable().describe('When its outcome was written down; null until then.'),
  unserved,
};

/** An experiment as the API shows it: its definition, and where it stands. */
export const experiment = z
  .strictObject(fields)
  .meta({ id: 'Experiment', description: 'The definition of an experiment, and where it stands.' });
export type ExperimentAnswer = z.output<typeof experiment>;

const limit = z.number().nullable();

const summary = z
  .strictObject({
    last_look_at: moment,
    units: count.describe('Units that the newest look has compared.'),
    primary: z
      .strictObject({
        metric_id: idSchema,
        variant: z.string(),
        lift: limit,
        lower: limit.describe('Of the sequence, relative to the control; null: no limit yet.'),
        upper: limit,
      })
      .nullable()
      .describe('The best treatment on the first primary; of a winner as it was decided on.'),
    guardrail: z
      .strictObject({
        metric_id: idSchema,
        variant: z.string(),
        segment: z.string().optional().describe('The segment in which it is; absent for all units.'),
        log_e_harm: limit.describe('Natural logarithm of the e-value of harm.'),
        threshold: z.number().describe('E-value at which it rolls back.'),
        status: z.enum(['ok', 'suspect', 'harm', 'blind']),
      })
      .nullable()
      .describe('The guardrail that is nearest to a roll-back.'),
    srm: z.strictObject({
      log_bayes_factor: z.number(),
      threshold: z.number().describe('Bayes factor at which the split is not trusted.'),
    }),
    spark: z
      .array(z.strictObject({ at: moment, units: count }))
      .describe('Units at 40 looks at most, over the planned time.'),
  })
  .meta({ id: 'ExperimentSummary', description: 'What the newest look said, at a glance.' });

const listed = z
  .strictObject({
    ...fields,
    summary: summary.nullable().optional().describe('With `include=summary`; null before the first look.'),
  })
  .meta({ id: 'ListedExperiment', description: 'An experiment in a list.' });
export type ListedAnswer = z.output<typeof listed>;

export const experimentPage = z.strictObject({
  ...pageOf(listed).shape,
  counts: z
    .partialRecord(experimentState, count)
    .optional()
    .describe(
      'With `include=counts`: all experiments by state, for a key of some environments, of completed ones 10,000 at most.',
    ),
});

export const startedExperiment = z.strictObject({
  ...fields,
  warnings: z.array(
    z.strictObject({
      code: z.enum([
        ...REHEARSAL_WARNINGS,
        'not_rehearsed',
        'guardrail_unseen',
        'cap_unknown',
        'uncompared_rollout',
      ]),
      text: z.string(),
    }),
  ),
});
