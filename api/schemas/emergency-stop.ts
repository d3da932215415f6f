import { z } from 'zod';
import { count, moment, pageOf } from './common.js';

export const stopSet = z.strictObject({
  emergency_stop_id: z.string(),
  fence_revision: z.number().int(),
  experiments: count.nullable().describe('Live experiments that it met; null until that is written down.'),
});

const reportFields = {
  emergency_stop_id: z.string(),
  at: moment,
  by: z.string(),
  reason: z.string(),
  scope: z.union([z.literal('all'), z.array(z.string())]),
  environments: z
    .array(z.string())
    .optional()
    .describe('The environments that it keeps to; left out where it reaches every one.'),
  fence_revision: z.number().int().nullable(),
  experiments: count,
  acknowledged: count.describe('Rolled back and verified, or held before they began.'),
  held: count.describe('How many of those acknowledged had not begun, and wait.'),
  pending: z.array(z.string()),
  instances: z.array(
    z.strictObject({
      instance_id: z.string(),
      kind: z.enum(['api', 'sdk']),
      serving_revision: z.number().int(),
      obeys: z.boolean(),
      live: z.boolean(),
      lost_since: moment.optional(),
    }),
  ),
  unknown: z
    .array(z.strictObject({ instance_id: z.string(), since: moment, serves_control_at: moment }))
    .describe('Lost processes that may still serve what they had; from `serves_control_at` on they do not.'),
  serves_control_at: moment
    .nullable()
    .describe(
      'From when the last of the unknown processes serves the control by itself; null: none is unknown.',
    ),
  force_from: moment.describe('From when experiments that are pending may be ended by force.'),
  complete: z.boolean(),
  released_at: moment.optional(),
};

export const stopReport = z
  .strictObject(reportFields)
  .meta({ id: 'EmergencyStop', description: 'Who has acknowledged a stop, and what every process serves.' });
export const stopReportPage = pageOf(stopReport);

export const stopForced = z.strictObject({ ...reportFields, forced: z.array(z.string()) });
