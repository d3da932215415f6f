import { z } from 'zod';
import { ROW } from '../../src/lifecycle/decisions/rows.js';
import {
  EXPERIMENT_STATES,
  HOLD_CODES,
  type DecisionKind,
  type Outcome,
  type Reason,
  type TimelineKind,
} from '../../src/lifecycle/state.js';
import type { ToldDecision, ToldReason } from '../../src/lifecycle/told-reasons.js';
import type { SlotInterval } from '../../src/model/serving.js';

export const experimentState = z.enum(EXPERIMENT_STATES);

export const outcome = z.enum([
  'shipped',
  'rolled_back',
  'no_effect',
  'inconclusive',
  'stopped',
] satisfies Outcome[]);

export const holdCode = z.enum(HOLD_CODES);

export const decisionKind = z.enum([
  'advance',
  'continue',
  'hold',
  'roll_back',
  'winner',
  'no_effect',
  'inconclusive',
  'stop',
] satisfies DecisionKind[]);

export const timelineKind = z.enum([
  'created',
  'started',
  'flag_changed',
  'state_changed',
  'ramped',
  'held',
  'lifted',
  'decided',
  'command',
  'allocation_published',
  'fenced',
  'released',
  'note',
] satisfies TimelineKind[]);

/** Number of a row of the decision table. */
export const rowId = z.literal(Object.values(ROW));

const usedEvidence = z.strictObject({
  quantity: z.string(),
  metric_id: z.string().optional(),
  variant: z.string().optional(),
  segment: z.string().optional().describe('The segment whose units it is of; absent for all units.'),
  value: z.number().nullable(),
  threshold: z.number(),
});

/** As certificates hold it. */
export const reason = z
  .strictObject({ code: z.string(), text: z.string(), evidence: z.array(usedEvidence).optional() })
  .meta({
    id: 'Reason',
    description: 'Why something was decided, with the numbers that were compared.',
  }) satisfies z.ZodType<Reason>;

/** As people are told of it. */
export const toldReason = z
  .strictObject({
    code: z.string(),
    text: z.string(),
    decisive: z.boolean().describe('Whether it made the row match; the others are for information.'),
    evidence: z
      .array(
        usedEvidence.extend({
          op: z
            .enum(['>=', '<=', '>', '<'])
            .optional()
            .describe('How the value stands to the threshold; absent where there is no value.'),
        }),
      )
      .optional(),
  })
  .meta({
    id: 'ToldReason',
    description: 'Why something was decided: numbers against their thresholds.',
  }) satisfies z.ZodType<ToldReason>;

export const decision = z
  .strictObject({
    row: rowId,
    decision: decisionKind,
    reasons: z.array(toldReason),
    variant: z.string().optional(),
  })
  .meta({
    id: 'Decision',
    description: 'What was decided, and by which row of the table.',
  }) satisfies z.ZodType<ToldDecision>;

export const slotInterval = z.strictObject({
  from: z.number().int(),
  to: z.number().int(),
}) satisfies z.ZodType<SlotInterval>;
