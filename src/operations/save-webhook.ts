import { failure, validationFailed } from '../errors.js';
import { divided, missingTarget, type WebhookInput, type WebhookTarget } from '../model/webhook.js';
import { ForbiddenAddress, assertAllowed } from '../receivers/post.js';
import { newSigningSecret } from '../receivers/sign.js';
import type { FieldSealing, Sealed } from '../secrets/field-sealing.js';
import type { Store } from '../store/store.js';
import type { StoredWebhook } from '../store/webhooks.js';
import { NO_MAIL, type OpenWebhook, type Sending } from './send-alerts.js';
import { audited } from './tell.js';

/** An installation has at most so many: each alert is held against all of them. */
const MOST_WEBHOOKS = 100;
/** How long an old secret signs beside the new one, ms. */
const OVERLAP_MS = 86_400_000;

export interface WebhookContext {
  store: Store;
  sealing: FieldSealing;
  sending: Sending;
}

/** Of a webhook, what is stored sealed. */
export interface WebhookSecrets {
  target: WebhookTarget;
  /** The newest first. `until`: an older one signs beside it for a while, ms since the epoch. */
  secrets: { secret: string; until: number | null }[];
}

/** A webhook as it is stored now, and, where it has a new one, its secret. */
export interface SavedWebhook {
  stored: StoredWebhook;
  secret: string | null;
}

/**
 * Stores a webhook. Where it goes stays as it is where the input does not say it, unless the format is another.
 *
 * @throws {RampartError} validation_failed; conflict where there are too many
 */
export async function saveWebhook(
  context: WebhookContext,
  input: WebhookInput,
  before: StoredWebhook | null,
  by: string,
): Promise<SavedWebhook> {
  const { store, sealing, sending } = context;
  const { settings, target: given } = divided(input);
  const isSameFormat = before?.settings.format === settings.format;
  const known = before && openSecrets(before, sealing);
  const target = { ...(isSameFormat && known?.target), ...given };
  assertUsable(sending, settings.format, target);
  if (!before && (await store.webhooks.all()).length >= MOST_WEBHOOKS)
    throw failure('conflict', `there are ${MOST_WEBHOOKS} webhooks already: delete one first`);
  const now = new Date().toISOString();
  const secret = known ? null : newSigningSecret();
  const secrets = known?.secrets ?? [{ secret: secret!, until: null }];
  const stored: StoredWebhook = {
    _id: settings.webhook_id,
    settings,
    sealed: await sealSecrets(sealing, { target, secrets }),
    created_at: before?.created_at ?? now,
    created_by: before?.created_by ?? by,
    updated_at: now,
    updated_by: by,
  };
  const change = {
    by,
    action: before ? 'webhook.update' : 'webhook.create',
    subject: ['webhook', settings.webhook_id],
    ...(before && { before: before.settings }),
    after: { ...settings, receiver_changed: Object.keys(given).length > 0 },
  } as const;
  await audited(context, change, () => store.webhooks.put(stored));
  return { stored, secret };
}

/** What can be known of a receiver before anything is sent there. @throws {RampartError} validation_failed */
function assertUsable({ rules, mail }: Sending, format: OpenWebhook['format'], target: WebhookTarget): void {
  const missing = missingTarget(format, target);
  if (missing)
    throw validationFailed([
      { path: missing, code: 'required', message: `is missing: ${format} is sent there` },
    ]);
  if (format === 'email' && mail === null)
    throw validationFailed([
      { path: 'format', code: 'invalid_value', message: `cannot be email: ${NO_MAIL}` },
    ]);
  if (target.url === undefined) return;
  try {
    assertAllowed(rules, new URL(target.url));
  } catch (error) {
    if (!(error instanceof ForbiddenAddress)) throw error;
    throw validationFailed([
      { path: 'url', code: 'invalid_value', message: `may not be used: ${error.message}` },
    ]);
  }
}

/** Gives a webhook a new secret. The one before signs beside it for a day; older ones no longer do. */
export async function rotateSecret(
  context: WebhookContext,
  before: StoredWebhook,
  by: string,
): Promise<SavedWebhook> {
  const { store, sealing } = context;
  const secret = newSigningSecret();
  const {
    target,
    secrets: [newest],
  } = openSecrets(before, sealing);
  const secrets = [
    { secret, until: null },
    ...(newest ? [{ secret: newest.secret, until: Date.now() + OVERLAP_MS }] : []),
  ];
  const stored: StoredWebhook = {
    ...before,
    sealed: await sealSecrets(sealing, { target, secrets }),
    updated_at: new Date().toISOString(),
    updated_by: by,
  };
  const change = { by, action: 'webhook.rotate_secret', subject: ['webhook', before._id] } as const;
  await audited(context, change, () => store.webhooks.put(stored));
  return { stored, secret };
}

/** Deletes a webhook, and all that was to be delivered to it. */
export async function deleteWebhook(
  { store }: Pick<WebhookContext, 'store'>,
  id: string,
  by: string,
): Promise<void> {
  const change = { by, action: 'webhook.delete', subject: ['webhook', id] } as const;
  await audited({ store }, change, async () => {
    await store.webhooks.delete(id);
    while ((await store.deliveries.forgetOf(id)) > 0);
  });
}

/** A webhook with where it goes and what signs at a moment, ms since the epoch. */
export function openWebhook(stored: StoredWebhook, sealing: FieldSealing, now: number): OpenWebhook {
  const { target, secrets } = openSecrets(stored, sealing);
  return {
    format: stored.settings.format,
    target,
    secrets: secrets.filter(({ until }) => until === null || until > now).map(({ secret }) => secret),
  };
}

/** Where a webhook goes, and what signs for it. */
export function openSecrets(
  { sealed }: Pick<StoredWebhook, 'sealed'>,
  sealing: FieldSealing,
): WebhookSecrets {
  return JSON.parse(sealing.open(sealed)) as WebhookSecrets;
}

export function sealSecrets(sealing: FieldSealing, secrets: WebhookSecrets): Promise<Sealed> {
  return sealing.seal(JSON.stringify(secrets));
}
