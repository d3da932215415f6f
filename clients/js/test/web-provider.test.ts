import { OpenFeature, ProviderEvents, type EvaluationContext } from '@openfeature/web-sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RampartWebProvider, type RampartWebProviderOptions } from '../dist/index.js';
import { FakeServer, silence, status } from './fake-server.js';
import { RecordingLogger } from './recording-logger.js';
import { snapshot } from './snapshot.js';
import { pause, until } from './until.js';

// Without EventSource (in Node, and in some browsers), changes are found by polling. test/browser.test.ts has the rest.

let server: FakeServer;
let logger: RecordingLogger;
let domain = 0;
const open: RampartWebProvider[] = [];

const flag = (key: string, value: unknown, more: object = {}) => ({
  key,
  value,
  reason: 'STATIC',
  variant: 'on',
  metadata: { revision: 1 },
  ...more,
});
const exposed = { experiment_id: 'colours', variant: 'treatment', in_experiment: true, revision: 4 };

beforeEach(async () => {
  server = await new FakeServer(snapshot()).start();
  server.flags = [flag('title', 'Hello'), flag('colour', 'blue', { metadata: exposed, reason: 'SPLIT' })];
  logger = new RecordingLogger();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((provider) => provider.onClose()));
  await server.stop();
});

function providerOf(options: Partial<RampartWebProviderOptions> = {}): RampartWebProvider {
  const provider = new RampartWebProvider({
    baseUrl: server.url,
    apiKey: 'key',
    timeoutMs: 1_500,
    requestTimeoutMs: 1_000,
    pollIntervalMs: 30,
    flushIntervalMs: 20,
    logger,
    ...options,
  });
  open.push(provider);
  return provider;
}

function clientOf(provider: RampartWebProvider, context: object = { targetingKey: 'u1' }) {
  const name = `domain-${(domain += 1)}`;
  const events: string[] = [];
  const client = OpenFeature.getClient(name);
  for (const event of Object.values(ProviderEvents)) {
    client.addHandler(event, (details) => {
      const { flagsChanged } = (details ?? {}) as { flagsChanged?: string[] };
      events.push(flagsChanged ? `${event} ${flagsChanged.join(' ')}` : event);
    });
  }
  const ready = OpenFeature.setProviderAndWait(name, provider, context as EvaluationContext);
  return { client, events, name, ready };
}

test('one request evaluates all flags for the context; after that no evaluation needs the network', async () => {
  server.offersStream = false;
  const { client, ready } = clientOf(providerOf({ pollIntervalMs: 60_000 }), {
    targetingKey: 'u1',
    since: new Date(0),
    call: () => 1,
  });
  await ready;
  expect(server.contexts).toEqual([{ targetingKey: 'u1', since: '1970-01-01T00:00:00.000Z' }]);
  expect(client.getStringDetails('title', '')).toMatchObject({
    value: 'Hello',
    variant: 'on',
    reason: 'STATIC',
    flagMetadata: { revision: 1 },
  });
  expect(client.getBooleanDetails('title', true)).toMatchObject({ value: true, errorCode: 'TYPE_MISMATCH' });
  expect(client.getStringDetails('no', 'mine')).toMatchObject({ value: 'mine', errorCode: 'FLAG_NOT_FOUND' });
  await pause(100);
  expect(server.contexts).toHaveLength(1);
});

test('an error or a missing value gives the default', async () => {
  server.flags = [
    { key: 'needs', errorCode: 'TARGETING_KEY_MISSING', errorDetails: 'this flag splits units' },
    { key: 'code', reason: 'DEFAULT', metadata: {} },
  ];
  const { client, ready } = clientOf(providerOf(), {});
  await ready;
  expect(client.getStringDetails('needs', 'mine')).toMatchObject({
    value: 'mine',
    errorCode: 'TARGETING_KEY_MISSING',
    errorMessage: 'this flag splits units',
  });
  const details = client.getStringDetails('code', 'mine');
  expect(details).toMatchObject({ value: 'mine', reason: 'DEFAULT' });
  expect(details.errorCode).toBeUndefined();
});

test('polls have the ETag; a change is served and emitted with its keys', async () => {
  const { client, events, ready } = clientOf(providerOf());
  await ready;
  await until('polls', () => server.requests.length >= 4);
  const etags = server.requests.map(({ headers }) => headers['if-none-match']);
  expect(etags[0]).toBeUndefined();
  expect(etags[1]).toMatch(/^"/);
  server.flags = [flag('title', 'Bye'), server.flags[1]!];
  await until('the change', () => client.getStringValue('title', '') === 'Bye');
  expect(events).toEqual(['PROVIDER_READY', 'PROVIDER_CONFIGURATION_CHANGED title']);
});

test.each([
  ['500', status(500, 'oops')],
  ['401', status(401, {})],
  ['no response', silence],
  ['no JSON', status(200, '<html>')],
  ['another shape', status(200, { flags: { title: 1 } })],
  ['flags without keys', status(200, { flags: [null] })],
])('%s: the last evaluation stays in use, and the end is reported', async (_name, trouble) => {
  const { client, events, ready } = clientOf(providerOf());
  await ready;
  server.trouble.bulk = trouble;
  await until('Stale', () => events.includes('PROVIDER_STALE'));
  expect(client.getStringValue('title', '')).toBe('Hello');
  server.trouble = {};
  server.flags = [flag('title', 'Bye')];
  await until('Ready', () => events.at(-1) === 'PROVIDER_READY' && events.length > 2);
  expect(client.getStringValue('title', '')).toBe('Bye');
  expect([logger.warnings.length, logger.infos.length]).toEqual([1, 1]);
});

test('without a server initialize rejects in time, and Ready follows', async () => {
  server.trouble.bulk = silence;
  const { client, events, ready } = clientOf(providerOf());
  const began = performance.now();
  await expect(ready).rejects.toMatchObject({ code: 'PROVIDER_NOT_READY' });
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(client.getStringDetails('title', 'mine')).toMatchObject({
    value: 'mine',
    errorCode: 'PROVIDER_NOT_READY',
  });
  server.trouble = {};
  await until('Ready', () => events.includes('PROVIDER_READY'));
  expect(client.getStringValue('title', '')).toBe('Hello');
});

test('the rejection of initialize says what is wrong', async () => {
  server.trouble.bulk = status(401, { code: 'unauthenticated' });
  await expect(clientOf(providerOf()).ready).rejects.toThrow(/401 unauthenticated: check apiKey/);
});

test('another unit gets its own evaluation, or the defaults, and never that of the unit before', async () => {
  const { client, name, ready } = clientOf(providerOf());
  await ready;
  server.flags = [flag('title', 'for u2')];
  await OpenFeature.setContext(name, { targetingKey: 'u2' });
  expect(server.contexts.at(-1)).toEqual({ targetingKey: 'u2' });
  expect(client.getStringValue('title', '')).toBe('for u2');
  server.trouble.bulk = silence;
  await OpenFeature.setContext(name, { targetingKey: 'u2', plan: 'pro' });
  expect(client.getStringValue('title', '')).toBe('for u2');
  await OpenFeature.setContext(name, { targetingKey: 'u3' });
  expect(client.getStringDetails('title', 'mine')).toMatchObject({ value: 'mine', reason: 'ERROR' });
  server.trouble = {};
  server.flags = [flag('title', 'for u3')];
  await until('u3', () => client.getStringValue('title', '') === 'for u3');
});

test('of two changes of the context the later one counts, however late the first response comes', async () => {
  const provider = providerOf({ pollIntervalMs: 60_000 });
  const { client, name, ready } = clientOf(provider);
  await ready;
  server.trouble.bulk = (response) =>
    setTimeout(status(200, { flags: [flag('title', 'for u2')] }), 100, response);
  const first = OpenFeature.setContext(name, { targetingKey: 'u2' });
  await until('the first request', () => server.requests.length === 2);
  server.trouble = {};
  server.flags = [flag('title', 'for u3')];
  await Promise.all([first, OpenFeature.setContext(name, { targetingKey: 'u3' })]);
  await pause(200);
  expect(client.getStringValue('title', '')).toBe('for u3');
});

test('evaluating sends one exposure, for the unit of the evaluation; track sends its event', async () => {
  const provider = providerOf();
  const { client, ready } = clientOf(provider);
  await ready;
  for (let i = 0; i < 3; i += 1) client.getStringValue('colour', '');
  client.getBooleanValue('colour', false);
  client.track('purchase', { value: 3, item: 'book' });
  await until('both', () => server.events.length === 2);
  expect(server.events.map(({ event_id: _id, timestamp: _at, ...event }) => event)).toEqual([
    { type: 'exposure', unit_id: 'u1', experiment_id: 'colours', variant: 'treatment' },
    { type: 'purchase', unit_id: 'u1', value: 3, properties: { item: 'book' } },
  ]);
});

test('a value of another type counts as an exposure too; nothing does when exposures are off', async () => {
  const off = clientOf(providerOf({ exposures: false }));
  await off.ready;
  off.client.getStringValue('colour', '');
  off.client.track('end');
  await until('the end', () => server.events.length === 1);
  expect(server.events[0]!.type).toBe('end');
  const { client, ready } = clientOf(providerOf());
  await ready;
  client.getBooleanValue('colour', false);
  await until('the exposure', () => server.events.length === 2);
  expect(server.events[1]!.variant).toBe('treatment');
});

test('a context that cannot be JSON is refused, and nothing is thrown into the page', async () => {
  const { client, name, ready } = clientOf(providerOf());
  await ready;
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  await OpenFeature.setContext(name, { targetingKey: 'u1', loop } as never);
  expect(client.getStringValue('title', '')).toBe('Hello');
});

test('closing sends what is queued, and ends all requests', async () => {
  const provider = providerOf({ flushIntervalMs: 60_000 });
  const { client, ready } = clientOf(provider);
  await ready;
  client.track('click');
  await Promise.all([provider.onClose(), provider.onClose()]);
  expect(server.events).toHaveLength(1);
  const before = server.requests.length;
  await pause(150);
  expect(server.requests).toHaveLength(before);
});
