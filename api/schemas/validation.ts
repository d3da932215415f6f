import { z } from 'zod';
import { startSchema } from '../../src/model/experiment.js';
import type { PlanWarning } from '../../src/operations/validate-experiment.js';
import { plannedTraffic } from './planning.js';

export const DEFINITION_KINDS = [
  'experiment',
  'flag',
  'segment',
  'metric',
  'policy',
  'layer',
  'holdout',
] as const;

export const validationInput = z.strictObject({
  kind: z.enum(DEFINITION_KINDS),
  definition: z.record(z.string(), z.unknown()).describe('As it would be sent to be saved.'),
  start: startSchema
    .optional()
    .describe('Of an experiment: the body that its start would have; by default an empty one.'),
});

const fieldError = z.strictObject({
  path: z.string().describe('The field, with dots; empty where it is about the whole.'),
  code: z.string(),
  message: z.string(),
});

const warning = z.strictObject({
  code: z.enum(['guardrail_unseen', 'cap_unknown', 'uncompared_rollout']),
  text: z.string(),
}) satisfies z.ZodType<PlanWarning>;

export const validation = z
  .strictObject({
    errors: z.array(fieldError).describe('Everything that saving it, or starting it, would refuse.'),
    warnings: z.array(warning).describe('What may keep an experiment from being decided rightly.'),
    launch: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What a start now would freeze; null where there are errors, and for other kinds.'),
    baselines: z
      .record(
        z.string(),
        z.strictObject({
          value: z.number(),
          standard_deviation: z.number().optional(),
          correlation: z.number().optional(),
        }),
      )
      .describe('What its metrics were in the newest experiments.'),
    traffic: plannedTraffic
      .nullable()
      .describe('Units that come each day, as measured lately; null: not known.'),
  })
  .meta({
    id: 'Validation',
    description: 'All that is wrong with a definition, and what a start would freeze.',
  });
