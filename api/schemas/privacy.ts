import { z } from 'zod';
import { count, moment, pageOf, properties } from './common.js';
import { optOut } from './units.js';

export const optOutPage = pageOf(optOut);

const unitValue = z
  .union([z.number(), z.record(z.string(), z.number())])
  .describe("One number, or several by name; integers in the metric's scale.");
const values = z.record(z.string(), unitValue);

const epoch = z.strictObject({
  epoch: count,
  variant: z.string().nullable(),
  first_exposure_at: moment.nullable(),
  crossed_over: z.boolean().describe('It was seen in a second arm, and counts in none.'),
  last_event_at: moment.nullable(),
  metrics: values.describe('Its own numbers, by metric.'),
});

const experiment = z.strictObject({
  experiment_id: z.string(),
  variant: z.string().nullable().describe('The arm that it counts in; null where it was exposed to none.'),
  first_exposure_at: moment.nullable(),
  excluded: z.boolean().describe('It was taken out of the experiment: nothing of it counts.'),
  duplicates: count.describe('Events that came again.'),
  before: values.describe('Its numbers from before the experiment, by metric.'),
  epochs: z.array(epoch),
});

const marked = { experiment_id: z.string(), at: moment, by: z.string() };

export const exportedUnit = z
  .strictObject({
    unit_id: z.string(),
    pseudonym: z.string().describe('By which events, totals and the audit trail know it.'),
    opted_out: z.boolean(),
    opted_out_at: moment.nullable(),
    exclusions: z.array(z.strictObject({ ...marked, reason: z.string() })),
    overrides: z.array(
      z.strictObject({
        ...marked,
        variant: z.string().nullable().describe('Null where the record cannot be read.'),
      }),
    ),
    experiments: z
      .array(experiment)
      .describe('Those that are not over, or were not when it was last heard of.'),
    remembered_event_ids: count.describe('Hashes by which events that are sent again are recognised.'),
    excessive: z
      .boolean()
      .describe('It has more events than can be remembered, and counts in no experiment.'),
    days: z
      .array(z.strictObject({ type: z.string(), day: z.iso.date(), count, sum: z.number() }))
      .describe('What it did on the last 18 days, by type of event.'),
    recent: z
      .array(z.strictObject({ type: z.string(), at: moment, value: z.number(), properties }))
      .describe('Its events of the last minute.'),
    waiting: z
      .array(
        z.strictObject({
          kind: z.enum(['exposure', 'exclusion', 'erasure', 'value']),
          type: z.string().nullable(),
          experiment_id: z.string().nullable(),
          at: moment,
        }),
      )
      .describe('Events that were accepted and are not counted yet.'),
  })
  .meta({ id: 'ExportedUnit', description: 'Everything that the installation holds of a unit.' });

const removed = z.strictObject({
  units: count.describe('1 where anything was remembered of the unit itself.'),
  experiments: count.describe('Experiments in which something of it was remembered.'),
  event_ids: count.describe('Hashes of event ids.'),
  waiting_events: count.describe('Events that were not counted yet.'),
  exclusions: count,
  overrides: count,
  opt_outs: count,
});

const pending = z
  .array(z.enum(['folding', 'processes']))
  .describe('What it waits for: folding, or processes that serve what they knew before.');

export const erasedUnit = z
  .strictObject({
    unit_id: z.string(),
    erasure_id: z.string().describe('By which GET /v1/privacy/erasures/{erasure_id} says how far it is.'),
    removed,
    pending,
  })
  .meta({ id: 'ErasedUnit' });

export const erasure = z
  .strictObject({
    erasure_id: z.string(),
    pseudonym: z.string(),
    at: moment,
    by: z.string(),
    removed,
    complete: z.boolean(),
    pending,
  })
  .meta({ id: 'Erasure' });

export const keyring = z
  .strictObject({
    current: z.string().describe('The key that seals. All others only open.'),
    keys: z.array(
      z.strictObject({
        key_id: z.string(),
        created_at: moment,
        created_by: z.string(),
        state: z
          .enum(['current', 'opening', 'retired'])
          .describe('`opening`: fields that it sealed may be left. `retired`: none are.'),
        retired_at: moment.nullable(),
      }),
    ),
    round: z
      .strictObject({
        at: moment,
        resealed: count.describe('Fields that it sealed anew.'),
        unreadable: count.describe('Fields that nobody can open.'),
        complete: z.boolean().describe('Whether nothing was left to be sealed anew.'),
      })
      .nullable()
      .describe('The last round in which reconciliation did something; null before the first.'),
  })
  .meta({ id: 'Keyring' });

/** Payloads as Temporal's tools send them: protobuf's JSON, in which bytes are base64. Temporal may add fields of its own. */
export const payloads = z.strictObject({
  payloads: z
    .array(
      z.looseObject({
        metadata: z.record(z.string(), z.string()).optional(),
        data: z.string().optional(),
      }),
    )
    .max(10_000),
});
export type Payloads = z.output<typeof payloads>;
