import { z } from 'zod';
import { ROW } from '../../src/lifecycle/decisions/rows.js';
import {
  EXPERIMENT_STATES,
  HOLD_CODES,
  type Decision,
  type DecisionKind,
  type Outcome,
  type Reason,
  type TimelineKind,
} from '../../src/lifecycle/state.js';
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

export const reason = z
  .strictObject({
    code: z.string(),
    text: z.string(),
    evidence: z
      .array(
        z.strictObject({
          quantity: z.string(),
          metric_id: z.string().optional(),
          variant: z.string().optional(),
          value: z.number().nullable(),
          threshold: z.number(),
        }),
      )
      .optional(),
  })
  .meta({
    id: 'Reason',
    description: 'Why something was decided, with the numbers that were compared.',
  }) satisfies z.ZodType<Reason>;

export const decision = z
  .strictObject({
    row: rowId,
    decision: decisionKind,
    reasons: z.array(reason),
    variant: z.string().optional(),
  })
  .meta({
    id: 'Decision',
    description: 'What was decided, and by which row of the table.',
  }) satisfies z.ZodType<Decision>;

export const slotInterval = z.strictObject({
  from: z.number().int(),
  to: z.number().int(),
}) satisfies z.ZodType<SlotInterval>;
