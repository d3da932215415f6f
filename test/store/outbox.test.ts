// From what happens to what receivers get, on a real MongoDB: nothing is lost and nothing is told twice, wherever it is cut.
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAlertActivities } from '../../activities/alerts.js';
import { TRIED_FOR_MS } from '../../src/alerts/attempt.js';
import type { Alert } from '../../src/model/alert.js';
import { experimentSchema } from '../../src/model/experiment.js';
import { AlertDeliverer } from '../../src/operations/deliver-alerts.js';
import { AlertHearer } from '../../src/operations/hear-alerts.js';
import { redeliver } from '../../src/operations/redeliver.js';
import { Retention, STANDARD_RETENTION } from '../../src/operations/retention.js';
import { rotateSecret, saveWebhook } from '../../src/operations/save-webhook.js';
import type { Sending } from '../../src/operations/send-alerts.js';
import { ConditionWatch } from '../../src/operations/watch-conditions.js';
import { webhookSchema } from '../../src/model/webhook.js';
import { AddressRules } from '../../src/receivers/address-rules.js';
import { FieldSealing } from '../../src/secrets/field-sealing.js';
import type { ObservedInstance } from '../../src/serving/liveness.js';
import type { Delivery } from '../../src/store/deliveries.js';
import type { Store } from '../../src/store/store.js';
import type { TimelineLine } from '../../src/store/timeline.js';
import { Webhook } from 'standardwebhooks';
import { Receiver } from '../receivers/receiver.js';
import { MailServer } from '../receivers/mail-server.js';
import { TestStores } from './test-store.js';

const sealing = new FieldSealing('a secret of tests that is long enough', () => Promise.resolve('k1'));
let stores: TestStores;
let receiver: Receiver;
let mail: MailServer;
let sending: Sending;
let store: Store;
/** What became of attempts. */
const results = new Map<string, number>();
/** Lanes that were woken. */
const lanes = new Set<string>();

beforeAll(async () => {
  stores = await TestStores.start();
  receiver = await Receiver.start();
  mail = await MailServer.start();
  sending = {
    rules: new AddressRules(['127.0.0.1']),
    mail: { url: mail.url, from: 'rampart@example.com' },
    home: 'https://rampart.example.com',
  };
});
beforeEach(async () => {
  store = await stores.store();
  lanes.clear();
  results.clear();
  receiver.received.length = 0;
  mail.received.length = 0;
  receiver.answer(null);
  await experiment('e');
});
afterAll(async () => {
  await stores.end();
  await receiver.stop();
  await mail.stop();
});

async function experiment(experiment_id: string, more: object = {}): Promise<void> {
  const definition = experimentSchema.parse({
    experiment_id,
    name: experiment_id.toUpperCase(),
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
    ...more,
  });
  await store.experiments.create(definition, experiment_id, 'root');
}

async function webhook(webhook_id: string, more: object = {}): Promise<string> {
  const input = webhookSchema.parse({ webhook_id, url: receiver.url, ...more });
  return (await saveWebhook({ store, sealing, sending }, input, null, 'root')).secret!;
}

/** Lines, each held or lifted by a hold: `srm`, `-srm`. */
function lines(...codes: string[]): TimelineLine[] {
  return codes.map((code, index): TimelineLine => {
    const isOver = code.startsWith('-');
    return [
      `${index}:${code}:${Math.random()}`,
      {
        at: Date.now(),
        kind: isOver ? 'lifted' : 'held',
        actor: { type: 'engine', id: 'rampart' },
        revision: 1,
        data: { code: code.replace('-', '') },
      },
    ];
  });
}

async function hear(of: Store = store, observed: readonly ObservedInstance[] = []): Promise<void> {
  const hearer = new AlertHearer({ store: of, wake: (lane) => Promise.resolve(void lanes.add(lane)) });
  await hearer.round(observed, () => undefined);
}

async function deliver(): Promise<Map<string, number | null>> {
  const counted = (result: string, alerts: number): void =>
    void results.set(result, (results.get(result) ?? 0) + alerts);
  const deliverer = new AlertDeliverer({ store, sealing, sending, counted });
  const due = new Map<string, number | null>();
  for (const lane of lanes) {
    let due_in: number | null = 0;
    while (due_in === 0) due_in = await deliverer.deliverDue(lane, () => undefined);
    due.set(lane, due_in);
  }
  return due;
}

async function all(webhook_id = 'ops'): Promise<Delivery[]> {
  const { items } = await store.deliveries.page(webhook_id, {}, 1_000);
  return items.sort((a, b) => a.order - b.order);
}

function told(): string[] {
  return receiver.received.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { details: { code?: string } } };
    return `${type} ${data.details.code ?? ''}`.trim();
  });
}

/** Makes what waits for a time of its own due. */
async function later(): Promise<void> {
  await store.database
    .collection<Delivery>('deliveries')
    .updateMany({ status: 'waiting' }, { $set: { due_at: Date.now() - 1 } });
}

/** The store, of which one call in all its parts fails: the one with this number, after it was done or before. */
function dying(at: number, isAfter: boolean): { store: Store; isDead: () => boolean } {
  let calls = 0;
  const wrapped = (part: object): object =>
    new Proxy(part, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          calls += 1;
          if (calls > at) throw new Error('dead');
          if (calls === at && !isAfter) throw new Error('dead');
          const answer: unknown = await (value as (...all: unknown[]) => unknown).apply(target, args);
          if (calls === at) throw new Error('dead');
          return answer;
        };
      },
    });
  const parts = Object.entries(store).map(([name, part]) => [name, wrapped(part as object)]);
  return { store: Object.fromEntries(parts) as Store, isDead: () => calls >= at };
}

describe('between a line and its alert', () => {
  it('nothing is lost, nothing is told twice and the order stays, whichever step a process dies at', async () => {
    await webhook('ops');
    await webhook('pager', { format: 'pagerduty', routing_key: 'a'.repeat(32) });
    const expected: string[] = [];
    let deaths = 0;
    for (const isAfter of [false, true]) {
      for (let step = 1; ; step += 1) {
        const codes = ['srm', 'stale_data', 'crossover'].map((code) => `${code}_${step}_${isAfter}`);
        await store.timeline.append('e', lines(...codes));
        expected.push(...codes);
        const one = dying(step, isAfter);
        await hear(one.store).catch(() => undefined);
        // Another process takes over.
        await hear();
        if (!one.isDead()) break;
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(20);
    for (const id of ['ops', 'pager']) {
      const codes = (await all(id)).map(({ alert }) => alert.details['code']);
      expect([id, codes]).toEqual([id, expected]);
    }
    expect(await store.timeline.unheardOf()).toEqual([]);
  });

  it('two that hear at once, while lines are written, tell each line once and in order', async () => {
    await webhook('ops');
    let isWriting = true;
    const writing = (async () => {
      for (let n = 0; n < 15; n += 1) await store.timeline.append('e', lines(`a${n}`, `b${n}`));
      isWriting = false;
    })();
    const hearing = async (): Promise<void> => {
      while (isWriting) await hear();
    };
    await Promise.all([writing, hearing(), hearing()]);
    await hear();
    const orders = (await all()).map(({ order }) => order);
    expect(orders).toEqual(Array.from({ length: 30 }, (_, index) => (index + 1) * 10));
    await deliver();
    expect(told()).toEqual(Array.from({ length: 15 }, (_, n) => [`held a${n}`, `held b${n}`]).flat());
  });

  it('what nobody wants is not kept', async () => {
    await store.timeline.append('e', lines('srm'));
    await hear();
    await webhook('ops');
    await hear();
    expect(await all()).toEqual([]);
  });
});

describe('a receiver', () => {
  it('gets what is signed, under the id of the delivery, and a new secret beside the old one', async () => {
    const secret = await webhook('ops');
    await store.timeline.append('e', lines('srm'));
    await hear();
    await deliver();
    const [{ body, headers }] = receiver.received as [(typeof receiver.received)[number]];
    const [delivery] = await all();
    expect(headers['webhook-id']).toBe(delivery!._id);
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'held',
      data: { title: 'E: held, arms lack their shares: something loses people' },
    });
    const before = (await store.webhooks.get('ops'))!;
    const rotated = await rotateSecret({ store, sealing, sending }, before, 'root');
    await store.timeline.append('e', lines('crossover'));
    await hear();
    await deliver();
    const second = receiver.received[1]!;
    for (const one of [secret, rotated.secret!])
      new Webhook(one).verify(second.body, second.headers as Record<string, string>);
  });

  it('that fails is asked again, in order, and then gets everything', async () => {
    await webhook('ops');
    await store.timeline.append('e', lines('a', 'b'));
    await hear();
    receiver.answer(503);
    const [due] = (await deliver()).values();
    expect(due).toBeGreaterThan(3_000);
    // It is late only once its own time has come.
    expect(await store.deliveries.firstDue(Date.now() - 60_000)).toBeNull();
    expect(await store.deliveries.firstDue(Date.now() + 60_000)).toBeLessThan(Date.now() + 60_000);
    expect(receiver.received.length).toBe(1);
    await store.timeline.append('e', lines('c'));
    await hear();
    receiver.answer(null);
    expect([...(await deliver()).values()]).not.toContain(null);
    await later();
    expect([...(await deliver()).values()]).toContain(null);
    expect(told()).toEqual(['held a', 'held a', 'held b', 'held c']);
    const [first] = await all();
    expect(first).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(Object.fromEntries(results)).toEqual({ failed: 1, delivered: 3 });
  });

  it('that never takes one message does not keep the others, and the message is a dead letter', async () => {
    await webhook('ops');
    await store.timeline.append('e', lines('bad', 'good'));
    receiver.answers = ({ body }, response) => {
      if (!body.includes('bad')) return false;
      response.writeHead(422).end();
      return true;
    };
    await hear();
    await deliver();
    expect((await all()).map(({ status }) => status)).toEqual(['dead', 'delivered']);
    expect(Object.fromEntries(results)).toEqual({ dead: 1, delivered: 1 });
    expect(await store.deliveries.tally('ops')).toEqual({ waiting: 0, dead: 1 });
  });

  it('that fails at one message again and again gets the others after a while, and that one at last', async () => {
    await webhook('ops');
    await store.timeline.append('e', lines('bad', 'good'));
    let isMended = false;
    receiver.answers = ({ body }, response) => {
      if (isMended || !body.includes('bad')) return false;
      response.writeHead(500).end();
      return true;
    };
    await hear();
    for (let attempt = 0; attempt < 9; attempt += 1) {
      await deliver();
      await later();
    }
    expect((await all()).map(({ status }) => status)).toEqual(['waiting', 'delivered']);
    isMended = true;
    await deliver();
    expect((await all()).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  it('that fails for a day leaves dead letters, which a person can have sent again', async () => {
    await webhook('ops');
    await store.timeline.append('e', lines('srm'));
    await hear();
    receiver.answer(500);
    await store.database
      .collection<Delivery>('deliveries')
      .updateMany({}, { $set: { give_up_at: Date.now() - 1 } });
    await deliver();
    const [dead] = await all();
    expect(dead).toMatchObject({ status: 'dead', last: { status: 500, error: 'it answered 500' } });
    receiver.answer(null);
    const hook = (await store.webhooks.get('ops'))!;
    const context = {
      store,
      lanes: { wake: () => Promise.reject(new Error('away')) },
      logger: { warn: () => undefined },
    };
    const again = await redeliver(context, hook, dead!, 'root');
    expect(again).toMatchObject({ status: 'waiting', attempts: 0 });
    expect(again.give_up_at).toBeGreaterThan(Date.now() + TRIED_FOR_MS - 60_000);
    // Temporal was away: the lane is found by what is overdue in it.
    expect(await store.deliveries.overdue(Date.now() + 1)).toEqual([dead!.lane]);
    await deliver();
    expect((await all())[0]).toMatchObject({ status: 'delivered' });
    await expect(
      redeliver(context as never, { ...hook, settings: { ...hook.settings, enabled: false } }, dead!, 'root'),
    ).rejects.toThrow('switched off');
  });

  it('of one webhook or experiment does not wait for that of another', async () => {
    await experiment('f');
    await webhook('ops');
    await webhook('broken', { url: 'http://127.0.0.1:9/' });
    await store.timeline.append('e', lines('a'));
    await store.timeline.append('f', lines('b'));
    await hear();
    await deliver();
    expect(told().sort()).toEqual(['held a', 'held b']);
    expect((await all('broken')).map(({ status, last }) => [status, last?.error])).toEqual([
      ['waiting', 'nobody listens there'],
      ['waiting', 'nobody listens there'],
    ]);
  });

  it('that is switched off or deleted gets nothing more', async () => {
    await webhook('ops');
    await store.timeline.append('e', lines('a'));
    await hear();
    const hook = (await store.webhooks.get('ops'))!;
    await store.webhooks.put({ ...hook, settings: { ...hook.settings, enabled: false } });
    await deliver();
    expect((await all()).map(({ status, last }) => [status, last?.error])).toEqual([
      ['dead', 'the webhook is switched off'],
    ]);
    expect(receiver.received).toEqual([]);
  });
});

describe('a receiver that hangs', () => {
  it('has so many messages under way at once, and leaves room for the others', async () => {
    await webhook('ops');
    const ids = Array.from({ length: 25 }, (_, n) => `many-${n}`);
    for (const id of ids) {
      await experiment(id);
      await store.timeline.append(id, lines('srm'));
    }
    await hear();
    const waiting: (() => void)[] = [];
    receiver.answers = (_received, response) => {
      waiting.push(() => response.writeHead(204).end());
      return true;
    };
    const activities = createAlertActivities({
      ...{ store, sealing, sending, logger: { error: () => undefined }, metrics: { told: () => undefined } },
      lanes: { wake: () => Promise.resolve() },
      stopping: new AbortController().signal,
    });
    const answers = [...lanes].map((lane) =>
      new MockActivityEnvironment().run(() => activities.deliver(lane)),
    );
    await expect.poll(() => waiting.length, { timeout: 9_000 }).toBe(20);
    for (const answer of waiting) answer();
    expect((await Promise.all(answers)).filter((due_in) => due_in === 5_000).length).toBe(5);
  });
});

describe('a hold that comes and goes', () => {
  const statuses = async () => (await all()).map(({ alert: { kind }, status }) => `${kind} ${status}`);

  it('is told once, and that it is over once it has stayed over', async () => {
    await webhook('ops', { quiet_for: '1h' });
    for (const code of ['srm', '-srm', 'srm', '-srm', 'srm', '-srm']) {
      await store.timeline.append('e', lines(code));
      await hear();
      await deliver();
    }
    expect(told()).toEqual(['held srm']);
    expect((await statuses()).slice(1, 5)).toEqual([
      ...['lifted superseded', 'held superseded', 'lifted superseded', 'held superseded'],
    ]);
    await later();
    await deliver();
    expect(told()).toEqual(['held srm', 'lifted srm']);
  });

  it('and is told again where it had been told that it was over', async () => {
    await webhook('ops', { quiet_for: '1s' });
    await store.timeline.append('e', lines('srm', '-srm'));
    await hear();
    await later();
    await deliver();
    await store.timeline.append('e', lines('srm'));
    await hear();
    await deliver();
    expect(told()).toEqual(['held srm', 'lifted srm', 'held srm']);
  });

  it('does not keep what comes after it waiting', async () => {
    await webhook('ops', { quiet_for: '1h' });
    await store.timeline.append('e', lines('srm', '-srm', 'stale_data'));
    await hear();
    await deliver();
    expect(told()).toEqual(['held srm', 'held stale_data']);
  });

  it('is never told to be over before it was told at all', async () => {
    await webhook('ops', { quiet_for: '1s' });
    await store.timeline.append('e', lines('srm', '-srm'));
    await hear();
    receiver.answer(503);
    await deliver();
    receiver.answer(null);
    await store.database
      .collection<Delivery>('deliveries')
      .updateMany({ 'alert.closes': true }, { $set: { due_at: Date.now() - 1 } });
    await deliver();
    expect(told()).toEqual(['held srm']);
    await later();
    await deliver();
    await later();
    await deliver();
    expect(told()).toEqual(['held srm', 'held srm', 'lifted srm']);
  });
});

describe('what is not sent at once', () => {
  it('muted alerts are written down, and their ends too', async () => {
    await webhook('ops', {
      quiet_for: '1s',
      muted: [{ cron: '* * * * *', duration: '1h', severities: ['info', 'warning'] }],
    });
    await store.timeline.append('e', lines('stale_data', '-stale_data', 'srm'));
    await hear();
    await deliver();
    expect((await all()).map(({ status }) => status)).toEqual(['muted', 'muted', 'delivered']);
    expect(told()).toEqual(['held srm']);
  });

  it('a digest has all of its period in one message; what is critical comes at once', async () => {
    await experiment('f');
    await webhook('ops', { digest: { every: '1h' } });
    await store.timeline.append('e', lines('stale_data', 'srm'));
    await store.timeline.append('f', lines('no_traffic'));
    await hear();
    await deliver();
    expect(told()).toEqual(['held srm']);
    await later();
    await deliver();
    expect(receiver.received.length).toBe(2);
    const digest = JSON.parse(receiver.received[1]!.body) as { type: string; data: { alerts: Alert[] } };
    expect([digest.type, digest.data.alerts.length]).toEqual(['digest', 2]);
    expect((await all()).every(({ status }) => status === 'delivered')).toBe(true);
  });
});

describe('a digest that fails', () => {
  it('is another message once it has more, and each of its alerts has a day of its own', async () => {
    await webhook('ops', { digest: { every: '1h' } });
    await store.timeline.append('e', lines('stale_data', 'no_traffic'));
    await hear();
    receiver.answer(503);
    await later();
    await deliver();
    const deliveries = store.database.collection<Delivery>('deliveries');
    await deliveries.updateMany({}, { $set: { give_up_at: Date.now() - 1 } });
    await store.timeline.append('e', lines('flag_off'));
    await hear();
    await later();
    await deliver();
    expect((await all()).map(({ status }) => status)).toEqual(['dead', 'dead', 'waiting']);
    receiver.answer(null);
    await later();
    await deliver();
    expect((await all()).map(({ status }) => status)).toEqual(['dead', 'dead', 'delivered']);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
  });
});

describe('each way', () => {
  it('by mail', async () => {
    await webhook('ops', { url: undefined, format: 'email', to: ['ops@example.com'] });
    await store.timeline.append('e', lines('srm'));
    await hear();
    await deliver();
    expect(mail.received[0]!.text).toContain('/experiments/e/health');
    expect(mail.received[0]!.to).toEqual(['ops@example.com']);
  });

  it('to Slack and to PagerDuty', async () => {
    await webhook('chat', { format: 'slack' });
    await webhook('pager', { format: 'pagerduty', routing_key: 'a'.repeat(32), quiet_for: '1s' });
    await store.timeline.append('e', lines('srm', '-srm'));
    await hear();
    await later();
    await deliver();
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies.filter((body) => 'blocks' in body).length).toBe(2);
    const events = bodies.filter((body) => 'dedup_key' in body);
    expect(events.map((body) => body['event_action'])).toEqual(['trigger', 'resolve']);
    expect(new Set(events.map((body) => body['dedup_key'])).size).toBe(1);
  });
});

describe('what is of no experiment', () => {
  const kinds = async () => (await all()).map(({ alert }) => alert.kind);
  const instance = (more: Partial<ObservedInstance>): ObservedInstance => ({
    ...{ instance_id: 'api-1', start_id: 's', serving_revision: 9, kind: 'api', process: null, unserved: [] },
    ...{ live: true, still_ms: 0, ...more },
  });

  it('an emergency stop is told when it is set, when it is complete and when it is released, once each', async () => {
    await webhook('ops');
    const stop = {
      ...{ _id: 'stop_1', at: new Date().toISOString(), by: 'ada', reason: 'it fails' },
      ...{ scope: 'all' as const, experiment_ids: [], fence_revision: 10, released_at: null },
    };
    await store.emergencyStops.put(stop);
    await hear(store, [instance({ serving_revision: 9 })]);
    await hear(store, [instance({ serving_revision: 9 })]);
    expect(await kinds()).toEqual(['emergency_stop']);
    await hear(store, [instance({ serving_revision: 10 })]);
    await hear(store, [instance({ serving_revision: 10 })]);
    expect(await kinds()).toEqual(['emergency_stop', 'emergency_stop_complete']);
    expect(await store.emergencyStops.unheard()).toEqual([]);
    await store.emergencyStops.put({ ...stop, released_at: new Date().toISOString() });
    await hear();
    await hear();
    expect(await kinds()).toEqual(['emergency_stop', 'emergency_stop_complete', 'emergency_stop_released']);
    expect(await store.emergencyStops.get('stop_1')).toEqual({
      ...stop,
      released_at: expect.any(String) as string,
    });
  });

  it('a stop that is not complete after a minute is told with what is open', async () => {
    await webhook('ops');
    const at = new Date(Date.now() - 61_000).toISOString();
    await store.emergencyStops.put({
      ...{ _id: 'stop_1', at, by: 'ada', reason: 'it fails', scope: 'all' },
      ...{ experiment_ids: [], fence_revision: 10, released_at: null },
    });
    await hear(store, [instance({ serving_revision: 9 })]);
    expect(await kinds()).toEqual(['emergency_stop', 'emergency_stop_incomplete']);
    expect((await all())[1]!.alert.text).toContain('api-1');
  });

  it('a stop that is told at a process death is told once', async () => {
    await webhook('ops');
    for (let step = 1; ; step += 1) {
      const one = dying(step, step % 2 === 0);
      await store.emergencyStops.put({
        ...{ _id: `stop_${step}`, at: new Date().toISOString(), by: 'ada', reason: 'r', scope: 'all' },
        ...{ experiment_ids: [], fence_revision: 1, released_at: null },
      });
      await hear(one.store).catch(() => undefined);
      await hear();
      if (!one.isDead()) break;
    }
    const told_of = (await all()).map(({ alert }) => `${alert.subject.id} ${alert.kind}`);
    expect(new Set(told_of).size).toBe(told_of.length);
    expect(told_of.filter((one) => one.endsWith('emergency_stop')).length).toBe(told_of.length / 2);
  });

  it('a lost process is told, and that it is back', async () => {
    await webhook('ops', { quiet_for: '1s' });
    const watch = new ConditionWatch(store);
    const lost = [instance({ live: false, still_ms: 12_000 })];
    await watch.watchProcesses(lost);
    await watch.watchProcesses(lost);
    await hear();
    await watch.watchProcesses([instance({})]);
    await hear();
    expect(await kinds()).toEqual(['process_lost', 'process_back']);
    expect(await store.alertConditions.all('process')).toEqual([]);
    await watch.watchProcesses(lost);
    await hear();
    expect((await kinds()).length).toBe(3);
  });

  it('a stale flag is told with its remedy, and that it is no longer stale', async () => {
    await webhook('ops');
    const watch = new ConditionWatch(store);
    const old = {
      flag_id: 'old',
      enabled: true,
      rules: [{ value: true, experiment_id: 'gone', conditions: {} }],
    };
    const stored = await store.flags.replace('old', old, 'root', null, 1);
    await watch.watchFlags();
    await watch.watchFlags();
    await hear();
    await store.flags.delete(stored);
    await watch.watchFlags();
    await hear();
    expect(await kinds()).toEqual(['flag_stale', 'flag_not_stale']);
    expect((await all())[0]!.alert.text).toContain('keep the winner in the code');
  });
});

it('retention forgets what became of alerts', async () => {
  await webhook('ops');
  await store.timeline.append('e', lines('a', 'b'));
  await hear();
  const retention = new Retention(store, { ...STANDARD_RETENTION, alerts: 3_600_000 });
  await retention.step(Date.now(), () => undefined);
  expect((await all()).length).toBe(2);
  await retention.step(Date.now() + 3_601_000, () => undefined);
  expect(await all()).toEqual([]);
});
