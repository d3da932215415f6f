import { createHash } from 'node:crypto';
import type { Alert, Severity } from '../model/alert.js';
import { iso } from '../iso.js';

/** What is sent over HTTP: JSON. */
export interface Message {
  body: string;
}

/** What is sent by mail. */
export interface Letter {
  subject: string;
  text: string;
}

/** Address of the dashboard, without a slash at its end; null where nobody has said it. */
export type Home = string | null;

export function linkOf(home: Home, { path }: Alert): string | null {
  return home === null ? null : home + path;
}

/** As its own fields, for programs. Source: Standard Webhooks, https://www.standardwebhooks.com. */
export function standardMessage(alerts: readonly Alert[], home: Home): Message {
  const [first] = alerts as readonly [Alert, ...Alert[]];
  if (alerts.length === 1) return json({ ...head(first), data: dataOf(first, home) });
  const latest = alerts.reduce((a, b) => (b.at > a.at ? b : a));
  const all = alerts.map((alert) => ({ ...head(alert), data: dataOf(alert, home) }));
  return json({ type: 'digest', timestamp: iso(latest.at), data: { count: all.length, alerts: all } });
}

function head({ kind, at }: Alert): { type: string; timestamp: string } {
  return { type: kind, timestamp: iso(at) };
}

function dataOf(alert: Alert, home: Home): object {
  const { alert_id, kind, severity, subject, environments, tags, owner, title, text, details } = alert;
  const { problem, closes } = alert;
  const url = linkOf(home, alert);
  return {
    alert_id,
    kind,
    severity,
    subject,
    environments,
    tags,
    owner,
    title,
    text,
    problem,
    closes,
    details,
    ...(url !== null && { url }),
  };
}

const MARKS: Record<Severity, string> = {
  info: ':information_source:',
  warning: ':warning:',
  critical: ':rotating_light:',
};
/** Slack takes at most 50 blocks, and 3,000 characters in each. */
const MOST_BLOCKS = 50;
const BLOCK_CHARACTERS = 3_000;

/** Blocks, and a text for notifications. Source: Slack, "Incoming webhooks" and "Block Kit". */
export function slackMessage(alerts: readonly Alert[], home: Home): Message {
  const shown = alerts.slice(0, MOST_BLOCKS - 1);
  const blocks = shown.map((alert) => section(slackText(alert, home)));
  const left = alerts.length - shown.length;
  if (left > 0) blocks.push(section(`and ${left} more`));
  const text = alerts.length === 1 ? alerts[0]!.title : `${alerts.length} alerts`;
  return json({ text: escaped(text), blocks });
}

function section(text: string): object {
  return { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, BLOCK_CHARACTERS) } };
}

function slackText(alert: Alert, home: Home): string {
  const { closes, severity, title, text } = alert;
  const url = linkOf(home, alert);
  const mark = closes ? ':white_check_mark:' : MARKS[severity];
  const heading = url === null ? `*${escaped(title)}*` : `*<${url}|${escaped(title)}>*`;
  return [`${mark} ${heading}`, escaped(text)].filter((line) => line !== '').join('\n');
}

/** Slack's own control characters. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Limits of PagerDuty's Events API v2, in characters. */
const SUMMARY_CHARACTERS = 1_024;
const KEY_CHARACTERS = 255;

/** An incident is opened, or the one with the same key is resolved. Source: PagerDuty, "Events API v2". */
export function pagerdutyMessage(alert: Alert, routing_key: string, home: Home): Message {
  const { alert_id, closes, problem, at, severity, subject, kind, title, text, details } = alert;
  const href = linkOf(home, alert);
  return json({
    routing_key,
    event_action: closes ? 'resolve' : 'trigger',
    dedup_key: keyWithin(`rampart:${problem ?? alert_id}`),
    client: 'Rampart',
    ...(href !== null && { client_url: href, links: [{ href, text: 'In the dashboard' }] }),
    payload: {
      summary: (text === '' ? title : `${title}. ${text}`).slice(0, SUMMARY_CHARACTERS),
      source: `rampart ${subject.type} ${subject.id}`,
      severity,
      timestamp: iso(at),
      component: subject.id,
      group: subject.type,
      class: kind,
      custom_details: details,
    },
  });
}

/** A key that is too long is told apart by its hash. */
function keyWithin(key: string): string {
  if (key.length <= KEY_CHARACTERS) return key;
  const hash = createHash('sha256').update(key).digest('hex');
  return `${key.slice(0, KEY_CHARACTERS - hash.length - 1)}:${hash}`;
}

export function letter(alerts: readonly Alert[], home: Home): Letter {
  const [first] = alerts as readonly [Alert, ...Alert[]];
  const subject =
    alerts.length === 1 ? `[Rampart ${first.severity}] ${first.title}` : `[Rampart] ${alerts.length} alerts`;
  const parts = alerts.map((alert) => {
    const { at, title, text } = alert;
    return [`${iso(at)}  ${alert.severity}`, title, text, linkOf(home, alert) ?? '']
      .filter((line) => line !== '')
      .join('\n');
  });
  // A heading is one line: whoever names an experiment cannot add headings of their own.
  return { subject: subject.replaceAll(/[\r\n]+/g, ' '), text: `${parts.join('\n\n')}\n` };
}

function json(value: object): Message {
  return { body: JSON.stringify(value) };
}
