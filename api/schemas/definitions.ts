import { z } from 'zod';
import { CHECKS } from '../../src/assignment/explain.js';
import { flagFields, segmentSchema } from '../../src/model/flag.js';
import { jsonSchema } from '../../src/model/json.js';
import { holdoutSchema, layerSchema } from '../../src/model/layer.js';
import { metricFields, type MetricDocument } from '../../src/model/metric.js';
import { policySchema, type PolicyDocument } from '../../src/model/policy.js';
import type { UncomparedRollout } from '../../src/operations/uncompared-rollout.js';
import { asDocument } from '../../src/validation.js';
import { unserved } from '../unserved.js';
import { count, moment, pageOf } from './common.js';
import { slotInterval } from './lifecycle.js';

const revision = z.number().int().min(1);

export const flag = z
  .strictObject({
    ...flagFields.shape,
    revision,
    created_at: moment,
    updated_at: moment,
    unserved,
    driven_by: z
      .array(z.string())
      .optional()
      .describe(
        'Experiments under way on the flag. Only there where there are some, and only when it is read.',
      ),
  })
  .meta({ id: 'Flag' });
export type FlagAnswer = z.output<typeof flag>;

export const flagRevisionPage = pageOf(
  z.strictObject({ revision, at: moment, by: z.string(), definition: flagFields }),
);

export const explanation = z
  .strictObject({
    flag_id: z.string(),
    at: moment,
    revision: count.describe('What this process serves, as a whole.'),
    definition: z.enum(['served', 'given']).describe('Which one was explained.'),
    value: jsonSchema.optional().describe("Not there where the code's own default applies."),
    variant: z.string().nullable(),
    reason: z
      .enum(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'DEFAULT', 'STALE', 'ERROR'])
      .describe('As an evaluation has it. ERROR: the flag splits units, and the context names none.'),
    error: z.literal('TARGETING_KEY_MISSING').nullable(),
    experiment_id: z.string().nullable().describe('The experiment that had a say, as in the metadata.'),
    in_experiment: z.boolean(),
    slot: count.max(9_999).nullable().describe("The unit's slot, where one was used."),
    steps: z
      .array(
        z.strictObject({
          check: z.enum(CHECKS),
          path: z.string().describe('The part of the definition, or of an experiment, that it is about.'),
          passed: z.boolean().describe('Of a rule: whether it matched. Else: whether the unit went on.'),
          text: z.string(),
          detail: z.string().nullable().describe('What the context has, where that is why.'),
        }),
      )
      .describe('The checks of the evaluation in their order. The last one decided.'),
  })
  .meta({ id: 'Explanation', description: 'Why a flag gives what it gives.' });

export const segment = segmentSchema.extend({ unserved });

const ids = z.array(z.string());
export const segmentUses = z
  .strictObject({ segment_id: z.string(), flags: ids, segments: ids, experiments: ids })
  .meta({ id: 'SegmentUses' });

export const flagUses = z
  .strictObject({
    flag_id: z.string(),
    flags: ids.describe('Flags that need a variant of it.'),
    experiments: ids.describe('Experiments under way that drive it.'),
    drafts: ids.describe('Experiments that will drive it once they start.'),
    refusal: z
      .strictObject({ code: z.string(), detail: z.string() })
      .nullable()
      .describe('What deleting it now would answer; null where it would be deleted.'),
  })
  .meta({ id: 'FlagUses' });

export const metric = asDocument<MetricDocument & { built_in: boolean }>(
  z.strictObject({ ...metricFields.shape, built_in: z.boolean() }),
);
export const metricPage = pageOf(metric);
export const metricRevisionPage = pageOf(
  z.strictObject({
    revision,
    at: moment,
    by: z.string(),
    definition: asDocument<MetricDocument>(metricFields),
  }),
);

export const policy = asDocument<PolicyDocument>(policySchema);
/** A policy as it was saved, and what whoever saved it has to know. */
export const savedPolicy = asDocument<PolicyDocument & { warnings: UncomparedRollout[] }>(
  policySchema.safeExtend({
    warnings: z.array(z.strictObject({ code: z.literal('uncompared_rollout'), text: z.string() })),
  }),
);
export const policyPage = pageOf(policy);

export const layer = z
  .strictObject({
    ...layerSchema.shape,
    leases: z.array(
      z.strictObject({
        experiment_id: z.string(),
        environment: z
          .string()
          .optional()
          .describe('Where it runs; left out where that is every environment.'),
        share: z.number().describe("Per cent of the layer's units."),
        slots: z.array(slotInterval),
      }),
    ),
    free: z.number().describe("Per cent of the layer's units that no experiment has in any environment."),
    queue: z.array(z.string()).describe('Experiments that wait for slots, in order.'),
  })
  .meta({ id: 'Layer' });
export type LayerAnswer = z.output<typeof layer>;

export const holdout = holdoutSchema;

export const staleFlagPage = pageOf(
  z.strictObject({
    flag_id: z.string(),
    reason: z.enum(['shipped', 'off', 'constant']),
    remedy: z.string(),
    since: moment,
  }),
);
