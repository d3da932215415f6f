import { z } from 'zod';
import { NOT_COUNTED } from '../../src/model/metric.js';
import { DROPPED } from '../../src/model/property.js';
import { count, moment, properties } from './common.js';

const rate = {
  last_hour: count,
  by_minute: z.array(count).describe('Sixty numbers, the oldest minute first; the last one is not over.'),
};
const ids = z.array(z.string());
const similar = ids.describe('Types that are spelt nearly alike, nearest first.');

export const eventTypes = z
  .strictObject({
    since: moment.describe('When the first of the minutes began.'),
    types: z
      .array(
        z.strictObject({
          type: z.string(),
          last_at: moment.nullable().describe('When one arrived last; up to a minute old.'),
          kept: z.boolean().describe('A built-in metric or a live experiment counts such events.'),
          metrics: ids.describe('The metrics that count it.'),
          similar,
          ...rate,
        }),
      )
      .describe('The busiest first.'),
    more_types: count.describe('Types that are left out because there are so many.'),
    other_types: z.strictObject(rate).describe('Events of types of which there were too many to tell apart.'),
    unseen: z
      .array(z.strictObject({ type: z.string(), last_at: moment.nullable(), metrics: ids, similar }))
      .describe('Types that metrics count and of which nothing came for a day.'),
    rejected: z.array(z.strictObject({ code: z.string(), ...rate })).describe('Events that were refused.'),
    dropped: z
      .array(z.strictObject({ code: z.string(), ...rate }))
      .describe(`Properties that a metric names and that were not kept: ${DROPPED.join(', ')}.`),
    properties: z
      .array(z.strictObject({ type: z.string(), name: z.string(), personal: z.boolean(), metrics: ids }))
      .describe('All that is kept of the properties of events.'),
  })
  .meta({ id: 'EventTypes', description: 'What arrives at the door, beside what metrics wait for.' });

export const trial = z
  .strictObject({
    metric_id: z.string(),
    looked_at: count,
    since: moment.nullable().describe('When the oldest of them was received.'),
    counted: count.describe("Events that add to their unit's number."),
    divides: count.describe('Events that a ratio divides by.'),
    not_counted: z.strictObject({
      other_type: count,
      condition: count,
      no_value: count,
      out_of_range: count,
    }),
    unkept_properties: ids.describe(
      'Named here and in no saved metric: the events so far are kept without them.',
    ),
    similar_types: similar,
    events: z.array(
      z.strictObject({
        type: z.string(),
        at: moment,
        received_at: moment,
        value: z.number(),
        properties,
        counts: z.boolean(),
        number: z.number().nullable(),
        divides: z.boolean(),
        why: z.enum(NOT_COUNTED).nullable(),
      }),
    ),
  })
  .meta({ id: 'MetricTrial', description: 'What a definition would count of the events that came lately.' });
