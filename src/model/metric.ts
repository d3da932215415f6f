import { z } from 'zod';
import { descriptionSchema, idSchema, isPlainText, plainTextRule } from './id.js';
import { jsonSchema } from './json.js';
import { isPropertyName, MOST_PROPERTIES, PROPERTY_NAME_RULE } from './property.js';
import { durationSchema } from './time.js';

/** What a metric is to an experiment: what it should move, what is interesting, what must not be harmed. */
export const METRIC_ROLES = ['primary', 'secondary', 'guardrail'] as const;
export type MetricRole = (typeof METRIC_ROLES)[number];

/** The kinds by name; what each of them is stands in src/metrics/kinds. */
export const METRIC_KINDS = ['proportion', 'mean', 'ratio', 'quantile', 'error_rate'] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/** What a unit's events make. */
export const AGGREGATES = ['sum', 'count', 'max', 'last'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

const propertyNameSchema = z.string().refine(isPropertyName, PROPERTY_NAME_RULE);

const eventTypeSchema = z.string().refine((text) => isPlainText(text, 128), plainTextRule(128));

/**
 * The fields of a metric: how a unit's events become one number, and which way is good. `docs/api.md` explains each.
 * Which kinds have which of them is checked by the schema in src/metrics.
 */
export const metricFields = z.strictObject({
  metric_id: idSchema,
  kind: z.enum(METRIC_KINDS),
  /** Type of the events that it counts or adds up. */
  event: eventTypeSchema,
  /** A ratio divides by the number of these events; it may be `event` itself. */
  denominator_event: eventTypeSchema.optional(),
  /** Only events whose properties meet these conditions count; of a ratio those of the numerator. */
  where: z.record(z.string(), jsonSchema).optional(),
  /** The property that is the number. Without it that is the event's own `value`. */
  value: propertyNameSchema.optional(),
  /** What a unit's events make: the sum of their values (a mean's default), their number (a ratio's), the greatest, the last. */
  aggregate: z.enum(AGGREGATES).optional(),
  /** Of the named properties, those that are kept also where they look like an e-mail address or the like. */
  personal_properties: z.array(propertyNameSchema).min(1).max(MOST_PROPERTIES).optional(),
  direction: z.enum(['increase', 'decrease']),
  /** Integers per unit of the value: 1000 keeps three decimals. */
  scale: z.number().int().min(1).max(1e9).default(1),
  /** Which quantile of the values, for a quantile. */
  quantile: z.number().gt(0).lt(1).optional(),
  /**
   * Greatest value of a unit that counts (in the metric's own unit), or the percentile of units at which it lies: the
   * start of an experiment makes a number of it, from what earlier experiments with this metric measured.
   */
  cap: z
    .union([z.number().gt(0).max(1e12), z.strictObject({ percentile: z.number().min(90).lt(100) })], {
      error: 'must be a number greater than 0, or {"percentile": P} with P from 90 to below 100',
    })
    .optional(),
  /** Events count from the first exposure until this much later, and a unit counts once it has passed. */
  window: durationSchema.optional(),
  /** Events count only from this much after the first exposure on. */
  delay: durationSchema.optional(),
  unit: z.string().min(1).max(40).optional(),
  description: descriptionSchema.optional(),
});

/** The fields that only some kinds have. */
export const KIND_FIELDS = ['cap', 'aggregate', 'value', 'denominator_event', 'quantile'] as const;
export type KindField = (typeof KIND_FIELDS)[number];

/** A metric as people write it. */
export type MetricDocument = z.input<typeof metricFields>;
/** A metric as the engine counts it: durations in milliseconds, a cap that is a number, and portable conditions. */
export type Metric = Omit<z.output<typeof metricFields>, 'cap' | 'where'> & {
  /** In JSON: their operators begin with a dollar sign, which fields of an update must not. */
  where?: string;
  cap?: number;
  /** The cap is to lie at this percentile of units. Until a start has made a number of it, nothing is capped. */
  cap_percentile?: number;
};

/** Why an event does not count: its type, the metric's conditions, no number where one is wanted, or one too large. */
export const NOT_COUNTED = ['other_type', 'condition', 'no_value', 'out_of_range'] as const;
export type NotCounted = (typeof NOT_COUNTED)[number];

/** The types of events that a metric is made of. */
export function eventTypesOf({ event, denominator_event }: Metric): string[] {
  return denominator_event === undefined || denominator_event === event
    ? [event]
    : [event, denominator_event];
}

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
    metric_id: 'errors_per_user',
    kind: 'mean',
    aggregate: 'count',
    event: 'error',
    direction: 'decrease',
    cap: 20,
    description: 'Errors per unit, of which at most 20 count.',
  },
  {
    metric_id: 'error_share',
    kind: 'ratio',
    event: 'error',
    denominator_event: 'request',
    direction: 'decrease',
    description: 'Errors per request.',
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
    cap: { percentile: 99.9 },
    description:
      'Revenue per unit, capped at the 99.9th percentile of units where an earlier experiment measured it.',
  },
];
