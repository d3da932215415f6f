import { z } from 'zod';
import { flagFields, segmentSchema } from '../../src/model/flag.js';
import { holdoutSchema, layerSchema } from '../../src/model/layer.js';
import { metricFields, type MetricDocument } from '../../src/model/metric.js';
import { policySchema, type PolicyDocument } from '../../src/model/policy.js';
import type { UncomparedRollout } from '../../src/operations/uncompared-rollout.js';
import { asDocument } from '../../src/validation.js';
import { unserved } from '../unserved.js';
import { moment, pageOf } from './common.js';
import { slotInterval } from './lifecycle.js';

const revision = z.number().int().min(1);

export const flag = z
  .strictObject({ ...flagFields.shape, revision, created_at: moment, updated_at: moment, unserved })
  .meta({ id: 'Flag' });
export type FlagAnswer = z.output<typeof flag>;

export const flagRevisionPage = pageOf(
  z.strictObject({ revision, at: moment, by: z.string(), definition: flagFields }),
);

export const segment = segmentSchema.extend({ unserved });

const ids = z.array(z.string());
export const segmentUses = z
  .strictObject({ segment_id: z.string(), flags: ids, segments: ids, experiments: ids })
  .meta({ id: 'SegmentUses' });

export const metric = asDocument<MetricDocument & { built_in: boolean }>(
  z.strictObject({ ...metricFields.shape, built_in: z.boolean() }),
);
export const metricPage = pageOf(metric);

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
        share: z.number().describe("Per cent of the layer's units."),
        slots: z.array(slotInterval),
      }),
    ),
    free: z.number().describe("Per cent of the layer's units that no experiment has."),
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
