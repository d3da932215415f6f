import { z } from 'zod';
import { COMMANDS } from '../../src/lifecycle/commands.js';
import type { EffectCode } from '../../src/lifecycle/preview.js';
import { count, moment, numbers } from './common.js';
import { experimentState, holdCode } from './lifecycle.js';

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

/** The part of an experiment that commands change. */
const standing = z.strictObject({
  state: experimentState,
  coverage: z.number(),
  allocation: numbers,
  step: z.strictObject({ index: count, of: count, coverage: z.number() }).nullable(),
  holds: z.array(holdCode),
  paused: z.boolean(),
  deadlines: z.record(z.string(), moment),
});
export type StandingAnswer = z.output<typeof standing>;

export const preview = z
  .strictObject({
    allowed: z.boolean(),
    refusal: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
    before: standing,
    after: standing,
    effects: z.array(
      z.strictObject({
        code: z.enum([
          'enrols',
          'withdraws',
          'drops',
          'rolls_back',
          'ships',
          'closes',
          'extends',
          'pauses',
          'resumes',
          'approves',
          'rejects',
          'accepts',
          'records',
          'freezes',
          'serves',
          'waits',
          'steps',
          'ends',
          'warns',
        ] satisfies EffectCode[]),
        text: z.string(),
        units: count.nullable().describe('Of the units counted so far, how many it is about.'),
        irreversible: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Preview', description: 'What a command or a start would do now.' });
