import { z } from 'zod';
import type { WatchedPoint } from '../../src/anomalies/detect.js';
import {
  ANOMALY_KINDS,
  WATCH_BASELINES,
  WATCH_STATES,
  type Alarm,
  type Anomalies,
  type SeriesName,
} from '../../src/model/anomaly.js';
import { count, moment } from './common.js';

const maybe = z.number().nullable();

const name = {
  kind: z.enum(ANOMALY_KINDS),
  metric_id: z.string().optional(),
  variant: z
    .string()
    .optional()
    .describe('The treatment held against the control, or the arm that is silent.'),
};
const watchState = z
  .enum(WATCH_STATES)
  .describe('`alarm` holds the experiment; of `too_little_data` nothing is said, for or against.');

const point = z.strictObject({
  at: moment.describe('Beginning of the window.'),
  value: maybe.describe('A count, a share from 0 to 1, or a mean; null where there is none.'),
  expected: maybe.describe('What is usual; null where nothing is known to be.'),
  deviation: maybe.describe('In standard deviations, of earlier windows or of counting, whichever is more.'),
  state: watchState,
}) satisfies z.ZodType<Omit<WatchedPoint, 'at'>>;

const series = z.strictObject({
  ...name,
  state: watchState,
  since: moment.nullable().describe('When the alarm began.'),
  window_minutes: count,
  baseline: z
    .enum(WATCH_BASELINES)
    .describe('The same time of the same day of the week, the same time of day, or the last hours alone.'),
  points: z.array(point).describe('The newest windows that are over, oldest first; at most 36.'),
}) satisfies z.ZodType<SeriesName>;

export const anomalies = z
  .strictObject({
    experiment_id: z.string(),
    at: moment,
    until: moment.describe('Everything before it is folded; later windows are not over.'),
    series: z
      .array(series)
      .describe('Empty where no traffic flows, and of experiments that are not watched.'),
  })
  .meta({ id: 'Anomalies', description: 'What is watched minute by minute, and how it stands.' });

/** As a certificate has it. */
export const anomaliesOfLook = z.strictObject({
  alarms: z.array(
    z.strictObject({
      ...name,
      since: z.number(),
      value: z.number(),
      expected: z.number(),
      window: z.number(),
    }) satisfies z.ZodType<Alarm>,
  ),
  unwatched: count,
  watched: count,
}) satisfies z.ZodType<Anomalies>;
