import { TRIED_FOR_MS } from '../alerts/attempt.js';
import { digestAt, isDigested, isMuted, wants } from '../alerts/subscription.js';
import { ALERT_RULES, type Alert } from '../model/alert.js';
import { parseDuration } from '../model/time.js';
import { deliveryId, type Delivery, type NewDelivery, type Queue } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import type { StoredWebhook } from '../store/webhooks.js';

type Outbox = Pick<Store, 'deliveries'>;

/**
 * Puts an alert into the outbox of every webhook that wants it. Done twice, it is done once. Returns the lanes that have
 * something to deliver.
 *
 * @param now ms since the epoch
 */
export async function fanOut(
  store: Outbox,
  webhooks: readonly StoredWebhook[],
  alert: Alert,
  now: number,
): Promise<string[]> {
  const lanes: string[] = [];
  for (const webhook of webhooks) {
    if (!wants(webhook.settings, alert)) continue;
    const delivery = await deliveryOf(store, webhook, alert, now);
    await store.deliveries.add(delivery);
    if (delivery.status === 'waiting') lanes.push(delivery.lane);
  }
  return lanes;
}

async function deliveryOf(
  { deliveries }: Outbox,
  { _id: webhook_id, settings }: StoredWebhook,
  alert: Alert,
  now: number,
): Promise<NewDelivery> {
  const { at, problem, order, kind, closes } = alert;
  const _id = deliveryId(webhook_id, alert);
  const isDigest = isDigested(settings, alert);
  const lane = isDigest ? digestLane(webhook_id) : laneOf(webhook_id, alert);
  const entry = { _id, webhook_id, lane, order, alert, at, attempts: 0 };
  const over = { ...entry, give_up_at: now, settled_at: now };
  if (isMuted(settings, alert)) return { ...over, status: 'muted' };
  const flaps = kind !== 'test' && ALERT_RULES[kind].flaps === true;
  if (flaps && problem !== null) {
    const before = await deliveries.lastOf(webhook_id, problem, order);
    // Nobody was told that it began, so nobody is told that it is over.
    if (closes && before?.status === 'muted') return { ...over, status: 'muted' };
    const isRenewed = !closes && before?.alert.closes === true;
    if (isRenewed && (await isTakenBack(deliveries, before, _id, now)))
      return { ...over, status: 'superseded', superseded_by: before._id };
  }
  const { due_at, queue } = dueOf(settings, alert, isDigest, flaps && closes, now);
  return { ...entry, status: 'waiting', queue, due_at, give_up_at: due_at + TRIED_FOR_MS };
}

/** It began again before it was told that it was over: for the receiver it has never been over. */
async function isTakenBack(
  deliveries: Store['deliveries'],
  before: Delivery,
  by: string,
  now: number,
): Promise<boolean> {
  return before.superseded_by === by || (await deliveries.supersede(before, by, now));
}

function dueOf(
  { digest, quiet_for }: StoredWebhook['settings'],
  { at }: Alert,
  isDigest: boolean,
  mustLast: boolean,
  now: number,
): { due_at: number; queue: Queue } {
  const settled = mustLast ? at + parseDuration(quiet_for)! : at;
  if (isDigest) return { queue: 'aside', due_at: digestAt(digest!.every, Math.max(settled, now)) };
  return mustLast ? { queue: 'aside', due_at: settled } : { queue: 'in_turn', due_at: now };
}

/** What is told in order: the alerts of one subject for one webhook. */
function laneOf(webhook_id: string, { subject: { type, id } }: Alert): string {
  return `${webhook_id}|${type}:${id}`;
}

function digestLane(webhook_id: string): string {
  return `${webhook_id}|digest`;
}

/** The id of the webhook that a lane leads to; ids have no bar in them. */
export function webhookOf(lane: string): string {
  return lane.slice(0, lane.indexOf('|'));
}

/** Whether what is due in a lane is sent together. */
export function isDigestLane(lane: string): boolean {
  return lane.endsWith('|digest');
}
