import { windowsBetween } from '../calendar/freeze-windows.js';
import { ALERT_RULES, type Alert } from '../model/alert.js';
import { parseDuration } from '../model/time.js';
import type { WebhookSettings } from '../model/webhook.js';

/** Whether a webhook hears of an alert at all. */
export function wants(webhook: WebhookSettings, alert: Alert): boolean {
  const { enabled, format, events, severities, environments, tags, owners } = webhook;
  if (!enabled || alert.kind === 'test') return false;
  if (format === 'pagerduty' && alert.problem === null) return false;
  const { closes } = ALERT_RULES[alert.kind];
  if (events && !events.includes(alert.kind) && !(closes && events.includes(closes))) return false;
  if (severities && !severities.includes(alert.severity)) return false;
  if (environments && alert.environments && !meet(environments, alert.environments)) return false;
  if (tags && !meet(tags, alert.tags)) return false;
  return !owners || (alert.owner !== null && owners.includes(alert.owner));
}

/** Whether a mute window of the webhook is open at the alert's time that keeps back its severity. */
export function isMuted({ muted }: WebhookSettings, { at, severity }: Alert): boolean {
  return muted.some(
    ({ severities, ...rule }) =>
      severities.includes(severity) &&
      windowsBetween([{ ...rule, duration: parseDuration(rule.duration)! }], at, at + 1).length > 0,
  );
}

/** Whether an alert waits for the webhook's next digest. Critical ones never do. */
export function isDigested({ digest }: WebhookSettings, { severity }: Alert): boolean {
  return digest !== undefined && severity !== 'critical';
}

/** The end of the period of a digest that a moment lies in; ms since the epoch, as is `at`. */
export function digestAt(every: string, at: number): number {
  const ms = parseDuration(every)!;
  return (Math.floor(at / ms) + 1) * ms;
}

function meet(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}
