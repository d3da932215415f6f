import { z } from 'zod';
import { count, moment, pageOf } from './common.js';

export const exclusionsMade = z.strictObject({
  experiment_id: z.string(),
  exclusion_id: z.string(),
  count,
});

const readable = z
  .string()
  .nullable()
  .describe('Null where the record was damaged, or sealed under another RAMPART_SECRET.');

const exclusion = z.strictObject({ unit_id: readable, reason: z.string(), at: moment, by: z.string() });
export type ExclusionAnswer = z.output<typeof exclusion>;
export const exclusionPage = pageOf(exclusion);

export const override = z.strictObject({
  unit_id: readable,
  variant: readable,
  at: moment,
  by: z.string(),
});
export type OverrideAnswer = z.output<typeof override>;
export const overridePage = pageOf(override);

export const optOut = z.strictObject({ unit_id: readable, opted_out_at: moment });
export type OptOutAnswer = z.output<typeof optOut>;
