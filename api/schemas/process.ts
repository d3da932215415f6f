import { z } from 'zod';
import { count } from './common.js';

export const health = z.strictObject({ status: z.literal('ok') });

const server = z.enum(['up', 'down']);

export const readiness = z.strictObject({
  ready: z.boolean(),
  /** Why it is not; null where it is. */
  reason: z.string().nullable(),
  serving_revision: count.nullable(),
  snapshot_age_seconds: z.number().nullable(),
  mongodb: server,
  temporal: server,
});
