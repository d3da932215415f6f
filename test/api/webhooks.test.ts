import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { alertOf, heldBy } from '../alerts/fixtures.js';
import { fanOut } from '../../src/operations/fan-out.js';
import { MailServer } from '../receivers/mail-server.js';
import { Receiver } from '../receivers/receiver.js';
import { Door } from './door.js';

let door: Door;
let receiver: Receiver;
let mail: MailServer;

beforeAll(async () => {
  [receiver, mail] = await Promise.all([Receiver.start(), MailServer.start()]);
  door = await Door.open({
    RAMPART_WEBHOOK_ALLOW: '127.0.0.1',
    RAMPART_SMTP_URL: mail.url,
    RAMPART_MAIL_FROM: 'rampart@example.com',
    RAMPART_PUBLIC_URL: 'https://rampart.example.com/',
  });
}, 120_000);
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer(null);
});
afterAll(async () => {
  await door.close();
  await receiver.stop();
  await mail.stop();
});

const put = (id: string, body: object, key?: string) =>
  door.call('put', `/v1/webhooks/${id}`, { body, ...(key !== undefined && { key }) });

describe('a webhook', () => {
  it('is made with a secret that is shown once, changed without it, listed and deleted', async () => {
    const made = await put('ops', {
      url: `${receiver.url}?token=hidden`,
      events: ['held'],
      tags: ['payments'],
    });
    expect(made.status).toBe(201);
    expect(made.body['secret']).toMatch(/^whsec_/);
    expect(made.body).toMatchObject({
      webhook_id: 'ops',
      format: 'standard',
      enabled: true,
      waiting: 0,
      dead: 0,
    });
    const { body: read } = await door.call('get', '/v1/webhooks/ops');
    expect(read).not.toHaveProperty('secret');
    expect(read['receiver']).toBe(receiver.url);
    // What was read can be sent back, and where it goes stays.
    const changed = await put('ops', { ...read, events: ['decided'] });
    expect([changed.status, changed.body['receiver']]).toEqual([200, receiver.url]);
    expect(changed.body).not.toHaveProperty('secret');
    const { body: list } = await door.call('get', '/v1/webhooks');
    expect((list['items'] as object[]).length).toBe(1);
    expect((await door.call('delete', '/v1/webhooks/ops')).status).toBe(204);
    expect((await door.call('get', '/v1/webhooks/ops')).status).toBe(404);
  });

  it('keeps where it goes and what signs it out of the store, the audit trail and the answers', async () => {
    const { body } = await put('chat', {
      format: 'slack',
      url: 'https://hooks.slack.com/services/T0/B0/verysecret',
    });
    const signed = await put('signed', { url: 'https://example.com/hook?token=alsosecret' });
    const { store } = door.api;
    const stored = JSON.stringify([
      await store.webhooks.all(),
      await store.audit.list({ after: 0 }, 1_000),
      (await door.call('get', '/v1/webhooks')).body,
    ]);
    expect(body['receiver']).toBe('https://hooks.slack.com/…');
    for (const secret of ['verysecret', 'alsosecret', String(signed.body['secret'])])
      expect(stored).not.toContain(secret);
  });

  it.each<[field: string, body: object]>([
    ['url', {}],
    ['url', { url: 'https://10.0.0.1/' }],
    ['url', { url: 'http://8.8.8.8/' }],
    ['to', { format: 'email' }],
    ['routing_key', { format: 'pagerduty' }],
    ['events.0', { url: 'https://example.com', events: ['nonsense'] }],
    ['nonsense', { url: 'https://example.com', nonsense: 1 }],
  ])('is refused by the field %s: %o', async (field, body) => {
    const { status, body: problem } = await put('wrong', body);
    expect(status).toBe(422);
    expect((problem['errors'] as { path: string }[]).map(({ path }) => path)).toEqual([field]);
  });

  it('is only for admins, and a limited one keeps to its environments', async () => {
    const operator = await door.key({ role: 'operator' });
    expect((await door.call('get', '/v1/webhooks', { key: operator })).status).toBe(403);
    const staging = await door.key({ role: 'admin', environments: ['staging'] });
    expect((await put('theirs', { url: 'https://example.com' }, staging)).status).toBe(403);
    expect(
      (await put('theirs', { url: 'https://example.com', environments: ['staging'] }, staging)).status,
    ).toBe(201);
    await put('ours', { url: 'https://example.com', environments: ['production'] });
    const { body } = await door.call('get', '/v1/webhooks', { key: staging });
    const ids = (body['items'] as { webhook_id: string }[]).map(({ webhook_id }) => webhook_id);
    expect([ids.includes('theirs'), ids.includes('ours')]).toEqual([true, false]);
    expect((await door.call('post', '/v1/webhooks/ours/test', { key: staging })).status).toBe(403);
  });
});

describe('a test', () => {
  it('says what the receiver answered, by each way', async () => {
    const { body: made } = await put('ops', { url: receiver.url });
    const { body } = await door.call('post', '/v1/webhooks/ops/test');
    expect(body).toMatchObject({ delivered: true, status: 204, error: null });
    const [{ body: sent, headers }] = receiver.received as [(typeof receiver.received)[number]];
    const message = new Webhook(String(made['secret'])).verify(sent, headers as Record<string, string>);
    expect(message).toMatchObject({
      type: 'test',
      data: { url: 'https://rampart.example.com/operations/webhooks' },
    });
    receiver.answer(403);
    expect((await door.call('post', '/v1/webhooks/ops/test')).body).toMatchObject({
      ...{ delivered: false, status: 403, error: 'it answered 403', answer: 'no' },
    });
    await put('mail', { format: 'email', to: ['ops@example.com'] });
    expect((await door.call('post', '/v1/webhooks/mail/test')).body).toMatchObject({
      delivered: true,
      status: 250,
    });
    expect(mail.received.length).toBe(1);
  });

  it('goes nowhere by a redirect', async () => {
    await put('ops', { url: receiver.url });
    receiver.answer(307, { location: 'http://169.254.169.254/' });
    const { body } = await door.call('post', '/v1/webhooks/ops/test');
    expect(body).toMatchObject({ delivered: false, status: 307 });
    expect(body['error']).toMatch(/redirect/);
  });
});

describe('a secret', () => {
  it('is rotated: both sign for a day', async () => {
    const { body: made } = await put('turned', { url: receiver.url });
    const { status, body } = await door.call('post', '/v1/webhooks/turned/secret');
    expect(status).toBe(200);
    expect((body['signed_by'] as { until: string | null }[]).map(({ until }) => until === null)).toEqual([
      true,
      false,
    ]);
    await door.call('post', '/v1/webhooks/turned/test');
    const [{ body: sent, headers }] = receiver.received as [(typeof receiver.received)[number]];
    for (const secret of [made['secret'], body['secret']])
      new Webhook(String(secret)).verify(sent, headers as Record<string, string>);
  });
});

describe('deliveries', () => {
  it('are listed newest first, in pages and by what became of them, and sent again', async () => {
    await put('listed', { url: receiver.url });
    const { store } = door.api;
    const webhooks = [(await store.webhooks.get('listed'))!];
    const alerts = [1, 2, 3].map((n) => alertOf(heldBy(`hold_${n}`, { seq: n, at: Date.now() + n })));
    for (const alert of alerts) await fanOut(store, webhooks, alert, Date.now());
    const path = '/v1/webhooks/listed/deliveries';
    const { body: page } = await door.call('get', `${path}?limit=2`);
    const items = page['items'] as { delivery_id: string; title: string; status: string }[];
    expect(items.map(({ title }) => title)).toEqual([alerts[2]!.title, alerts[1]!.title]);
    const { body: rest } = await door.call('get', `${path}?limit=2&cursor=${String(page['next_cursor'])}`);
    expect([(rest['items'] as object[]).length, rest['next_cursor']]).toEqual([1, null]);
    const [{ delivery_id }] = items as [(typeof items)[number]];
    // It waits already.
    expect((await door.call('post', `${path}/${delivery_id}/redeliver`)).status).toBe(409);
    await store.deliveries.settle(
      [delivery_id],
      'listed',
      'dead',
      { at: 1, status: 500, error: 'no', took_ms: 1 },
      Date.now(),
    );
    const { body: dead } = await door.call('get', `${path}?status=dead`);
    expect((dead['items'] as object[]).length).toBe(1);
    expect((await door.call('get', '/v1/webhooks/listed')).body).toMatchObject({ waiting: 2, dead: 1 });
    const again = await door.call('post', `${path}/${delivery_id}/redeliver`);
    expect([again.status, again.body['status']]).toEqual([202, 'waiting']);
    expect((await door.call('post', `/v1/webhooks/ops/deliveries/${delivery_id}/redeliver`)).status).toBe(
      404,
    );
    const trail = await store.audit.list({ after: 0, subject: 'listed' }, 100);
    expect(trail.map(({ action }) => action)).toEqual(['webhook.create', 'webhook.redeliver']);
  });
});
