import { z } from 'zod';
import type { Backtest } from '../../src/rehearsal/backtest.js';
import { actorName, count, moment, numbers, pageOf } from './common.js';
import { evidence, exploratory, segmentResult, validNow } from './evidence.js';
import { decision, decisionKind, outcome, rowId, timelineKind, toldReason } from './lifecycle.js';

const integer = z
  .union([z.number().int(), z.string().regex(/^-?\d+$/)])
  .describe('An integer; a decimal string beyond 2^53 − 1.');

const snapshotFields = {
  experiment_id: z.string(),
  snapshot_id: z.string(),
  at: moment,
  revision: count,
  epoch: count.describe('0 is the experiment, later ones its roll-out.'),
  units: numbers,
  crossed_over: z.number().describe('Units that were seen in two arms; they are not counted.'),
  last_event_at: moment.nullable(),
  lag_seconds: z
    .number()
    .nullable()
    .describe('How long the oldest event waited to be folded; null where that was not known.'),
  stale_guardrails: z.array(z.string()).describe('They had data, and have had none for too long.'),
  silent_guardrails: z.array(z.string()).describe('They never had any data.'),
  unmeasured: z
    .array(
      z.strictObject({
        metric_id: z.string(),
        variant: z.string(),
        code: z.enum(['too_few_units', 'no_threshold', 'zero_denominator']),
        arm: z.string().describe('The arm that lacks something.'),
        have: count,
        need: count,
      }),
    )
    .describe('Comparisons without a difference to the control, and what each lacks.'),
  evidence,
  uncompared: z
    .string()
    .nullable()
    .describe('Why the evidence compares nothing; null where it compares metrics.'),
  exploratory: z.array(exploratory),
  running_p: z.record(z.string(), numbers),
  quantiles: z.record(z.string(), z.record(z.string(), z.number().nullable())),
};

export const snapshot = z.strictObject(snapshotFields).meta({ id: 'Snapshot' });
export type SnapshotAnswer = z.output<typeof snapshot>;
export const snapshotPage = pageOf(snapshot);

const number = z.number().nullable();
const lift = z
  .strictObject({
    snapshot_id: z.string(),
    at: moment,
    variant: z.string(),
    units: numbers,
    primaries: z.array(
      z.strictObject({
        metric_id: z.string(),
        lift: number,
        estimate: number.describe('What is to be expected, relative to the control.'),
        difference: number,
        interval: validNow.nullable(),
        text: z.string(),
        reason: z.string().nullable().describe('Why there is no lift.'),
      }),
    ),
  })
  .meta({ id: 'Lift', description: "One look's lift of the winner, for every primary." });
export type LiftAnswer = z.output<typeof lift>;

export const results = z
  .strictObject({
    ...snapshotFields,
    decision: decision.nullable(),
    decision_n: count
      .nullable()
      .describe('The number of that decision; its certificate has all that it rests on.'),
    harm_threshold: z
      .number()
      .nullable()
      .describe('E-value at which harm is proven in the epoch of this look.'),
    segments: z
      .array(segmentResult)
      .describe(
        'What the units of each segment of the experiment did; empty where it has none. Exploratory.',
      ),
    untold_units: count
      .nullable()
      .describe(
        'Units of which nobody told in which segments they are: they count in the whole only. Null without segments.',
      ),
    lift_at_decision: lift.nullable(),
    lift_after_watch: lift.nullable(),
  })
  .meta({
    id: 'Results',
    description:
      "The evidence of one look, the last decision (where a look is asked for, the one that stood after it), and the winner's lift: as decided on, and from the watch.",
  });
export type ResultsAnswer = z.output<typeof results>;

const variantTotals = z.record(
  z.string(),
  z.strictObject({ units: integer, metrics: z.record(z.string(), z.record(z.string(), integer)) }),
);

export const totals = z.strictObject({
  at: moment,
  lag_seconds: z.number(),
  crossed_over: integer,
  duplicates: integer,
  excessive: integer,
  before_exposure: integer.describe(
    'Events of its metrics with a timestamp before the first exposure of their unit.',
  ),
  out_of_range: integer.describe(
    'Values that a metric could not count, and own numbers of units beyond its limit.',
  ),
  variants: variantTotals,
  segments: z
    .record(z.string(), variantTotals)
    .optional()
    .describe('The same of the units of each segment of the experiment.'),
  untold_units: integer
    .optional()
    .describe('Of an experiment with segments: units of which nobody told in which they are.'),
});

export const decisionPage = pageOf(
  z.strictObject({
    n: z.number().int(),
    at: moment,
    row: rowId,
    decision: decisionKind,
    variant: z.string().optional(),
    reasons: z.array(toldReason),
    snapshot_id: z.string().nullable(),
    certificate_hash: z.string(),
  }),
);

const timelineLine = z
  .strictObject({
    seq: z.number().int(),
    at: moment,
    kind: timelineKind,
    actor: z.strictObject({
      type: z.enum(['engine', 'person', 'system']),
      id: z.string(),
      name: actorName.optional(),
    }),
    revision: count,
    reason: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'TimelineLine', description: 'Something that happened to an experiment.' });

export const timelinePage = pageOf(timelineLine);

export const backtest = z.strictObject({
  experiment_id: z.string(),
  policy: z.strictObject({ id: z.string(), version: z.number().int() }),
  snapshots: count,
  decisions: z.array(
    z.strictObject({
      n: z.number().int(),
      at: moment,
      row: rowId,
      decision: decisionKind,
      reasons: z.array(toldReason),
      variant: z.string().optional(),
    }),
  ),
  outcome: z.union([outcome, z.enum(['shipping', 'undecided'])]),
  winner: z.string().nullable(),
  decided_at: moment.nullable(),
  caveats: z.array(z.string()),
}) satisfies z.ZodType<Omit<Backtest, 'decisions' | 'decided_at'>>;
