import { z } from 'zod';
import { moment, pageOf } from './common.js';

const process = z
  .strictObject({
    instance_id: z.string(),
    kind: z.enum(['api', 'sdk']).describe('`sdk`: a service that evaluates in its own process.'),
    live: z.boolean(),
    answers: z.boolean().describe('The process that gave this answer.'),
    serving_revision: z.number().int().nullable().describe('Null before it has read what is served.'),
    since: moment.optional().describe('Of a lost one: since when nothing was heard of it.'),
    serves_control_at: moment
      .optional()
      .describe('Of a lost one: from when it serves the control by itself, if it runs at all.'),
    unserved: z
      .array(z.strictObject({ id: z.string(), message: z.string() }))
      .optional()
      .describe('Definitions that it cannot serve; left out for keys that are limited to environments.'),
  })
  .meta({ id: 'ServingProcess', description: 'A process that serves, as its heartbeats tell.' });
export type ProcessAnswer = z.output<typeof process>;

export const processPage = pageOf(process);
