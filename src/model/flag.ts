import { z } from 'zod';
import { conditionsSchema } from './conditions.js';
import { descriptionSchema, idSchema, namedSchema, nameSchema } from './id.js';
import { jsonSchema, type Json } from './json.js';
import { percentSchema } from './percent.js';
import { timeSchema } from './time.js';

const percent = percentSchema(0, 100);

const weightsSchema = namedSchema(percent);

/** A list that limits something to the named ones. An empty one would be for nothing, and is hardly ever meant. */
function someNames(otherwise: string) {
  return z.array(nameSchema).min(1, `names at least one: leave it out ${otherwise}`).max(100);
}

/** From (inclusive) to until (exclusive); open on a side that is not given. */
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
  /** Segments, as in an experiment's audience. A rule without an audience is for every unit. */
  audience: z
    .strictObject({ include: z.array(nameSchema).max(100), exclude: z.array(nameSchema).max(100) })
    .optional(),
  environments: someNames('for every environment').optional(),
  /** The experiment whose winner this rule serves. */
  experiment_id: idSchema.optional(),
});

/** The fields of a flag as people write them, each by itself. */
const flagInputFields = z.strictObject({
  flag_id: idSchema,
  description: descriptionSchema.optional(),
  enabled: z
    .boolean()
    .optional()
    .describe('Whether the flag is on. A boolean flag must say it; the others are on where it is left out.'),
  environments: someNames('for every environment').optional(),
  /** Outside of its schedule a flag is served as if it were disabled. */
  schedule: scheduleSchema.optional(),
  /** Flags that must give one of these variants (`on` if none is named). Otherwise this flag does not apply. */
  prerequisites: z
    .array(
      z.strictObject({ flag_id: idSchema, variants: z.array(nameSchema).min(1).max(100).default(['on']) }),
    )
    .max(20)
    .optional(),
  target_segments: someNames('for every unit').optional(),
  rules: z.array(ruleSchema).max(100).optional(),
  rollout_percentage: percent.optional(),
  variants: namedSchema(
    z.strictObject({
      weight: percent,
      config: jsonSchema.optional(),
      description: descriptionSchema.optional(),
    }),
  ).optional(),
  /** What a multivariate flag serves where it does not apply; null for the code's own default. */
  off_variant: nameSchema.nullable().optional(),
  value_type: z.enum(['string', 'number', 'boolean', 'object']).optional(),
  default: jsonSchema.optional(),
  segments: namedSchema(jsonSchema).optional(),
  /** Goes out with every evaluation. */
  metadata: namedSchema(z.union([z.string().max(500), z.number(), z.boolean()]))
    .refine((metadata) => Object.keys(metadata).length <= 50, 'has at most 50 entries')
    .optional(),
  tags: z.array(nameSchema).max(50).optional(),
  owner: z.string().min(1).max(200).optional(),
});

/** The fields of a flag as it is stored. */
export const flagFields = flagInputFields.extend({ enabled: z.boolean() });

/** A flag of one of three kinds, which its fields tell: boolean, multivariate (`variants`) or config (`default`). */
export const flagSchema = flagInputFields
  .superRefine((flag, context) => {
    const report: Report = (path, message, code = 'invalid_value') =>
      context.addIssue({ code: 'custom', path, message, params: { code } });
    checkFields(flag, report);
    checkVariants(flag, report);
    checkPrerequisites(flag, report);
    checkConfig(flag, report);
    for (const [index, rule] of (flag.rules ?? []).entries()) checkRule(flag, rule, index, report);
  })
  .transform((flag) => ({ ...flag, enabled: flag.enabled ?? true }));

export type FlagInput = z.input<typeof flagSchema>;
export type Flag = z.output<typeof flagSchema>;
type WrittenFlag = z.output<typeof flagInputFields>;
export type FlagKind = 'boolean' | 'multivariate' | 'config';

export function kindOf(flag: Partial<Pick<Flag, 'variants' | 'value_type' | 'default'>>): FlagKind {
  if (flag.variants !== undefined) return 'multivariate';
  return flag.value_type !== undefined || flag.default !== undefined ? 'config' : 'boolean';
}

type Path = (string | number)[];
type Report = (path: Path, message: string, code?: string) => void;

/** The fields that a flag of each kind cannot have. */
const FOREIGN_FIELDS: Record<FlagKind, readonly (keyof WrittenFlag)[]> = {
  multivariate: ['value_type', 'default', 'segments'],
  boolean: ['segments', 'off_variant'],
  config: ['variants', 'off_variant'],
};

function checkFields(flag: WrittenFlag, report: Report): void {
  const kind = kindOf(flag);
  for (const name of FOREIGN_FIELDS[kind]) {
    if (flag[name] !== undefined) report([name], `a ${kind} flag has no ${name}`);
  }
  if (kind !== 'boolean' && flag.rollout_percentage !== undefined) {
    report(['rollout_percentage'], 'only a boolean flag has a rollout percentage');
  }
  // Nothing that was left out may switch something on for everybody.
  if (kind === 'boolean' && flag.enabled === undefined) {
    report(['enabled'], 'is missing: a boolean flag says whether it is on, true or false', 'required');
  }
}

function checkVariants({ variants, off_variant }: WrittenFlag, report: Report): void {
  if (!variants) return;
  const weights = Object.entries(variants).map(([name, { weight }]) => [name, weight] as const);
  const isForRulesOnly = weights.length > 0 && weights.every(([, weight]) => weight === 0);
  if (!isForRulesOnly || off_variant === undefined) {
    checkWeights(Object.fromEntries(weights), ['variants'], report);
  }
  if (typeof off_variant === 'string' && !variants[off_variant]) {
    report(['off_variant'], 'is not a variant of the flag', 'unknown_variant');
  }
}

function checkPrerequisites({ flag_id, prerequisites = [] }: WrittenFlag, report: Report): void {
  for (const [index, prerequisite] of prerequisites.entries()) {
    if (prerequisite.flag_id === flag_id)
      report(['prerequisites', index, 'flag_id'], 'a flag cannot need itself');
  }
}

function checkConfig(flag: WrittenFlag, report: Report): void {
  if (kindOf(flag) !== 'config') return;
  if (flag.default === undefined) report(['default'], 'a config flag has a default', 'required');
  if (flag.value_type === undefined) report(['value_type'], 'a config flag has a value_type', 'required');
  checkType(flag, flag.default, ['default'], report);
  for (const [name, value] of Object.entries(flag.segments ?? {})) {
    checkType(flag, value, ['segments', name], report);
  }
}

type Rule = NonNullable<WrittenFlag['rules']>[number];

function checkRule(flag: WrittenFlag, { value, variants }: Rule, index: number, report: Report): void {
  if ((value === undefined) === (variants === undefined)) {
    report(['rules', index], 'a rule has either a value or variants');
  }
  if (variants) checkRuleVariants(flag, variants, ['rules', index, 'variants'], report);
  if (value !== undefined) checkRuleValue(flag, value, ['rules', index, 'value'], report);
}

function checkRuleVariants(
  flag: WrittenFlag,
  weights: Record<string, number>,
  path: Path,
  report: Report,
): void {
  if (kindOf(flag) !== 'multivariate') report(path, 'only a multivariate flag has variants');
  checkWeights(weights, path, report);
  for (const name of Object.keys(weights)) {
    if (!flag.variants?.[name]) {
      report([...path, name], 'is not a variant of the flag', 'unknown_variant');
    }
  }
}

function checkRuleValue(flag: WrittenFlag, value: Json, path: Path, report: Report): void {
  switch (kindOf(flag)) {
    case 'boolean':
      if (typeof value !== 'boolean') report(path, 'must be true or false', 'type_mismatch');
      break;
    case 'multivariate':
      if (typeof value !== 'string' || !flag.variants?.[value]) {
        report(path, 'must be the name of a variant', 'unknown_variant');
      }
      break;
    case 'config':
      checkType(flag, value, path, report);
  }
}

function checkType({ value_type }: WrittenFlag, value: Json | undefined, path: Path, report: Report): void {
  if (value === undefined || value_type === undefined || typeOf(value) === value_type) return;
  report(path, `must be of type ${value_type}`, 'type_mismatch');
}

function checkWeights(weights: Record<string, number>, path: Path, report: Report): void {
  const hundredths = Object.values(weights).reduce((sum, weight) => sum + Math.round(weight * 100), 0);
  if (hundredths !== 10_000) report(path, `weights must add up to 100, they add up to ${hundredths / 100}`);
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
