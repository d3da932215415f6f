// Alerts of the real product: a real receiver and a real mail server, and a worker that is killed.
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailServer } from '../receivers/mail-server.js';
import { Receiver, type Received } from '../receivers/receiver.js';
import { eventually, Rampart } from './harness.js';

let rampart: Rampart;
let receiver: Receiver;
let mail: MailServer;
const secrets = new Map<string, string>();

beforeAll(async () => {
  [receiver, mail] = await Promise.all([Receiver.start(), MailServer.start()]);
  rampart = await Rampart.start({
    RAMPART_WEBHOOK_ALLOW: '127.0.0.1',
    RAMPART_SMTP_URL: mail.url,
    RAMPART_MAIL_FROM: 'rampart@example.com',
    RAMPART_PUBLIC_URL: 'http://127.0.0.1:8080',
  });
}, 120_000);

afterAll(async () => {
  await rampart.dispose();
  await receiver.stop();
  await mail.stop();
});

interface Told {
  type: string;
  data: { subject: { id: string }; details: { seq?: number }; title: string };
}

function read({ body }: Received): Told {
  return JSON.parse(body) as Told;
}

/** What the receiver took of an experiment, in the order in which it came. */
function toldOf(id: string): Told[] {
  return receiver.received.map(read).filter(({ data }) => data.subject.id === id);
}

async function put(webhook_id: string, body: object): Promise<void> {
  const made = await rampart.call('PUT', `/v1/webhooks/${webhook_id}`, body);
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  secrets.set(webhook_id, String(made.body['secret']));
}

async function start(experiment_id: string): Promise<void> {
  const created = await rampart.call('POST', '/v1/experiments', {
    experiment_id,
    policy_id: 'demo',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  expect(created.status).toBe(201);
  expect((await rampart.call('POST', `/v1/experiments/${experiment_id}/start`, {})).status).toBe(202);
}

async function lines(id: string): Promise<{ seq: number; kind: string }[]> {
  const { body } = await rampart.call('GET', `/v1/experiments/${id}/timeline?limit=1000`);
  return body['items'] as { seq: number; kind: string }[];
}

/** Whether everything of an experiment's timeline that can be heard of has reached the receiver. */
async function hasAll(id: string): Promise<boolean> {
  const silent = ['created', 'allocation_published', 'fenced', 'released'];
  const expected = (await lines(id)).filter(({ kind }) => !silent.includes(kind)).map(({ seq }) => seq);
  const got = new Set(toldOf(id).map(({ data }) => data.details.seq));
  return expected.length > 3 && expected.every((seq) => got.has(seq));
}

describe('alerts', () => {
  it('reach a receiver signed and in order, though it fails, and though the worker is killed meanwhile', async () => {
    await put('ops', { url: receiver.url, quiet_for: '1s' });
    receiver.answer(503);
    await start('life');
    await eventually(() => Promise.resolve(receiver.received.length >= 2), 60_000);
    process.kill((await rampart.pidsOf('worker'))[0]!, 'SIGKILL');
    expect(
      (await rampart.call('POST', '/v1/experiments/life/pause', { reason: 'look' })).status,
    ).toBeLessThan(300);
    receiver.received.length = 0;
    receiver.answer(null);
    await rampart.call('POST', '/v1/experiments/life/stop', { reason: 'enough' });
    await eventually(async () => (await rampart.experiment('life'))['state'] === 'completed', 90_000);
    await eventually(() => hasAll('life'), 90_000);
    const orders = toldOf('life')
      .filter(({ type }) => type !== 'lifted')
      .map(({ data }) => data.details.seq!);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    const verifier = new Webhook(secrets.get('ops')!);
    for (const { body, headers } of receiver.received)
      verifier.verify(body, headers as Record<string, string>);
    // At least once: whoever is killed while sending sends again, under the same id.
    const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    const alerts = new Set(
      receiver.received.map(({ body }) => (JSON.parse(body) as { data: { alert_id: string } }).data.alert_id),
    );
    expect(ids.size).toBe(alerts.size);
  }, 240_000);

  it('tell by mail of an emergency stop, and that it is complete', async () => {
    await put('mail', {
      format: 'email',
      to: ['ops@example.com'],
      events: ['emergency_stop', 'emergency_stop_incomplete'],
    });
    await start('stopped');
    await eventually(async () => (await rampart.experiment('stopped'))['state'] === 'ramping', 60_000);
    await rampart.call('POST', '/v1/emergency-stops', { reason: 'it fails' });
    const subjects = () => mail.received.map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1] ?? '');
    await eventually(() => Promise.resolve(subjects().length >= 2), 60_000);
    expect(subjects()[0]).toMatch(/Emergency stop by/);
    expect(subjects()[1]).toMatch(/is complete/);
  }, 180_000);

  it('that are given up are listed, and sent again by hand', async () => {
    receiver.answers = ({ body }, response) => {
      if (!body.includes('"picky"')) return false;
      response.writeHead(410).end();
      return true;
    };
    const { items } = (await rampart.call('GET', '/v1/emergency-stops')).body as {
      items: { emergency_stop_id: string }[];
    };
    await rampart.call('POST', `/v1/emergency-stops/${items[0]!.emergency_stop_id}/release`, {});
    await start('picky');
    const dead = async () =>
      (await rampart.call('GET', '/v1/webhooks/ops/deliveries?status=dead')).body['items'] as {
        delivery_id: string;
      }[];
    await eventually(async () => (await dead()).length > 0, 60_000);
    receiver.answer(null);
    const [{ delivery_id }] = (await dead()) as [{ delivery_id: string }];
    receiver.received.length = 0;
    const again = await rampart.cli(['webhooks', 'redeliver', 'ops', delivery_id]);
    expect([again.code, again.err]).toEqual([0, '']);
    await eventually(() =>
      Promise.resolve(receiver.received.some(({ headers }) => headers['webhook-id'] === delivery_id)),
    );
  }, 180_000);
});
