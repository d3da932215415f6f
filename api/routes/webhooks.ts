import { randomUUID } from 'node:crypto';
import { iso } from '../../src/iso.js';
import { testAlert } from '../../src/alerts/other-alerts.js';
import { webhookSchema, type WebhookTarget } from '../../src/model/webhook.js';
import {
  deleteWebhook,
  openWebhook,
  rotateSecret,
  saveWebhook,
  openSecrets,
  type SavedWebhook,
} from '../../src/operations/save-webhook.js';
import { sendAlerts } from '../../src/operations/send-alerts.js';
import type { StoredWebhook } from '../../src/store/webhooks.js';
import type { ApiContext } from '../context.js';
import {
  isVisible,
  listed,
  listedIn,
  own,
  together,
  type Environments,
  type RawCall,
} from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/webhooks.js';
import { found, writableId } from './found.js';
import { pageInMemory } from './page-in-memory.js';

const PATH = '/v1/webhooks/{webhook_id}';
/** What only the server sets. */
const READ_ONLY = [
  ...['receiver', 'signed_by', 'waiting', 'dead', 'secret'],
  ...['created_at', 'created_by', 'updated_at', 'updated_by'],
];

/** What a webhook is for; null where there is none. */
export function ofWebhook({ webhooks }: ApiContext['store']) {
  return async ({ params }: RawCall<'webhook_id'>): Promise<Environments | null> => {
    const stored = await webhooks.get(params.webhook_id);
    return stored && listed(stored.settings.environments);
  };
}

/** Who hears of what. */
export function webhookRoutes(context: ApiContext): Route[] {
  return [
    putRoute(context),
    ...readRoutes(context),
    deleteRoute(context),
    secretRoute(context),
    testRoute(context),
  ];
}

function putRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'put',
    path: PATH,
    action: 'administer',
    async environments(call) {
      const before = await ofWebhook(store)(call);
      return before === null ? listedIn(call.body) : together(before, listedIn(call.body));
    },
    tag: 'alerts',
    summary: 'Make or change a webhook; its secret is shown once, when it is made',
    body: webhookSchema,
    identity: 'webhook_id',
    readOnly: READ_ONLY,
    replies: { 200: answers.savedWebhook, 201: answers.savedWebhook },
    async handle({ body, params: { webhook_id }, caller }) {
      writableId(webhook_id, 'webhook_id');
      const before = await store.webhooks.get(webhook_id);
      const saved = await saveWebhook(context, body, before, caller.key_id);
      return { status: before ? 200 : 201, body: await presentSaved(context, saved) };
    },
  });
}

function readRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: PATH,
      action: 'administer',
      environments: ofWebhook(store),
      tag: 'alerts',
      summary: 'One webhook',
      replies: { 200: answers.webhook },
      async handle({ params: { webhook_id } }) {
        const stored = found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
        return { status: 200, body: await present(context, stored) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/webhooks',
      action: 'administer',
      environments: own,
      tag: 'alerts',
      summary: 'Webhooks: who hears of what',
      query: pagingQuery,
      replies: { 200: answers.webhookPage },
      async handle({ query, caller }) {
        const webhooks = (await store.webhooks.all()).filter(({ settings }) =>
          isVisible(caller, settings.environments),
        );
        const page = pageInMemory(new Map(webhooks.map((one) => [one._id, one])), query);
        const items = await Promise.all(page.items.map((one) => present(context, one)));
        return { status: 200, body: { ...page, items } };
      },
    }),
  ];
}

function deleteRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'delete',
    path: PATH,
    action: 'administer',
    environments: ofWebhook(store),
    tag: 'alerts',
    summary: 'Delete a webhook, and what was on its way to it',
    replies: { 204: null },
    async handle({ params: { webhook_id }, caller }) {
      found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
      await deleteWebhook(context, webhook_id, caller.key_id);
      return { status: 204 };
    },
  });
}

function secretRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'post',
    path: `${PATH}/secret`,
    action: 'administer',
    environments: ofWebhook(store),
    tag: 'alerts',
    summary: 'Give a webhook a new secret, shown this once; the old one signs beside it for a day',
    replies: { 200: answers.newSecret },
    async handle({ params: { webhook_id }, caller }) {
      const before = found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
      const { stored, secret } = await rotateSecret(context, before, caller.key_id);
      return { status: 200, body: { ...(await present(context, stored)), secret: secret! } };
    },
  });
}

function testRoute(context: ApiContext): Route {
  const { store, sealing, sending } = context;
  return route({
    method: 'post',
    path: `${PATH}/test`,
    action: 'administer',
    environments: ofWebhook(store),
    tag: 'alerts',
    summary: 'Send a test now, also to a webhook that is switched off, and say what the receiver answered',
    replies: { 200: answers.webhookTest },
    async handle({ params: { webhook_id } }) {
      const stored = found(await store.webhooks.get(webhook_id), `webhook ${webhook_id}`);
      const [now, key] = [Date.now(), randomUUID()];
      const alert = testAlert(webhook_id, key, now);
      const webhook = openWebhook(stored, sealing, now);
      const outcome = await sendAlerts(sending, webhook, [alert], `test_${key}`);
      const { delivered, status, answer, error, took_ms } = outcome;
      return { status: 200, body: { delivered, status, answer, error, took_ms } };
    },
  });
}

async function presentSaved(
  context: ApiContext,
  { stored, secret }: SavedWebhook,
): Promise<answers.SavedWebhookAnswer> {
  const body = await present(context, stored);
  return secret === null ? body : { ...body, secret };
}

async function present(
  { store, sealing }: ApiContext,
  stored: StoredWebhook,
): Promise<answers.WebhookAnswer> {
  const { _id, settings, created_at, created_by, updated_at, updated_by } = stored;
  const { target, secrets } = openSecrets(stored, sealing);
  const now = Date.now();
  return {
    ...settings,
    receiver: receiverOf(settings.format, target),
    signed_by: secrets
      .filter(({ until }) => until === null || until > now)
      .map(({ until }) => ({ until: until === null ? null : iso(until) })),
    ...(await store.deliveries.tally(_id)),
    ...{ created_at, created_by, updated_at, updated_by },
  };
}

/** The path of a chat's address, and the key of a pager's service, let everybody write there. */
function receiverOf(format: StoredWebhook['settings']['format'], { url, to }: WebhookTarget): string {
  if (format === 'email') return to!.join(', ');
  if (format === 'pagerduty') return url === undefined ? 'PagerDuty' : `PagerDuty at ${new URL(url).host}`;
  const { origin, pathname } = new URL(url!);
  return format === 'slack' ? `${origin}/…` : origin + pathname;
}
