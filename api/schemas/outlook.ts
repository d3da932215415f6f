import { z } from 'zod';
import type { Condition, ConditionCode, Toward } from '../../src/lifecycle/waiting.js';
import type { Gate } from '../../src/lifecycle/stages.js';
import { count, moment } from './common.js';
import { metricKind, metricRole } from './evidence.js';
import { holdCode } from './lifecycle.js';

const maybe = z.number().nullable();
const maybeMoment = moment.nullable();

export const conditionCode = z.enum([
  'start_time',
  'slots',
  'dwell',
  'units',
  'harm_excluded',
  'step_approval',
  'ship_approval',
  'no_hold',
  'not_paused',
  'served',
  'ramp_complete',
  'min_duration',
  'guardrails_seen',
  'decided',
  'watched',
] satisfies ConditionCode[]);

const condition = z
  .strictObject({
    code: z.union([conditionCode, holdCode]),
    text: z.string(),
    met: z.boolean(),
    have: maybe.describe('How much there is, in `unit`.'),
    need: maybe.describe('How much there must be, in `unit`.'),
    unit: z.enum(['ms', 'units', 'e-value', 'rate']).nullable(),
    at: maybeMoment.describe('When it is met at the earliest; null where that is not known.'),
    metric_id: z.string().optional(),
    variant: z.string().optional(),
  })
  .meta({
    id: 'Condition',
    description: 'What has to be so before an experiment goes on.',
  }) satisfies z.ZodType<Omit<Condition, 'at'>>;

const toward = z.union([
  z.strictObject({ code: z.enum(['start', 'slots', 'decision', 'control_served', 'nothing']) }),
  z.strictObject({ code: z.literal('ramp_step'), coverage: z.number() }),
  z.strictObject({ code: z.enum(['approval', 'watch', 'whole_audience']), variant: z.string() }),
  z.strictObject({ code: z.literal('rollout_step'), coverage: z.number(), variant: z.string() }),
]) satisfies z.ZodType<Toward>;

export const waiting = z
  .strictObject({
    experiment_id: z.string(),
    at: moment.describe("The server's clock."),
    toward,
    next_look_at: maybeMoment,
    conditions: z.array(condition).describe('All of them must be met.'),
    before_shipping: z.array(condition).describe('What must be so before the engine may ship.'),
  })
  .meta({ id: 'Waiting', description: 'What an experiment waits for, by the code that will decide it.' });

const gate = z.union([
  z.strictObject({ code: z.literal('dwell'), ms: z.number() }),
  z.strictObject({ code: z.literal('units'), units: z.number() }),
  z.strictObject({ code: z.literal('harm_excluded'), harm: z.number() }),
  z.strictObject({ code: z.literal('approval') }),
]) satisfies z.ZodType<Gate>;

const stage = z.strictObject({
  kind: z.enum(['ramp', 'run', 'rollout', 'watch']),
  step: count,
  coverage: z.number().describe('Per cent; from the roll-out on, of those who get the winner.'),
  status: z.enum(['done', 'now', 'planned', 'if_won', 'skipped']),
  from: maybeMoment.describe('Of what is planned, the earliest time.'),
  until: maybeMoment,
  gates: z.array(gate),
});

const margin = z.number().describe('How much worse counts as harm, relative to the control.');

export const plan = z
  .strictObject({
    experiment_id: z.string(),
    at: moment,
    policy: z.record(z.string(), z.unknown()).describe('The policy as its start froze it.'),
    metrics: z.array(
      z.strictObject({
        metric_id: z.string(),
        role: metricRole,
        kind: metricKind,
        direction: z.enum(['increase', 'decrease']),
        margin: margin.nullable(),
      }),
    ),
    thresholds: z.strictObject({
      harm: z.number().describe('E-value at which harm is proven in the present epoch.'),
      safe: z.number().describe('E-value at which a guardrail is proven to be within its margin.'),
      suspect: z.number().describe('One-sided p-value below which a guardrail looks harmful.'),
      srm: z.number().describe('Bayes factor at which the split is not trusted.'),
      mde: z.number().describe('The least lift that matters, relative to the control.'),
      alpha: z.strictObject({ interim: z.number(), final: z.number() }),
      tests: count.describe('Tests of primaries among which alpha is shared.'),
      min_units_per_variant: count,
    }),
    stages: z.array(stage),
    interruptions: z.array(
      z.strictObject({
        code: z.string(),
        from: moment,
        until: maybeMoment,
        reason: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Plan', description: 'The whole life of an experiment: what was, is, and is planned.' });

const epoch = z.strictObject({
  epoch: count,
  kind: z.enum(['experiment', 'rollout']),
  from: moment,
  to: moment,
});

export const series = z
  .strictObject({
    experiment_id: z.string(),
    looks_in_all: count.describe('Looks that are kept; the series has some of them.'),
    epochs: z.array(epoch),
    looks: z.array(
      z.strictObject({
        n: count.describe('Its number among the looks that are kept, from 1.'),
        snapshot_id: z.string(),
        at: moment,
        revision: count,
        epoch: count,
        units: z.record(z.string(), z.number()),
        srm_log_bayes_factor: maybe,
      }),
    ),
    series: z
      .array(
        z.strictObject({
          metric_id: z.string(),
          variant: z.string(),
          lift: z.array(maybe),
          lower: z.array(maybe).describe('Of the sequence, relative to the control; null: unbounded.'),
          upper: z.array(maybe),
          difference: z.array(maybe),
          difference_lower: z.array(maybe),
          difference_upper: z.array(maybe),
          log_e_harm: z.array(maybe),
        }),
      )
      .describe('One value for each look.'),
  })
  .meta({ id: 'Series', description: 'How the evidence went, look by look.' });
