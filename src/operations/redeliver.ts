import { TRIED_FOR_MS } from '../alerts/attempt.js';
import { failure } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Delivery } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { StoredWebhook } from '../store/webhooks.js';
import { audited } from './tell.js';

export interface RedeliverContext {
  store: Store;
  lanes: { wake(lane: string): Promise<void> };
  logger: Pick<Logger, 'warn'>;
}

/**
 * Has an alert sent again. Returns it as it waits then.
 *
 * @throws {RampartError} conflict where it waits already, or where its webhook is switched off
 */
export async function redeliver(
  { store, lanes, logger }: RedeliverContext,
  { settings }: StoredWebhook,
  before: Delivery,
  by: string,
): Promise<Delivery> {
  const { _id, webhook_id, lane, status, alert } = before;
  if (!settings.enabled) throw failure('conflict', 'the webhook is switched off: switch it on first');
  if (status === 'waiting') throw failure('conflict', 'it waits for its next attempt already');
  const change = {
    by,
    action: 'webhook.redeliver',
    subject: ['webhook', webhook_id],
    after: { delivery_id: _id, alert_id: alert.alert_id },
  } as const;
  const now = Date.now();
  await audited({ store }, change, () => store.deliveries.again(before, now, now + TRIED_FOR_MS));
  // It is in the outbox: where Temporal is away, the worker finds it there.
  await lanes
    .wake(lane)
    .catch((error: unknown) => logger.warn({ err: error, lane }, 'the lane is not woken yet'));
  return (await store.deliveries.get(_id)) ?? before;
}
