import { z } from 'zod';
import type { Exploratory } from '../../src/lifecycle/exploratory.js';
import type { SegmentResult } from '../../src/metrics/by-segment.js';
import { METRIC_KINDS, METRIC_ROLES } from '../../src/model/metric.js';
import type { Evidence } from '../../src/stats/evidence.js';

// docs/statistics.md says what each number means.

export const metricKind = z.enum(METRIC_KINDS);
export const metricRole = z.enum(METRIC_ROLES);

/** A number, or null for "there is no answer". */
const maybe = z.number().nullable();

const guardrail = z.strictObject({
  margin: z.number(),
  z: maybe,
  log_e_harm: maybe,
  log_e_non_inferior: maybe,
  harm: z.boolean(),
  non_inferior: z.boolean(),
  p_value: maybe,
  status: z.enum(['ok', 'blind']),
  lacks: z.enum(['data', 'threshold', 'evidence']).optional(),
  exclusions: z.array(z.strictObject({ harm: z.number(), log_e: maybe, error_free_limit: maybe })).optional(),
});

const limits = { lower: maybe, upper: maybe, relative_lower: maybe, relative_upper: maybe };

const sequence = z.strictObject({ alpha: z.number(), half_width: maybe, ...limits, p_value: maybe });

export const validNow = z.strictObject({ kind: z.enum(['sequence', 'final']), ...limits });

const note = z.enum([
  'too_few_units',
  'zero_variance',
  'zero_denominator',
  'control_is_zero',
  'unbounded',
  'no_threshold',
  'beyond_margin',
]);

const comparison = z
  .strictObject({
    variant: z.string(),
    control_value: maybe,
    value: maybe,
    difference: maybe,
    standard_error: maybe,
    z: maybe,
    p_value: maybe,
    welch_df: maybe.optional(),
    estimate: maybe,
    valid_now: validNow,
    final: z.strictObject({ z: maybe, p_value: maybe, ...limits }),
    relative: z.strictObject({
      lift: maybe,
      lower: maybe,
      upper: maybe,
      level: z.number(),
      bounded: z.boolean(),
    }),
    absolute: z.strictObject({ lower: maybe, upper: maybe, level: z.number() }),
    sequence,
    sequence_at_final: sequence.optional(),
    sequence_of_harm: sequence.optional(),
    bayes: z.strictObject({
      chance_to_win: maybe,
      expected_loss: maybe,
      credible: z.strictObject({ level: z.number(), lower: maybe, upper: maybe }),
    }),
    guardrail: guardrail.optional(),
    cuped: z.strictObject({ theta: z.number(), variance_saved: maybe }).optional(),
    novelty: z
      .strictObject({ slope: z.number(), z: z.number(), days: z.number().int() })
      .nullable()
      .optional(),
    notes: z.array(note).optional(),
  })
  .meta({ id: 'Comparison', description: 'One treatment against the control.' });

export const evidence = z
  .strictObject({
    srm: z.strictObject({
      chi_square: maybe,
      p_value: maybe,
      log_bayes_factor: z.number(),
      alarm: z.boolean(),
    }),
    metrics: z.array(
      z.strictObject({
        metric_id: z.string(),
        role: metricRole,
        kind: metricKind,
        comparisons: z.array(comparison),
      }),
    ),
    segments: z
      .array(
        z.strictObject({
          segment: z.string(),
          guardrails: z.array(
            z.strictObject({
              metric_id: z.string(),
              variant: z.string(),
              margin: z.number(),
              log_e_harm: maybe,
              p_value: maybe,
            }),
          ),
          primaries: z.array(
            z.strictObject({ metric_id: z.string(), variant: z.string(), lower: maybe, upper: maybe }),
          ),
          units: z.record(z.string(), z.number()),
        }),
      )
      .optional()
      .describe('What may prove harm to the units of one segment of the experiment.'),
  })
  .meta({ id: 'Evidence', description: 'What the sums of one look say.' }) satisfies z.ZodType<Evidence>;

const segmentComparison = z.strictObject({
  variant: z.string(),
  control_value: maybe,
  value: maybe,
  difference: maybe,
  lift: maybe,
  sequence,
  guardrail: z.strictObject({ margin: z.number(), log_e_harm: maybe, p_value: maybe }).optional(),
  discovery: z
    .boolean()
    .describe('By Benjamini and Hochberg, over all metrics and treatments in all segments.'),
  heterogeneity: z
    .strictObject({
      q: z.number(),
      df: z.literal(1),
      p_value: z.number().describe('By χ²: valid at one look that was planned.'),
      sequential_p: z.number().describe('Valid at every look.'),
      differs: z.boolean().describe('A discovery among all such tests of this look.'),
    })
    .nullable()
    .describe("Cochran's Q of the lift in the segment and the lift of all other units."),
  notes: z.array(note).optional(),
});

export const segmentResult = z
  .strictObject({
    segment: z.string(),
    units: z.record(z.string(), z.number()),
    metrics: z.array(
      z.strictObject({
        metric_id: z.string(),
        role: metricRole,
        comparisons: z.array(segmentComparison),
      }),
    ),
  })
  .meta({
    id: 'SegmentResult',
    description: 'What the units of one segment did; nothing ships for one segment by itself.',
  }) satisfies z.ZodType<SegmentResult>;

export const exploratory = z.strictObject({
  metric_id: z.string(),
  variant: z.string(),
  p_value: z.number(),
  discovery: z.boolean(),
}) satisfies z.ZodType<Exploratory>;
