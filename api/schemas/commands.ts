import { z } from 'zod';
import { COMMANDS } from '../../src/lifecycle/commands.js';
import { moment } from './common.js';

export const commandAccepted = z.strictObject({ command_id: z.string() });

export const command = z
  .strictObject({
    command_id: z.string(),
    experiment_id: z.string(),
    command: z.enum(COMMANDS),
    reason: z.string().nullable(),
    at: moment,
    status: z.enum(['pending', 'done', 'refused', 'expired']),
    expires_at: moment.optional(),
    refusal: z.strictObject({ code: z.string(), detail: z.string() }).optional(),
  })
  .meta({ id: 'Command' });
export type CommandAnswer = z.output<typeof command>;
