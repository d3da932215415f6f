import type { AlertKind, Severity } from '../../../src/model/alert.js';
import type { DeliveryStatus, Webhook } from '../api/webhooks.js';
import type { IconName } from '../ui/icon.js';
import type { Tone } from './codes.js';

/** What each kind of alert tells. */
export const ALERTS: Record<AlertKind, string> = {
  started: 'An experiment was started',
  ramped: 'More people are enrolled',
  state_changed: 'An experiment goes on',
  ended: 'An experiment ended',
  held: 'An experiment is held',
  lifted: 'A hold lifted',
  still_held: 'A hold lasts',
  approval_wanted: 'Somebody must agree',
  approval_answered: 'Nobody is asked any more',
  decided: 'Something was decided',
  harm_proven: 'Harm is proven',
  control_served: 'The control is served again',
  command: 'Somebody gave a command',
  flag_changed: 'The flag of an experiment was changed',
  note: 'Something was noted',
  emergency_stop: 'Emergency stop',
  emergency_stop_released: 'Emergency stop released',
  emergency_stop_incomplete: 'Emergency stop not complete',
  emergency_stop_complete: 'Emergency stop complete',
  process_lost: 'A process is lost',
  process_back: 'A process is no longer lost',
  flag_stale: 'A flag is stale',
  flag_not_stale: 'A flag is no longer stale',
};

export const SEVERITY_WORDS: Record<Severity, { text: string; tone: Tone; icon: IconName }> = {
  info: { text: 'Info', tone: 'plain', icon: 'bell' },
  warning: { text: 'Warning', tone: 'hold', icon: 'warn' },
  critical: { text: 'Critical', tone: 'harm', icon: 'stop' },
};

export const DELIVERIES: Record<DeliveryStatus, { text: string; tone: Tone; icon: IconName }> = {
  waiting: { text: 'On its way', tone: 'info', icon: 'wait' },
  delivered: { text: 'Delivered', tone: 'good', icon: 'check' },
  dead: { text: 'Given up', tone: 'harm', icon: 'cross' },
  muted: { text: 'Muted', tone: 'plain', icon: 'blind' },
  superseded: { text: 'Needless', tone: 'plain', icon: 'none' },
};

export const FORMATS: Record<Webhook['format'], { text: string; where: string }> = {
  standard: { text: 'Webhook', where: 'an address that takes signed JSON (Standard Webhooks)' },
  slack: { text: 'Slack', where: 'the address of an incoming webhook' },
  pagerduty: { text: 'PagerDuty', where: 'the integration key of a service (Events API v2)' },
  email: { text: 'E-mail', where: 'the people who get a mail' },
};

/** Of what a webhook hears, as a phrase. */
export function heardText({
  events,
  severities,
  format,
}: Pick<Webhook, 'events' | 'severities' | 'format'>): string {
  const all = format === 'pagerduty' ? 'All that opens an incident' : 'Everything';
  const what = events === undefined ? all : events.map((kind) => ALERTS[kind]).join(', ');
  return severities === undefined
    ? what
    : `${what}; only ${severities.map((one) => SEVERITY_WORDS[one].text.toLowerCase()).join(', ')}`;
}

/** Of which experiments and flags a webhook hears, as a phrase. */
export function whereText({
  environments,
  tags,
  owners,
}: Pick<Webhook, 'environments' | 'tags' | 'owners'>): string {
  const parts = [
    environments && `in ${environments.join(', ')}`,
    tags && `tagged ${tags.join(', ')}`,
    owners && `of ${owners.join(', ')}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everywhere' : parts.join('; ');
}

/** When a webhook hears of it, as a phrase. */
export function whenText({ digest, muted }: Pick<Webhook, 'digest' | 'muted'>): string {
  const parts = [
    digest ? `one message every ${digest.every}, critical ones at once` : 'at once',
    muted.length > 0 ? `${muted.length} mute ${muted.length === 1 ? 'window' : 'windows'}` : undefined,
  ].filter((part) => part !== undefined);
  return parts.join('; ');
}
