import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, bodyOf, idempotencyKey, type Schemas } from './client.js';
import type { paths } from './schema.js';

export type Webhook = Schemas['Webhook'];
export type WebhookTest = Schemas['WebhookTest'];
export type Delivery = Schemas['Delivery'];
export type DeliveryStatus = Delivery['status'];
export type WebhookInput =
  paths['/v1/webhooks/{webhook_id}']['put']['requestBody']['content']['application/json'];

const PERIOD_MS = 10_000;

/** Who hears of what. Alerts are delivered without anybody asking, so it is read again and again. */
export const webhooksQuery = queryOptions({
  queryKey: ['definitions', 'webhooks'],
  queryFn: () => bodyOf(api.GET('/v1/webhooks', { params: { query: { limit: 1_000 } } })),
  refetchInterval: PERIOD_MS,
});

/** What became of the alerts of a webhook, newest first. */
export const deliveriesQuery = (webhook_id: string, status: DeliveryStatus | null) =>
  infiniteQueryOptions({
    queryKey: ['definitions', 'webhooks', webhook_id, 'deliveries', status],
    queryFn: ({ pageParam }) =>
      bodyOf(
        api.GET('/v1/webhooks/{webhook_id}/deliveries', {
          params: {
            path: { webhook_id },
            query: {
              limit: 50,
              ...(status !== null && { status }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: PERIOD_MS,
  });

/** Stores a webhook. Returns its secret, where it has a new one. */
export async function saveWebhook(webhook_id: string, body: WebhookInput): Promise<string | null> {
  const saved = await bodyOf(
    api.PUT('/v1/webhooks/{webhook_id}', { params: { path: { webhook_id } }, body }),
  );
  return saved.secret ?? null;
}

export async function deleteWebhook(webhook_id: string): Promise<void> {
  await api.DELETE('/v1/webhooks/{webhook_id}', { params: { path: { webhook_id } } });
}

export async function rotateSecret(webhook_id: string): Promise<string> {
  const params = { path: { webhook_id }, header: idempotencyKey() };
  return (await bodyOf(api.POST('/v1/webhooks/{webhook_id}/secret', { params }))).secret;
}

export function testWebhook(webhook_id: string): Promise<WebhookTest> {
  const params = { path: { webhook_id }, header: idempotencyKey() };
  return bodyOf(api.POST('/v1/webhooks/{webhook_id}/test', { params }));
}

export function redeliver({ webhook_id, delivery_id }: Delivery): Promise<unknown> {
  return api.POST('/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver', {
    params: { path: { webhook_id, delivery_id }, header: idempotencyKey() },
  });
}
