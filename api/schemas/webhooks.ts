import { z } from 'zod';
import { ALERT_KINDS, SEVERITIES } from '../../src/model/alert.js';
import { webhookSettingsSchema } from '../../src/model/webhook.js';
import { DELIVERY_STATUSES } from '../../src/store/deliveries.js';
import { count, moment, pageOf } from './common.js';

const fields = {
  ...webhookSettingsSchema.shape,
  receiver: z.string().describe('Where it goes, without what is secret of it.'),
  signed_by: z
    .array(z.strictObject({ until: moment.nullable().describe('Null: until it is rotated.') }))
    .describe('The secrets that sign now, the newest first.'),
  waiting: count.describe('Alerts on their way; 1,000 means at least so many.'),
  dead: count.describe('Alerts that were given up; 1,000 means at least so many.'),
  created_at: moment,
  created_by: z.string(),
  updated_at: moment,
  updated_by: z.string(),
};

export const webhook = z.strictObject(fields).meta({ id: 'Webhook' });
export type WebhookAnswer = z.output<typeof webhook>;
export const webhookPage = pageOf(webhook);

const secret = z
  .string()
  .describe('Signs what is sent, as Standard Webhooks has it. Shown this once; absent where it stays.');
export const savedWebhook = z.strictObject({ ...fields, secret: secret.optional() });
export type SavedWebhookAnswer = z.output<typeof savedWebhook>;
export const newSecret = z.strictObject({ ...fields, secret });

export const webhookTest = z
  .strictObject({
    delivered: z.boolean(),
    status: z.number().int().nullable().describe('What the receiver answered; null: nothing.'),
    answer: z.string().describe('The beginning of what it said.'),
    error: z.string().nullable().describe('What went wrong; null where nothing did.'),
    took_ms: count,
  })
  .meta({ id: 'WebhookTest' });

export const delivery = z
  .strictObject({
    delivery_id: z.string().describe('Also the `webhook-id` of what is sent.'),
    webhook_id: z.string(),
    status: z.enum(DELIVERY_STATUSES),
    kind: z.enum([...ALERT_KINDS, 'test']),
    severity: z.enum(SEVERITIES),
    subject: z.strictObject({
      type: z.enum(['experiment', 'emergency_stop', 'process', 'flag', 'webhook']),
      id: z.string(),
    }),
    title: z.string(),
    text: z.string(),
    path: z.string().describe('Its page in the dashboard.'),
    at: moment.describe('When it happened.'),
    attempts: count,
    next_attempt_at: moment.nullable().describe('Null: none is due.'),
    gives_up_at: moment.nullable().describe('Of one that waits.'),
    settled_at: moment.nullable(),
    last_attempt: z
      .strictObject({
        at: moment,
        status: z.number().int().nullable(),
        error: z.string().nullable(),
        took_ms: count,
      })
      .nullable(),
  })
  .meta({ id: 'Delivery' });
export type DeliveryAnswer = z.output<typeof delivery>;
export const deliveryPage = pageOf(delivery);
