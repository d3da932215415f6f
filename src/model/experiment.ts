import { z } from 'zod';
import { MOST_SEGMENTS } from './frozen-segments.js';
import { descriptionSchema, idSchema, namedSchema, nameSchema } from './id.js';
import { jsonSchema } from './json.js';
import { METRIC_ROLES } from './metric.js';
import { percentSchema } from './percent.js';
import { durationSchema, timeSchema } from './time.js';

const variantSchema = z.strictObject({
  /** Per cent of the experiment's units, up to two decimals. */
  traffic: percentSchema(0.01, 100),
  description: descriptionSchema.optional(),
  config: jsonSchema.optional(),
});

const metricList = z.array(idSchema).max(20);

/** An experiment as people write it. docs/api.md explains each field. */
export const experimentSchema = z
  .strictObject({
    experiment_id: idSchema,
    name: z.string().max(200).optional(),
    description: descriptionSchema.optional(),
    hypothesis: descriptionSchema.optional(),
    start_date: timeSchema.optional(),
    end_date: timeSchema.optional(),
    variants: namedSchema(variantSchema),
    control: nameSchema.optional(),
    success_metrics: z.strictObject({
      primary: metricList.min(1),
      secondary: metricList.default([]),
      guardrail: metricList.default([]),
    }),
    target_audience: z
      .strictObject({
        include: z.array(nameSchema).max(100).default([]),
        exclude: z.array(nameSchema).max(100).default([]),
        sample_size: z.number().int().min(2).max(1e10).optional(),
      })
      .default({ include: [], exclude: [] }),
    /** Defined segments for each of which harm is looked for and results are told. */
    segments: z.array(idSchema).max(MOST_SEGMENTS).optional(),
    flag_id: idSchema.optional(),
    /** Experiments of one layer exclude one another. `layer_share` is the share of its units that this one takes. */
    layer_id: idSchema.optional(),
    layer_share: percentSchema(0.01, 100).optional(),
    policy_id: idSchema.default('standard'),
    environment: idSchema.optional(),
    unit: nameSchema.default('user'),
    tags: z.array(nameSchema).max(50).default([]),
    owner: z.string().min(1).max(200).optional(),
  })
  .superRefine((experiment, context) => {
    const names = Object.keys(experiment.variants);
    if (names.length < 2 || names.length > 20) {
      context.addIssue({
        code: 'custom',
        path: ['variants'],
        message: 'an experiment has 2 to 20 variants, the control among them',
      });
    }
    const hundredths = Object.values(experiment.variants).reduce(
      (sum, v) => sum + Math.round(v.traffic * 100),
      0,
    );
    if (names.length > 0 && hundredths !== 10_000) {
      context.addIssue({
        code: 'custom',
        path: ['variants'],
        message: `traffic must add up to 100, it adds up to ${hundredths / 100}`,
      });
    }
    if (experiment.control !== undefined && !names.includes(experiment.control)) {
      context.addIssue({
        code: 'custom',
        path: ['control'],
        params: { code: 'unknown_variant' },
        message: `must be one of the variants: ${names.join(', ')}`,
      });
    }
    const seen = new Map<string, string>();
    for (const role of METRIC_ROLES) {
      experiment.success_metrics[role].forEach((metric, index) => {
        const before = seen.get(metric);
        if (before !== undefined) {
          context.addIssue({
            code: 'custom',
            path: ['success_metrics', role, index],
            message: `${metric} is named twice (already ${before})`,
          });
        }
        seen.set(metric, role);
      });
    }
    (experiment.segments ?? []).forEach((name, index, all) => {
      if (all.indexOf(name) === index) return;
      context.addIssue({ code: 'custom', path: ['segments', index], message: `${name} is named twice` });
    });
    if (experiment.layer_share !== undefined && experiment.layer_id === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['layer_share'],
        message: 'is a share of a layer: name it by layer_id',
      });
    }
    const { start_date: start, end_date: end } = experiment;
    if (start !== undefined && end !== undefined && Date.parse(end) <= Date.parse(start)) {
      context.addIssue({ code: 'custom', path: ['end_date'], message: 'must be after start_date' });
    }
  });

/** As people may write it, with defaults left out. */
export type ExperimentInput = z.input<typeof experimentSchema>;
/** As the store keeps it, with defaults filled in. */
export type ExperimentDefinition = z.output<typeof experimentSchema>;

/** The name of the control: the declared one, else the variant called `control`, else the first variant. */
export function controlOf(definition: Pick<ExperimentDefinition, 'variants' | 'control'>): string {
  const names = Object.keys(definition.variants);
  return definition.control ?? (names.includes('control') ? 'control' : names[0]!);
}

/** The flag that it drives: an existing one, or one of its own that has the experiment's id. */
export function flagOf(definition: Pick<ExperimentDefinition, 'flag_id' | 'experiment_id'>): string {
  return definition.flag_id ?? definition.experiment_id;
}

/** The body of POST …/start. `duration` counts from the start and replaces an end date. */
export const startSchema = z
  .strictObject({
    start_date: z.union([z.literal('now'), timeSchema]).optional(),
    end_date: timeSchema.optional(),
    duration: durationSchema.optional(),
  })
  .refine((body) => body.duration === undefined || body.end_date === undefined, {
    path: ['duration'],
    message: 'give duration or end_date, not both',
  });
export type StartInput = z.output<typeof startSchema>;
