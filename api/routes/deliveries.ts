import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { failure } from '../../src/errors.js';
import { redeliver } from '../../src/operations/redeliver.js';
import { DELIVERY_STATUSES, type Delivery } from '../../src/store/deliveries.js';
import type { ApiContext } from '../context.js';
import { paging } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/webhooks.js';
import { found } from './found.js';
import { ofWebhook } from './webhooks.js';

const PATH = '/v1/webhooks/{webhook_id}/deliveries';

const deliveryQuery = z.strictObject({
  ...paging,
  status: z
    .enum(DELIVERY_STATUSES)
    .optional()
    .describe('`dead`: those that were given up, which can be sent again.'),
});

/** What became of alerts. */
export function deliveryRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: PATH,
      action: 'administer',
      environments: ofWebhook(store),
      tag: 'alerts',
      summary: 'What became of the alerts of a webhook, the newest first',
      query: deliveryQuery,
      replies: { 200: answers.deliveryPage },
      async handle({ params: { webhook_id }, query: { limit, cursor, status } }) {
        found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
        const page = await store.deliveries.page(webhook_id, { status, after: cursor }, limit);
        return { status: 200, body: { ...page, items: page.items.map(present) } };
      },
    }),
    route({
      method: 'post',
      path: `${PATH}/{delivery_id}/redeliver`,
      action: 'administer',
      environments: ofWebhook(store),
      tag: 'alerts',
      summary: 'Send an alert again that was given up, muted or delivered; it is tried for a day',
      replies: { 202: answers.delivery },
      async handle({ params: { webhook_id, delivery_id }, caller }) {
        const webhook = found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
        const before = await store.deliveries.get(delivery_id);
        if (before?.webhook_id !== webhook_id)
          throw failure('not_found', `no delivery ${delivery_id} of the webhook ${webhook_id}`);
        const again = await redeliver(context, webhook, before, caller.key_id);
        return { status: 202, body: present(again) };
      },
    }),
  ];
}

function present(delivery: Delivery): answers.DeliveryAnswer {
  const { _id, webhook_id, status, alert, attempts, due_at, give_up_at, settled_at, last } = delivery;
  const { kind, severity, subject, title, text, path, at } = alert;
  const isWaiting = status === 'waiting';
  return {
    delivery_id: _id,
    webhook_id,
    status,
    ...{ kind, severity, subject, title, text, path },
    at: iso(at),
    attempts,
    next_attempt_at: isWaiting && due_at !== undefined ? iso(due_at) : null,
    gives_up_at: isWaiting ? iso(give_up_at) : null,
    settled_at: settled_at === undefined ? null : iso(settled_at),
    last_attempt: last ? { ...last, at: iso(last.at) } : null,
  };
}
