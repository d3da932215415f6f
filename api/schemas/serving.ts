import { z } from 'zod';
import type { Rejected } from '../../src/ingest/intake.js';
import type { RulesetDocument } from '../../src/assignment/document.js';
import { MOST_SEGMENTS } from '../../src/model/frozen-segments.js';
import { idSchema, unitIdSchema } from '../../src/model/id.js';
import { jsonSchema } from '../../src/model/json.js';
import { numberText } from '../query.js';
import { count } from './common.js';

// These calls check by hand what they take thousands of times a second; the schemas here document them, and the tests
// hold every answer against them.

const attributes = z.record(z.string(), z.unknown());

export const assignmentRequest = z.strictObject({
  unit_id: unitIdSchema,
  attributes: attributes.optional(),
  exposure: z.boolean().default(true),
});
export const assignmentsRequest = assignmentRequest.omit({ exposure: true });

const assignmentReason = z.enum([
  'SPLIT',
  'FENCED',
  'STALE',
  'OPTED_OUT',
  'EXCLUDED',
  'OVERRIDE',
  'NOT_TARGETED',
  'HOLDOUT',
  'LAYER',
  'NOT_ENROLLED',
  'NOT_RUNNING',
]);
const assigned = {
  variant: z.string(),
  // The value that the variant serves; null where it has none.
  config: jsonSchema,
  in_experiment: z.boolean(),
  reason: assignmentReason,
  revision: count,
  segments: z
    .array(idSchema)
    .optional()
    .describe("The experiment's segments that the unit is in; only within an experiment that has segments."),
};

export const assignment = z
  .strictObject({ experiment_id: z.string(), unit_id: z.string(), ...assigned })
  .meta({ id: 'Assignment' });
export const assignments = z.strictObject({
  unit_id: z.string(),
  revision: count,
  assignments: z.array(z.strictObject({ experiment_id: z.string(), ...assigned })),
});

export const eventsRequest = z
  .array(
    z.looseObject({
      event_id: z.string().min(1).max(128),
      type: z.string().min(1).max(128),
      unit_id: unitIdSchema,
      timestamp: z.iso.datetime({ offset: true }),
      value: z.number().optional(),
      experiment_id: z.string().optional().describe('Exposures only.'),
      variant: z.string().optional().describe('Exposures only.'),
      segments: z
        .array(idSchema)
        .max(MOST_SEGMENTS)
        .optional()
        .describe('Exposures only: the segments that the assignment named.'),
      properties: attributes.optional(),
    }),
  )
  .max(1000);
export const eventsAnswer = z.strictObject({
  accepted: count,
  duplicates: count,
  rejected: z.array(
    z.strictObject({
      index: count,
      code: z.enum([
        'malformed_json',
        'missing_field',
        'invalid_field',
        'not_finite',
        'future_timestamp',
        'too_old',
        'value_out_of_range',
      ] satisfies Rejected['code'][]),
      message: z.string(),
    }),
  ),
});

const outcome = z.strictObject({ variant: z.string().optional(), value: jsonSchema.optional() });
const serve = z.union([z.strictObject({ split: z.array(z.tuple([z.number(), outcome])) }), outcome]);
const conditions = z.record(z.string(), z.unknown());
const schedule = z.strictObject({ from: z.number().optional(), until: z.number().optional() });
const rule = { conditions, serve, schedule: schedule.optional() };
const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const reason = z.enum(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'DEFAULT', 'STALE']);
const range = [z.number().int(), z.number().int()] as const;

const flagRules = z.strictObject({
  key: z.string(),
  revision: count,
  metadata: metadata.optional(),
  off: outcome,
  inactive: z.enum(['DISABLED', 'DEFAULT']).optional(),
  schedule: schedule.optional(),
  prerequisites: z.array(z.strictObject({ flag: z.string(), variants: z.array(z.string()) })).optional(),
  before: z.array(z.strictObject(rule)).optional(),
  experiments: z
    .array(z.strictObject({ experiment_id: z.string(), outcomes: z.record(z.string(), outcome) }))
    .optional(),
  after: z.array(z.strictObject({ ...rule, reason })).optional(),
  else: serve,
  else_reason: reason,
});

const experimentRules = z.strictObject({
  experiment_id: z.string(),
  flag: z.string(),
  salt: z.string(),
  control: z.string(),
  revision: count,
  live: z.boolean(),
  fenced: z.boolean().optional(),
  inactive: z.boolean().optional(),
  conditions,
  holdouts: z.array(z.tuple([z.string(), z.number()])).optional(),
  layer: z.strictObject({ salt: z.string(), slots: z.array(z.tuple(range)) }).optional(),
  ranges: z.array(z.tuple([...range, z.string()])),
  excluded: z.array(z.string()).optional(),
  overrides: z.record(z.string(), z.string()).optional(),
  configs: z.record(z.string(), jsonSchema).optional(),
  segments: z
    .strictObject({ names: z.array(z.string()), conditions: z.record(z.string(), conditions) })
    .optional(),
});

export const ruleset = z
  .strictObject({
    format: z.literal(1),
    revision: count,
    environment: z.string(),
    stale_after_ms: count,
    salt: z.string(),
    segments: z.record(z.string(), conditions),
    flags: z.array(flagRules),
    experiments: z.array(experimentRules),
    opted_out: z.array(z.string()),
  })
  .meta({
    id: 'Ruleset',
    description: 'docs/snapshot.md says what each field means.',
  }) satisfies z.ZodType<RulesetDocument>;

export const noQuery = z.strictObject({});

export const snapshotQuery = z.strictObject({
  instance_id: idSchema.optional().describe('The service that asks; new at each of its starts.'),
  serving: numberText({
    least: -1,
    most: Number.MAX_SAFE_INTEGER,
    whole: true,
    message: 'must be the revision of the snapshot that is served',
  })
    .optional()
    .meta({ description: 'The revision that it serves now; -1 for none.' }),
  closing: z.enum(['true', 'false']).optional().describe('`true` where the service is about to end.'),
});
export type SnapshotQuery = z.output<typeof snapshotQuery>;

export const streamQuery = z.strictObject({
  token: z.string().optional().describe('Takes the place of a key; a bulk evaluation gives one.'),
});

// OpenFeature Remote Evaluation Protocol 0.3.

export const evaluationRequest = z.looseObject({
  context: z.looseObject({ targetingKey: z.string().optional().describe('The unit.') }).optional(),
});

const evaluationError = z.strictObject({
  key: z.string().optional(),
  errorCode: z.enum(['PARSE_ERROR', 'INVALID_CONTEXT', 'GENERAL', 'FLAG_NOT_FOUND', 'TARGETING_KEY_MISSING']),
  errorDetails: z.string(),
});
export const ofrepFailure = evaluationError.meta({ id: 'OfrepFailure' });

const evaluated = {
  key: z.string(),
  value: jsonSchema.optional().describe("Without a value the code's own default applies."),
  reason,
  variant: z.string().optional(),
  metadata,
};
export const evaluation = z.strictObject(evaluated).meta({ id: 'Evaluation' });
export const evaluations = z.strictObject({
  flags: z.array(z.union([evaluation, ofrepFailure])),
  metadata: z.strictObject({ revision: count }),
  eventStreams: z.array(
    z.strictObject({
      type: z.literal('sse'),
      endpoint: z.strictObject({ requestUri: z.string() }),
    }),
  ),
});
