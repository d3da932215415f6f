import type { AlertKind, Severity } from '../../../../../src/model/alert.js';
import type { Webhook, WebhookInput } from '../../../api/webhooks.js';
import { listOf } from '../form-errors.js';

export type MuteWindow = Webhook['muted'][number];

/** What is written in the form of a webhook. */
export interface Written {
  webhook_id: string;
  description: string;
  format: Webhook['format'];
  url: string;
  routing_key: string;
  to: string;
  events: AlertKind[];
  severities: Severity[];
  environments: string;
  tags: string;
  owners: string;
  enabled: boolean;
  quiet_for: string;
  digest: string;
  muted: MuteWindow[];
}

/** @param webhook that is changed; null for a new one */
export function writtenOf(webhook: Webhook | null): Written {
  return {
    webhook_id: webhook?.webhook_id ?? '',
    description: webhook?.description ?? '',
    format: webhook?.format ?? 'standard',
    url: '',
    routing_key: '',
    to: webhook?.format === 'email' ? webhook.receiver : '',
    events: webhook?.events ?? [],
    severities: webhook?.severities ?? [],
    environments: webhook?.environments?.join(', ') ?? '',
    tags: webhook?.tags?.join(', ') ?? '',
    owners: webhook?.owners?.join(', ') ?? '',
    enabled: webhook?.enabled ?? true,
    quiet_for: webhook?.quiet_for ?? '5m',
    digest: webhook?.digest?.every ?? '',
    muted: webhook?.muted ?? [],
  };
}

/** The body of the PUT. What is empty is left out: where it goes then stays, and everything else is not limited. */
export function inputOf(written: Written): WebhookInput {
  const { description, format, events, severities, enabled, quiet_for, digest, muted } = written;
  const lists = {
    environments: listOf(written.environments),
    tags: listOf(written.tags),
    owners: listOf(written.owners),
  };
  return {
    format,
    enabled,
    quiet_for: quiet_for.trim(),
    muted,
    ...targetOf(written),
    ...(description.trim() !== '' && { description: description.trim() }),
    ...(events.length > 0 && { events }),
    ...(severities.length > 0 && { severities }),
    ...(lists.environments.length > 0 && { environments: lists.environments }),
    ...(lists.tags.length > 0 && { tags: lists.tags }),
    ...(lists.owners.length > 0 && { owners: lists.owners }),
    ...(digest.trim() !== '' && format !== 'pagerduty' && { digest: { every: digest.trim() } }),
  } as WebhookInput;
}

function targetOf({
  format,
  url,
  routing_key,
  to,
}: Written): Pick<WebhookInput, 'url' | 'routing_key' | 'to'> {
  if (format === 'email') return to.trim() === '' ? {} : { to: listOf(to) };
  if (format === 'pagerduty')
    return {
      ...(routing_key.trim() !== '' && { routing_key: routing_key.trim() }),
      ...(url.trim() !== '' && { url: url.trim() }),
    };
  return url.trim() === '' ? {} : { url: url.trim() };
}

/** A list with one more or one less. */
export function toggled<T>(list: readonly T[], one: T): T[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}
