import { z } from 'zod';
import { EXPOSURE } from './event.js';
import { descriptionSchema, idSchema, isPlainText } from './id.js';
import { durationSchema } from './time.js';

export const METRIC_KINDS = ['proportion', 'mean', 'ratio', 'quantile', 'error_rate'] as const;
export const AGGREGATES = ['sum', 'count', 'max', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

const textSchema = z
  .string()
  .refine((text) => isPlainText(text, 128), 'must be 1 to 128 bytes of UTF-8 without control characters');

const eventTypeSchema = textSchema.refine(
  (type) => type !== EXPOSURE,
  'exposures say who is in an experiment; no metric counts them',
);

/** Fields that mean something for some kinds only: elsewhere they are an error, never ignored. */
const FIELDS_OF_KINDS = {
  quantile: ['quantile'],
  denominator_event: ['ratio'],
  cap: ['mean'],
  aggregate: ['mean', 'ratio'],
  value: ['mean', 'ratio', 'quantile'],
} as const satisfies Record<string, readonly (typeof METRIC_KINDS)[number][]>;

/** A metric: how a unit's events become one number, and which way is good. `docs/api.md` explains each field. */
export const metricSchema = z
  .strictObject({
    metric_id: idSchema,
    kind: z.enum(METRIC_KINDS),
    /** Type of the events that it counts or adds up. */
    event: eventTypeSchema,
    /** Type of the events that a ratio divides by. */
    denominator_event: eventTypeSchema.optional(),
    /** Where an event has its number: `value`, or the name of one of its properties. */
    value: textSchema.optional(),
    /** Only events whose properties fulfil these conditions count. */
    where: z.record(z.string(), z.json()).optional(),
    /** How the values of a unit become one number; their sum, unless told otherwise. */
    aggregate: z.enum(AGGREGATES).optional(),
    direction: z.enum(['increase', 'decrease']),
    /** Integers per unit of the value: 1000 keeps three decimals. */
    scale: z.number().int().min(1).max(1e9).default(1),
    /** Which quantile of the values, for a quantile. */
    quantile: z.number().gt(0).lt(1).optional(),
    /** Greatest value of a unit that counts (in the metric's own unit). */
    cap: z.number().gt(0).max(1e12).optional(),
    /** Events count from the first exposure until this much later, and a unit counts once it has passed. */
    window: durationSchema.optional(),
    /** Events count only from this much after the first exposure on. */
    delay: durationSchema.optional(),
    unit: z.string().min(1).max(40).optional(),
    description: descriptionSchema.optional(),
  })
  .superRefine((metric, context) => {
    const wrong = (field: keyof typeof metric, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    for (const [field, kinds] of Object.entries(FIELDS_OF_KINDS)) {
      const name = field as keyof typeof FIELDS_OF_KINDS;
      if (metric[name] !== undefined && !kinds.includes(metric.kind)) {
        wrong(name, `only ${kinds.join(', ')} metrics have it, this one is of kind ${metric.kind}`);
      }
    }
    if (metric.kind === 'quantile' && metric.quantile === undefined) wrong('quantile', 'a quantile needs it');
    if (metric.kind === 'ratio' && metric.denominator_event === undefined) {
      wrong('denominator_event', 'a ratio needs it');
    }
    if (metric.aggregate === 'count' && metric.value !== undefined) wrong('value', 'a count reads no value');
    if (metric.delay !== undefined && (metric.window === undefined || metric.delay >= metric.window)) {
      wrong('delay', 'must be shorter than the window');
    }
  });

/** A metric as people write it. */
export type MetricDocument = z.input<typeof metricSchema>;
/** A metric as the engine counts it: durations in milliseconds. */
export type Metric = z.output<typeof metricSchema>;

/** Metrics every installation has; a PUT replaces one. */
export const builtInMetrics: readonly MetricDocument[] = [
  {
    metric_id: 'click_through_rate',
    kind: 'proportion',
    event: 'click',
    direction: 'increase',
    description: 'Share of units with at least one click.',
  },
  {
    metric_id: 'engagement_time',
    kind: 'mean',
    event: 'engagement',
    direction: 'increase',
    scale: 1000,
    unit: 's',
    description: 'Seconds of engagement per unit.',
  },
  {
    metric_id: 'playlist_creation',
    kind: 'proportion',
    event: 'playlist_created',
    direction: 'increase',
    description: 'Share of units that created a playlist.',
  },
  {
    metric_id: 'user_retention',
    kind: 'proportion',
    event: 'session',
    direction: 'increase',
    delay: '1d',
    window: '7d',
    description: 'Share of units with a session 1 to 7 days after the first exposure.',
  },
  {
    metric_id: 'error_rate',
    kind: 'error_rate',
    event: 'error',
    direction: 'decrease',
    description: 'Share of units with at least one error.',
  },
  {
    metric_id: 'latency_p95',
    kind: 'quantile',
    quantile: 0.95,
    event: 'request',
    direction: 'decrease',
    scale: 1000,
    unit: 'ms',
    description: 'Time that 95 % of requests stay below.',
  },
  {
    metric_id: 'revenue_per_user',
    kind: 'mean',
    event: 'purchase',
    direction: 'increase',
    scale: 100,
    description: 'Revenue per unit.',
  },
];
