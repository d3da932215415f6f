import type { AlertedExperiment, TimelineEntry } from '../../src/alerts/timeline-alerts.js';
import { alertsOfLine } from '../../src/alerts/timeline-alerts.js';
import type { Alert } from '../../src/model/alert.js';
import { webhookSettingsSchema, type WebhookSettings } from '../../src/model/webhook.js';

export const AT = Date.parse('2026-03-02T10:00:00Z');

export function experiment(more: Partial<AlertedExperiment> = {}): AlertedExperiment {
  return {
    experiment_id: 'checkout',
    name: 'Checkout',
    environment: 'production',
    tags: ['payments'],
    owner: 'ada',
    approval: { timeout: 3_600_000, then: 'control' },
    ...more,
  };
}

export function line(kind: TimelineEntry['kind'], more: Partial<TimelineEntry> = {}): TimelineEntry {
  return { seq: 7, at: AT, kind, actor: { type: 'engine', id: 'rampart' }, revision: 3, ...more };
}

export function heldBy(code: string, more: Partial<TimelineEntry> = {}): TimelineEntry {
  return line('held', { reason: 'units do not fit', data: { code, lifts_when: 'they fit' }, ...more });
}

/** The alert of a line that makes one. */
export function alertOf(entry: TimelineEntry, of: Partial<AlertedExperiment> = {}): Alert {
  const [alert] = alertsOfLine(experiment(of), entry);
  return alert!;
}

export function settings(more: object = {}): WebhookSettings {
  return webhookSettingsSchema.parse({ webhook_id: 'ops', ...more });
}
