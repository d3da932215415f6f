import { z } from 'zod';
import type { Certificate } from '../../src/certificates/certificate.js';
import { policySchema, type PolicyDocument } from '../../src/model/policy.js';
import { asDocument } from '../../src/validation.js';
import { count, numbers } from './common.js';
import { evidence, metricKind, metricRole } from './evidence.js';
import { anomaliesOfLook } from './anomalies.js';
import { decisionKind, holdCode, outcome, reason, rowId, slotInterval } from './lifecycle.js';

const integer = z.union([z.number(), z.string()]).describe('An integer; a decimal string beyond 2^53 − 1.');
const arms = z.record(z.string(), z.record(z.string(), integer));
const ms = z.number().describe('ms since the epoch');

const snapshot = z.strictObject({
  snapshot_id: z.string(),
  control: z.string(),
  allocation: numbers,
  planned_units: integer,
  at_horizon: z.boolean().optional(),
  alpha: z.strictObject({ interim: z.number(), final: z.number(), guardrail: z.number() }),
  mde: z.number().optional(),
  later_epochs: z.number().optional(),
  units: z.record(z.string(), integer).optional(),
  metrics: z.array(
    z.strictObject({
      metric_id: z.string(),
      role: metricRole,
      kind: metricKind,
      direction: z.enum(['increase', 'decrease']),
      scale: z.number().optional(),
      margin: z.number().optional(),
      prior_sd: z.number().optional(),
      arms,
      days: z.array(z.strictObject({ day: z.number().int(), arms })).optional(),
      strata: z.array(z.strictObject({ allocation: numbers, arms })).optional(),
    }),
  ),
  segments: z
    .array(
      z.strictObject({
        segment: z.string(),
        units: z.record(z.string(), integer),
        metrics: z.array(z.strictObject({ metric_id: z.string(), arms })),
      }),
    )
    .optional(),
});

const dwell = z.strictObject({ left: z.number(), since: ms.nullable() });
const answer = z.enum(['approved', 'rejected']);
const phase = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('scheduled') }),
  z.strictObject({ state: z.literal('queued') }),
  z.strictObject({ state: z.literal('ramping'), step: count, dwell, answer: answer.optional() }),
  z.strictObject({ state: z.literal('running') }),
  z.strictObject({ state: z.literal('awaiting_approval'), winner: z.string(), deadline: ms }),
  z.strictObject({ state: z.literal('rolling_out'), winner: z.string(), step: count, dwell }),
  z.strictObject({ state: z.literal('watching'), winner: z.string(), until: ms }),
  z.strictObject({ state: z.literal('rolling_back'), outcome: outcome.exclude(['shipped']) }),
  z.strictObject({ state: z.literal('completed'), outcome, winner: z.string().optional() }),
]);

const state = z.strictObject({
  phase,
  revision: count,
  epoch: count,
  dropped: z.array(z.string()),
  paused: z.strictObject({ by: z.string(), at: ms, reason: z.string().nullable() }).nullable(),
  holds: z.array(
    z.strictObject({
      code: holdCode,
      since: ms,
      lifts_when: z.string(),
      detail: z.string().optional(),
      reminded: ms.optional(),
    }),
  ),
  extended_to: ms.nullable(),
  sample_complete_at: ms.nullable(),
  final_snapshot_id: z.string().nullable(),
});

const look = z.strictObject({
  snapshot_id: z.string(),
  at: ms,
  revision: count,
  epoch: count,
  units: numbers,
  running_p: z.record(z.string(), numbers),
  quantiles: z.record(z.string(), z.record(z.string(), z.number().nullable())),
  crossed_over: z.number(),
  untold_units: z.number().optional(),
  last_event_at: ms.nullable(),
  backlog_ms: z.number(),
  folded_until: ms,
  stale_guardrails: z.array(z.string()),
  silent_guardrails: z.array(z.string()),
  anomalies: anomaliesOfLook.optional(),
  flag_enabled: z.boolean(),
  freezes: z.array(z.strictObject({ from: ms, to: ms })),
});

const policyDocument = asDocument<PolicyDocument>(policySchema);

const plan = z.strictObject({
  experiment_id: z.string(),
  engine_version: z.number().int(),
  control: z.string(),
  arms: z.array(z.strictObject({ variant: z.string(), ...slotInterval.shape })),
  metrics: z.array(
    z.strictObject({
      metric_id: z.string(),
      role: metricRole,
      direction: z.enum(['increase', 'decrease']),
      window: z.number().optional().describe('ms from the first exposure until a unit counts'),
    }),
  ),
  start_at: ms,
  end_at: ms,
  sample_size: z.number().optional(),
  segments: z.array(z.string()).optional(),
  layer: z.strictObject({ layer_id: z.string(), slots: z.number().int() }).optional(),
  owner: z.string().optional(),
  authors: z.array(z.string()).optional(),
});

/** A decision with all that it rests on. */
export const certificate = z
  .strictObject({
    certificate_version: z.literal(1),
    experiment_id: z.string(),
    n: z.number().int(),
    at: z.iso.datetime(),
    row: rowId,
    decision: decisionKind,
    variant: z.string().optional(),
    reasons: z.array(reason),
    policy: policyDocument,
    engine_version: z.number().int(),
    snapshot: snapshot.nullable(),
    evidence: evidence.nullable(),
    circumstances: z
      .strictObject({ plan, state, look, final: z.strictObject({ snapshot, look }).optional() })
      .nullable(),
    previous_hash: z.string().nullable(),
    hash: z.string(),
  })
  .meta({
    id: 'Certificate',
    description:
      'A decision with everything it rests on; `hash` is SHA-256 over the canonical JSON of the rest.',
  }) satisfies z.ZodType<Certificate>;
