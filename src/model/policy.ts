import { z } from 'zod';
import { ruleError } from '../calendar/freeze-windows.js';
import { idSchema } from './id.js';
import { percentSchema } from './percent.js';
import { durationSchema } from './time.js';

const percent = percentSchema(0.01, 100);
const probability = z.number().gt(0).lt(0.5);

/** A step of the ramp. `coverage` is the share of the eligible units that are enrolled, per cent. */
const rampStepSchema = z.strictObject({
  coverage: percent,
  min_dwell: durationSchema.optional(),
  min_units: z.number().int().min(1).optional(),
  exclude_harm: z.number().gt(0).max(10).optional(),
  /** Whether a person must approve the next step. */
  approval: z.boolean().optional(),
});

/** In a freeze window nothing advances or ships. It recurs by a cron expression or an iCalendar RRULE, in a time zone. */
const freezeWindowSchema = z
  .strictObject({
    description: z.string().max(200).optional(),
    cron: z.string().min(1).max(200).optional(),
    rrule: z.string().min(1).max(500).optional(),
    from: z.iso.datetime({ local: true }).optional(),
    time_zone: z.string().min(1).max(100).default('UTC'),
    duration: durationSchema,
  })
  .superRefine((window, context) => {
    const wrong = ruleError(window);
    if (wrong) context.addIssue({ code: 'custom', path: [wrong.field], message: wrong.message });
  });

const rolloutStepSchema = z.strictObject({ coverage: percent, min_dwell: durationSchema.optional() });

/** Of a guardrail, by metric id; `*` for all others. */
const marginSchema = z.strictObject({
  /** How much worse, relatively, counts as harm. */
  margin: z.number().gt(0).max(10),
  /** A rate that is surely below this is no harm where neither arm had an error: what `exclude_harm` asks for then. */
  floor: z.number().gt(0).lt(1).optional(),
});
const guardrailsSchema = z
  .object({
    alpha: probability,
    to_ship: z.enum(['no_harm', 'non_inferior']),
    /** Whether a guardrail that has no data yet, or no threshold, keeps a winner from shipping, or is only named. */
    without_data: z.enum(['hold', 'warn']).default('hold'),
  })
  .catchall(marginSchema);

/** The relative margin of a guardrail. */
export function marginOf(policy: Pick<Policy, 'guardrails'>, metric_id: string): number {
  const entry = policy.guardrails[metric_id] ?? policy.guardrails['*'];
  return typeof entry === 'object' ? entry.margin : DEFAULT_MARGIN;
}
const DEFAULT_MARGIN = 0.1;

function rising(steps: readonly { coverage: number }[]): boolean {
  return steps.every((step, index) => index === 0 || step.coverage > steps[index - 1]!.coverage);
}

const steps = <T extends { coverage: number }>(schema: z.ZodType<T, unknown>) =>
  z
    .array(schema)
    .min(1)
    .max(20)
    .refine(rising, 'coverage must rise from step to step')
    .refine((list) => list.at(-1)?.coverage === 100, 'the last step must have coverage 100');

const policyFields = z.strictObject({
  policy_id: idSchema,
  version: z.number().int().min(1),
  description: z.string().max(2000).optional(),
  ramp: steps(rampStepSchema),
  poll: z.strictObject({ ramping: durationSchema, running: durationSchema }),
  min_duration: durationSchema,
  max_duration: durationSchema,
  min_units_per_variant: z.number().int().min(1),
  planned_units: z.number().int().min(2).optional(),
  alpha: z.strictObject({ interim: probability, final: probability }),
  power: z.number().gt(0.05).lt(1),
  mde: z.number().gt(0).max(10),
  primary: z.enum(['any', 'all']),
  guardrails: guardrailsSchema,
  srm: z.strictObject({ alarm_bayes_factor: z.number().gt(1), grace: durationSchema }),
  stale_after: durationSchema,
  no_traffic_grace: durationSchema,
  max_hold: durationSchema,
  approvals: z.strictObject({ ship: z.boolean(), four_eyes: z.boolean().optional() }),
  approval_timeout: durationSchema,
  on_approval_timeout: z.enum(['hold', 'ship', 'control']),
  auto_ship: z.boolean(),
  rollout: steps(rolloutStepSchema),
  holdback: percentSchema(0, 50),
  watch: durationSchema,
  freeze_windows: z.array(freezeWindowSchema).max(50).default([]),
});

/**
 * How an experiment is run: a named, versioned document. A duration is a string such as `24h` in the document, and
 * milliseconds once it is parsed.
 */
export const policySchema = policyFields.refine((policy) => policy.min_duration <= policy.max_duration, {
  path: ['max_duration'],
  message: 'must not be shorter than min_duration',
});

/** The body of a PUT of a policy. Fields that are left out, at the top or one level below, are those of `standard`. */
export const policyChangeSchema = policyFields
  .extend({
    poll: policyFields.shape.poll.partial(),
    alpha: policyFields.shape.alpha.partial(),
    guardrails: policyFields.shape.guardrails.partial(),
    srm: policyFields.shape.srm.partial(),
    approvals: policyFields.shape.approvals.partial(),
  })
  .partial()
  .required({ policy_id: true });
export type PolicyChange = z.input<typeof policyChangeSchema>;

/** A policy as people write and read it: durations are strings. */
export type PolicyDocument = WithMargins<z.input<typeof policySchema>>;
/** A policy as it is run: durations are milliseconds. */
export type Policy = WithMargins<z.output<typeof policySchema>>;

/** TypeScript has no type for "these two keys, and margins under every other key". */
type WithMargins<T> = Omit<T, 'guardrails'> & {
  guardrails: {
    alpha: number;
    to_ship: 'no_harm' | 'non_inferior';
    without_data?: 'hold' | 'warn' | undefined;
    [metric_id: string]: number | string | { margin: number; floor?: number | undefined } | undefined;
  };
};

/** For experiments of weeks with real users. */
export const standardPolicy: PolicyDocument = {
  policy_id: 'standard',
  version: 1,
  ramp: [
    { coverage: 1, min_dwell: '1h' },
    { coverage: 5, min_dwell: '24h' },
    { coverage: 10, min_dwell: '24h' },
    { coverage: 25, min_dwell: '24h' },
    { coverage: 50, min_dwell: '24h' },
    { coverage: 100 },
  ],
  poll: { ramping: '5m', running: '1h' },
  min_duration: '7d',
  max_duration: '28d',
  min_units_per_variant: 1000,
  alpha: { interim: 0.01, final: 0.04 },
  power: 0.8,
  mde: 0.01,
  primary: 'any',
  guardrails: {
    error_rate: { margin: 0.05 },
    latency_p95: { margin: 0.2 },
    '*': { margin: 0.1 },
    alpha: 0.05,
    to_ship: 'no_harm',
    without_data: 'hold',
  },
  srm: { alarm_bayes_factor: 1000, grace: '24h' },
  stale_after: '30m',
  no_traffic_grace: '24h',
  max_hold: '72h',
  approvals: { ship: false },
  approval_timeout: '72h',
  on_approval_timeout: 'hold',
  auto_ship: true,
  rollout: [{ coverage: 50, min_dwell: '1h' }, { coverage: 100 }],
  holdback: 5,
  watch: '7d',
};

/** For demonstrations: an experiment takes about a minute. */
export const demoPolicy: PolicyDocument = {
  ...standardPolicy,
  policy_id: 'demo',
  ramp: [{ coverage: 10, min_dwell: '3s' }, { coverage: 50, min_dwell: '5s' }, { coverage: 100 }],
  poll: { ramping: '1s', running: '1s' },
  min_duration: '20s',
  max_duration: '10m',
  min_units_per_variant: 200,
  planned_units: 4000,
  guardrails: { ...standardPolicy.guardrails, without_data: 'warn' },
  srm: { alarm_bayes_factor: 1000, grace: '10s' },
  stale_after: '15s',
  no_traffic_grace: '15s',
  max_hold: '2m',
  approval_timeout: '2m',
  rollout: [{ coverage: 50, min_dwell: '2s' }, { coverage: 100 }],
  holdback: 10,
  watch: '5s',
};

/** For large sites: ships only variants that are proven not to harm any guardrail beyond its margin. */
export const strictPolicy: PolicyDocument = {
  ...standardPolicy,
  policy_id: 'strict',
  guardrails: { ...standardPolicy.guardrails, to_ship: 'non_inferior' },
};

/** The policies that every installation has. A PUT with the same id makes a new version. */
export const builtInPolicies: readonly PolicyDocument[] = [standardPolicy, strictPolicy, demoPolicy];
