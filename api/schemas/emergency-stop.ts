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
  fence_revision: z.number().int().nullable(),
  experiments: count,
  acknowledged: count,
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
  complete: z.boolean(),
  released_at: moment.optional(),
};

export const stopReport = z
  .strictObject(reportFields)
  .meta({ id: 'EmergencyStop', description: 'Who has acknowledged a stop, and what every process serves.' });
export type StopReport = z.output<typeof stopReport>;
export const stopReportPage = pageOf(stopReport);

export const stopForced = z.strictObject({ ...reportFields, forced: z.array(z.string()) });
