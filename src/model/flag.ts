import { z } from 'zod';
import { conditionsSchema } from './conditions.js';
import { descriptionSchema, idSchema, nameSchema } from './id.js';
import { jsonSchema, type Json } from './json.js';
import { timeSchema } from './time.js';

const percent = z.number().min(0).max(100).multipleOf(0.01);

const weightsSchema = z.record(nameSchema, percent);

/** From (inclusive) to until (exclusive); without one of them, open on that side. */
const scheduleSchema = z
  .strictObject({ from: timeSchema.optional(), until: timeSchema.optional() })
  .refine(
    ({ from, until }) => from === undefined || until === undefined || Date.parse(from) < Date.parse(until),
    { path: ['until'], message: 'must be after from' },
  );

const ruleSchema = z.strictObject({
  description: descriptionSchema.optional(),
  conditions: conditionsSchema,
  schedule: scheduleSchema.optional(),
  value: jsonSchema.optional(),
  variants: weightsSchema.optional(),
  /** Segments, as in an experiment's audience; a rule without is for everybody. */
  audience: z
    .strictObject({ include: z.array(nameSchema).max(100), exclude: z.array(nameSchema).max(100) })
    .optional(),
  environments: z.array(nameSchema).max(100).optional(),
  /** The experiment whose winner this rule serves. */
  experiment_id: idSchema.optional(),
});

/** A flag of one of three kinds, told apart by its fields: boolean, multivariate (`variants`), config (`default`). */
export const flagSchema = z
  .strictObject({
    flag_id: idSchema,
    description: descriptionSchema.optional(),
    enabled: z.boolean().default(true),
    environments: z.array(nameSchema).max(100).optional(),
    /** Outside of it the flag is as if it were disabled. */
    schedule: scheduleSchema.optional(),
    /** Flags that must give one of these variants (`on` where none are named), else this one does not apply. */
    prerequisites: z
      .array(
        z.strictObject({ flag_id: idSchema, variants: z.array(nameSchema).min(1).max(100).default(['on']) }),
      )
      .max(20)
      .optional(),
    target_segments: z.array(nameSchema).max(100).optional(),
    rules: z.array(ruleSchema).max(100).optional(),
    rollout_percentage: percent.optional(),
    variants: z
      .record(
        nameSchema,
        z.strictObject({
          weight: percent,
          config: jsonSchema.optional(),
          description: descriptionSchema.optional(),
        }),
      )
      .optional(),
    /** What a multivariate flag serves where it does not apply; null: the code's own default. */
    off_variant: nameSchema.nullable().optional(),
    value_type: z.enum(['string', 'number', 'boolean', 'object']).optional(),
    default: jsonSchema.optional(),
    segments: z.record(nameSchema, jsonSchema).optional(),
    /** Goes out with every evaluation. */
    metadata: z
      .record(nameSchema, z.union([z.string().max(500), z.number(), z.boolean()]))
      .refine((metadata) => Object.keys(metadata).length <= 50, 'has at most 50 entries')
      .optional(),
    tags: z.array(nameSchema).max(50).optional(),
    owner: z.string().min(1).max(200).optional(),
  })
  .superRefine((flag, context) => {
    const wrong = (path: (string | number)[], message: string, code = 'invalid_value'): void =>
      context.addIssue({ code: 'custom', path, message, params: { code } });
    const kind = kindOf(flag);
    const fields = {
      multivariate: ['value_type', 'default', 'segments'],
      boolean: ['segments', 'off_variant'],
      config: ['variants', 'off_variant'],
    };
    for (const name of fields[kind]) {
      if (flag[name as keyof typeof flag] !== undefined) wrong([name], `a ${kind} flag has no ${name}`);
    }
    if (kind !== 'boolean' && flag.rollout_percentage !== undefined) {
      wrong(['rollout_percentage'], 'only a boolean flag has a rollout percentage');
    }
    if (flag.variants) {
      const weights = Object.entries(flag.variants).map(([name, one]) => [name, one.weight] as const);
      const isForNobody = weights.length > 0 && weights.every(([, weight]) => weight === 0);
      if (!isForNobody || flag.off_variant === undefined) weigh(Object.fromEntries(weights), ['variants']);
      if (typeof flag.off_variant === 'string' && !flag.variants[flag.off_variant]) {
        wrong(['off_variant'], 'is not a variant of the flag', 'unknown_variant');
      }
    }
    for (const [index, { flag_id }] of (flag.prerequisites ?? []).entries()) {
      if (flag_id === flag.flag_id) wrong(['prerequisites', index, 'flag_id'], 'a flag cannot need itself');
    }
    if (kind === 'config') {
      if (flag.default === undefined) wrong(['default'], 'a config flag has a default', 'required');
      if (flag.value_type === undefined) wrong(['value_type'], 'a config flag has a value_type', 'required');
      typed(flag.default, ['default']);
      for (const [name, value] of Object.entries(flag.segments ?? {})) typed(value, ['segments', name]);
    }
    for (const [index, rule] of (flag.rules ?? []).entries()) {
      if ((rule.value === undefined) === (rule.variants === undefined)) {
        wrong(['rules', index], 'a rule has either a value or variants');
      }
      if (rule.variants) {
        if (kind !== 'multivariate')
          wrong(['rules', index, 'variants'], 'only a multivariate flag has variants');
        weigh(rule.variants, ['rules', index, 'variants']);
        for (const name of Object.keys(rule.variants)) {
          if (!flag.variants?.[name]) {
            wrong(['rules', index, 'variants', name], 'is not a variant of the flag', 'unknown_variant');
          }
        }
      }
      if (rule.value === undefined) continue;
      if (kind === 'boolean' && typeof rule.value !== 'boolean') {
        wrong(['rules', index, 'value'], 'must be true or false', 'type_mismatch');
      }
      if (kind === 'multivariate' && !(typeof rule.value === 'string' && flag.variants?.[rule.value])) {
        wrong(['rules', index, 'value'], 'must be the name of a variant', 'unknown_variant');
      }
      if (kind === 'config') typed(rule.value, ['rules', index, 'value']);
    }

    function typed(value: Json | undefined, path: (string | number)[]): void {
      if (value === undefined || flag.value_type === undefined) return;
      const type = typeOf(value);
      if (type !== flag.value_type) wrong(path, `must be of type ${flag.value_type}`, 'type_mismatch');
    }

    function weigh(weights: Record<string, number>, path: (string | number)[]): void {
      const hundredths = Object.values(weights).reduce((sum, weight) => sum + Math.round(weight * 100), 0);
      if (hundredths !== 10_000)
        wrong(path, `weights must add up to 100, they add up to ${hundredths / 100}`);
    }
  });

export type FlagInput = z.input<typeof flagSchema>;
export type Flag = z.output<typeof flagSchema>;
export type FlagKind = 'boolean' | 'multivariate' | 'config';

export function kindOf(flag: Partial<Pick<Flag, 'variants' | 'value_type' | 'default'>>): FlagKind {
  if (flag.variants !== undefined) return 'multivariate';
  return flag.value_type !== undefined || flag.default !== undefined ? 'config' : 'boolean';
}

/** The type of a JSON value as `value_type` names it. */
export function typeOf(value: Json): 'string' | 'number' | 'boolean' | 'object' {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

export const segmentSchema = z.strictObject({
  segment_id: idSchema,
  description: descriptionSchema.optional(),
  conditions: conditionsSchema,
});
export type Segment = z.output<typeof segmentSchema>;
