import { z } from 'zod';
import { ruleError } from '../calendar/freeze-windows.js';
import { ALERT_KINDS, OPENING_KINDS, SEVERITIES } from './alert.js';
import { descriptionSchema, idSchema, nameSchema } from './id.js';
import { DAY_MS, parseDuration } from './time.js';

export const WEBHOOK_FORMATS = ['standard', 'slack', 'pagerduty', 'email'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** A duration that stays the text that it is. */
const durationText = (least: string, most: string) =>
  z.string().refine((text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= parseDuration(least)! && ms <= parseDuration(most)!;
  }, `must be a duration from ${least} to ${most}, such as 30s, 5m, 1h or 1d`);

/** While such a window is open, alerts of these severities are written down and not sent. */
const muteWindowSchema = z
  .strictObject({
    description: z.string().max(200).optional(),
    cron: z.string().min(1).max(200).optional(),
    rrule: z.string().min(1).max(500).optional(),
    from: z.iso.datetime({ local: true }).optional(),
    time_zone: z.string().min(1).max(100).default('UTC'),
    duration: durationText('1m', '31d'),
    severities: z
      .array(z.enum(SEVERITIES))
      .min(1)
      .max(SEVERITIES.length)
      .default(['info', 'warning'])
      .describe('What the window keeps back. `critical` only where it is named.'),
  })
  .superRefine((window, context) => {
    const wrong = ruleError({ ...window, duration: parseDuration(window.duration) ?? DAY_MS });
    if (wrong) context.addIssue({ code: 'custom', path: [wrong.field], message: wrong.message });
  });
export type MuteWindow = z.output<typeof muteWindowSchema>;

const digestSchema = z.strictObject({
  every: durationText('1m', '7d').describe('One message for all alerts of this long.'),
});

/** Who hears of what. All that is left out is not asked for: every kind, every severity, every experiment. */
const settingFields = {
  webhook_id: idSchema,
  description: descriptionSchema.optional(),
  format: z.enum(WEBHOOK_FORMATS).default('standard'),
  events: z
    .array(z.enum(ALERT_KINDS))
    .min(1)
    .max(ALERT_KINDS.length)
    .optional()
    .describe('Kinds of alerts. Whoever hears that something began also hears that it is over.'),
  severities: z.array(z.enum(SEVERITIES)).min(1).max(SEVERITIES.length).optional(),
  environments: z
    .array(nameSchema)
    .min(1)
    .max(100)
    .optional()
    .describe('Only what concerns one of these. What concerns every environment concerns these, too.'),
  tags: z
    .array(nameSchema)
    .min(1)
    .max(100)
    .optional()
    .describe('Only experiments and flags that have one of these.'),
  owners: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(100)
    .optional()
    .describe('Only experiments and flags of these.'),
  enabled: z.boolean().default(true),
  muted: z.array(muteWindowSchema).max(20).default([]),
  quiet_for: durationText('1s', '1d')
    .default('5m')
    .describe('That a hold lifted, or a process is back, is told once that has lasted so long.'),
  digest: digestSchema.optional().describe('What is not critical comes in one message a period.'),
};

/** What a webhook is, without where it goes: nothing here is secret. */
export const webhookSettingsSchema = z.strictObject(settingFields);
export type WebhookSettings = z.output<typeof webhookSettingsSchema>;

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://hooks.example.com/rampart' })
  .max(2000)
  .refine((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'must have no name and password in it: what is sent is signed');

const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+$/;

/** Where a webhook goes; kept sealed, for some addresses are secrets themselves. */
const targetFields = {
  url: urlSchema.optional().describe('Of `standard`, `slack`, and of `pagerduty` outside of the USA.'),
  routing_key: z
    .string()
    .regex(/^[A-Za-z0-9]{20,64}$/, 'must be the integration key of a PagerDuty service')
    .optional()
    .describe('Of `pagerduty`.'),
  to: z
    .array(z.string().max(254).regex(ADDRESS, 'must be an e-mail address'))
    .min(1)
    .max(50)
    .optional()
    .describe('Of `email`.'),
};
export interface WebhookTarget {
  url?: string;
  routing_key?: string;
  to?: string[];
}

/** What each format is sent to. */
const NEEDED: Record<WebhookFormat, keyof WebhookTarget> = {
  standard: 'url',
  slack: 'url',
  pagerduty: 'routing_key',
  email: 'to',
};

const USABLE: Record<WebhookFormat, readonly (keyof WebhookTarget)[]> = {
  standard: ['url'],
  slack: ['url'],
  pagerduty: ['url', 'routing_key'],
  email: ['to'],
};

/** The body of a PUT. Where it goes may be left out once it is known. */
export const webhookSchema = z
  .strictObject({ ...settingFields, ...targetFields })
  .superRefine((webhook, context) => {
    const { format, events, digest } = webhook;
    const refuse = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const field of Object.keys(targetFields) as (keyof WebhookTarget)[])
      if (webhook[field] !== undefined && !USABLE[format].includes(field))
        refuse([field], `is nothing that ${format} is sent to: leave it out`);
    if (format !== 'pagerduty') return;
    if (digest) refuse(['digest'], 'would keep incidents back: leave it out for pagerduty');
    events?.forEach((kind, index) => {
      if (!OPENING_KINDS.includes(kind))
        refuse(
          ['events', index],
          `opens no incident: take some of ${OPENING_KINDS.join(', ')}; what closes them comes with them`,
        );
    });
  });
export type WebhookInput = z.output<typeof webhookSchema>;

/** The field that is missing for a webhook to go anywhere; null where none is. */
export function missingTarget(
  format: WebhookFormat,
  target: Readonly<Partial<WebhookTarget>>,
): keyof WebhookTarget | null {
  return target[NEEDED[format]] === undefined ? NEEDED[format] : null;
}

/** A body apart: what is shown again, and what is sealed. */
export function divided(input: WebhookInput): { settings: WebhookSettings; target: WebhookTarget } {
  const { url, routing_key, to, ...settings } = input;
  return {
    settings,
    target: {
      ...(url !== undefined && { url }),
      ...(routing_key !== undefined && { routing_key }),
      ...(to && { to }),
    },
  };
}
