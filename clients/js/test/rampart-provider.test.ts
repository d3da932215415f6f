import { OpenFeature, ProviderEvents, type EvaluationContext } from '@openfeature/server-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
// The built files are tested, as they are published.
import { RampartProvider, type RampartProviderOptions } from '../dist/index.js';
import { FakeServer, silence, status } from './fake-server.js';
import { RecordingLogger } from './recording-logger.js';
import { snapshot } from './snapshot.js';
import { pause, until } from './until.js';

let server: FakeServer;
let logger: RecordingLogger;
let domain = 0;
const open: RampartProvider[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  server = await new FakeServer(snapshot()).start();
  logger = new RecordingLogger();
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((provider) => provider.onClose()));
  await server.stop();
  await pause(0);
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

function providerOf(options: Partial<RampartProviderOptions> = {}): RampartProvider {
  const provider = new RampartProvider({
    baseUrl: server.url,
    apiKey: 'key',
    timeoutMs: 400,
    requestTimeoutMs: 300,
    pollIntervalMs: 50,
    flushIntervalMs: 20,
    stream: false,
    logger,
    ...options,
  });
  open.push(provider);
  return provider;
}

/** The provider behind OpenFeature's client, and the events that an application receives. */
function clientOf(provider: RampartProvider) {
  const name = `domain-${(domain += 1)}`;
  const events: string[] = [];
  const client = OpenFeature.getClient(name);
  for (const event of Object.values(ProviderEvents)) {
    client.addHandler(event, (details) => {
      const { flagsChanged } = (details ?? {}) as { flagsChanged?: string[] };
      events.push(flagsChanged ? `${event} ${flagsChanged.join(' ')}` : event);
    });
  }
  return { client, events, ready: OpenFeature.setProviderAndWait(name, provider) };
}

async function started(options: Partial<RampartProviderOptions> = {}) {
  const provider = providerOf(options);
  const { client, events, ready } = clientOf(provider);
  await ready;
  return { provider, client, events };
}

const u1: EvaluationContext = { targetingKey: 'u1' };
const polls = (): string[] =>
  server.requests.map(({ line }) => line).filter((line) => line.includes('/v1/snapshot'));

/** A unit of each variant of the experiment. */
async function unitsIn(provider: RampartProvider): Promise<{ control: string; treatment: string }> {
  await provider.initialize();
  const units = { control: '', treatment: '' };
  for (let i = 0; !units.control || !units.treatment; i += 1) {
    const { variant } = provider.assign('colours', `u${i}`, {}, { exposure: false })!;
    units[variant as 'control' | 'treatment'] ||= `u${i}`;
  }
  return units;
}

describe('evaluating', () => {
  test('each type, with variant, reason and metadata', async () => {
    const { client } = await started();
    expect(await client.getBooleanDetails('new_ui', false, u1)).toStrictEqual({
      flagKey: 'new_ui',
      value: true,
      variant: 'on',
      reason: 'STATIC',
      flagMetadata: { revision: 1 },
    });
    expect(await client.getStringValue('title', '', u1)).toBe('Hello');
    expect(await client.getNumberValue('count', 0, u1)).toBe(20);
    expect(await client.getObjectValue('algorithm', {}, u1)).toEqual({ name: 'hybrid', weights: [1, 2] });
  });

  test('an experiment: variant, reason, and what an exposure needs', async () => {
    const { provider, client } = await started();
    const { control, treatment } = await unitsIn(provider);
    expect(await client.getStringDetails('colour', '', { targetingKey: treatment })).toStrictEqual({
      flagKey: 'colour',
      value: 'blue',
      variant: 'treatment',
      reason: 'SPLIT',
      flagMetadata: {
        team: 'search',
        experiment_id: 'colours',
        variant: 'treatment',
        in_experiment: true,
        revision: 4,
      },
    });
    const details = await client.getStringDetails('colour', '', { targetingKey: control });
    expect(details).toMatchObject({ value: 'grey', variant: 'default', reason: 'SPLIT' });
    expect(details.flagMetadata).toMatchObject({ variant: 'control', in_experiment: true });
  });

  test.each([
    ['TYPE_MISMATCH', 'title', u1],
    ['FLAG_NOT_FOUND', 'nothing', u1],
    ['TARGETING_KEY_MISSING', 'colour', {}],
    ['TARGETING_KEY_MISSING', 'colour', { targetingKey: '' }],
  ])("%s gives the caller's default", async (errorCode, key, context) => {
    const { client } = await started();
    const details = await client.getBooleanDetails(key, true, context);
    expect(details).toMatchObject({ value: true, reason: 'ERROR', errorCode });
    expect(details.errorMessage).toContain(key);
  });

  test('every other type than the requested one is a mismatch', async () => {
    const { client } = await started();
    for (const [key, type] of Object.entries({
      new_ui: 'Boolean',
      title: 'String',
      count: 'Number',
      algorithm: 'Object',
    })) {
      const codes = {
        Boolean: (await client.getBooleanDetails(key, true, u1)).errorCode,
        String: (await client.getStringDetails(key, '', u1)).errorCode,
        Number: (await client.getNumberDetails(key, 1, u1)).errorCode,
        Object: (await client.getObjectDetails(key, {}, u1)).errorCode,
      };
      expect(codes).toEqual({
        Boolean: 'TYPE_MISMATCH',
        String: 'TYPE_MISMATCH',
        Number: 'TYPE_MISMATCH',
        Object: 'TYPE_MISMATCH',
        [type]: undefined,
      });
    }
  });

  test("a flag that leaves the value to the code gives the caller's default with the flag's reason", async () => {
    const { client } = await started();
    const details = await client.getStringDetails('left_to_code', 'mine', u1);
    expect(details).toMatchObject({ value: 'mine', reason: 'STATIC' });
    expect(details.errorCode).toBeUndefined();
    expect(details.variant).toBeUndefined();
  });

  test('attributes: segments match, dates are strings, and values that JSON does not have are missing', async () => {
    const { client } = await started();
    expect(await client.getBooleanValue('for_pro', false, { plan: 'pro' })).toBe(true);
    expect(await client.getBooleanValue('for_pro', true, { plan: 'free' })).toBe(false);
    expect(await client.getBooleanValue('since', false, { joined: new Date('2026-05-05') })).toBe(true);
    expect(await client.getBooleanValue('since', true, { joined: new Date('2025-05-05') })).toBe(false);
    expect(await client.getBooleanValue('since', true, { joined: new Date(NaN) })).toBe(false);
    const odd = { joined: () => 1, a: 1n, b: undefined } as unknown as EvaluationContext;
    expect(await client.getBooleanValue('since', true, odd)).toBe(false);
  });

  test('a caller that changes the object changes only its own copy', async () => {
    const { client } = await started();
    const mine = (await client.getObjectValue('algorithm', {}, u1)) as { weights: number[] };
    mine.weights.push(3);
    expect(await client.getObjectValue('algorithm', {}, u1)).toEqual({ name: 'hybrid', weights: [1, 2] });
  });

  test("a context that throws when it is read gives the caller's default", async () => {
    const { provider } = await started();
    const trap = {
      targetingKey: 'u1',
      get plan(): string {
        throw new Error('no');
      },
    };
    const details = await provider.resolveBooleanEvaluation('for_pro', true, trap);
    expect(details).toMatchObject({ value: true, errorCode: 'GENERAL', reason: 'ERROR' });
  });

  test('assign needs no flag, and returns null for an unknown experiment or no unit', async () => {
    const provider = providerOf();
    expect(provider.assign('colours', 'u1')).toBeNull();
    const { treatment, control } = await unitsIn(provider);
    expect(provider.assign('colours', treatment)).toStrictEqual({
      experiment_id: 'colours',
      unit_id: treatment,
      variant: 'treatment',
      config: { hue: 'blue' },
      in_experiment: true,
      reason: 'SPLIT',
      revision: 4,
    });
    expect(provider.assign('colours', control)).toMatchObject({ variant: 'control', config: null });
    expect(provider.assign('nothing', 'u1')).toBeNull();
    expect(provider.assign('colours', '')).toBeNull();
    await until('exposures of both', () => server.events.length === 2);
  });

  test('errors name the wrong option', () => {
    const make = (options: object) => () => new RampartProvider(options as RampartProviderOptions);
    expect(make({ apiKey: 'key' })).toThrow(/^baseUrl/);
    expect(make({ baseUrl: 'localhost:8080', apiKey: 'key' })).toThrow(/^baseUrl/);
    expect(make({ baseUrl: 'http://x' })).toThrow(/^apiKey/);
    expect(make({ baseUrl: 'http://x', apiKey: 'a\nb' })).toThrow(/^apiKey/);
    expect(make({ baseUrl: 'http://x', apiKey: 'k', pollIntervalMs: 0 })).toThrow(/^pollIntervalMs/);
    expect(make({ baseUrl: 'http://x', apiKey: 'k', timeoutMs: '5' })).toThrow(/^timeoutMs/);
  });
});

describe('keeping the snapshot', () => {
  test('polls have ETag, instance and revision; changes are served and emitted', async () => {
    const { client, events } = await started();
    await until('polls', () => polls().length >= 4);
    const [first, second, ...more] = server.requests.filter(({ line }) => line.includes('/v1/snapshot'));
    const instance = /^GET \/v1\/snapshot\?instance_id=([A-Za-z0-9._:-]{1,128})$/.exec(first!.line)![1]!;
    expect(first!.headers.authorization).toBe('Bearer key');
    for (const request of [second!, ...more]) {
      expect(request.line).toBe(`GET /v1/snapshot?instance_id=${instance}&serving=1`);
      expect(request.headers['if-none-match']).toMatch(/^"[0-9a-f]+"$/);
    }
    const changed = snapshot({ revision: 2 });
    changed.flags = changed.flags.filter(({ key }) => key !== 'count');
    changed.flags[1]!.else = { variant: 'default', value: 'Bye' };
    changed.experiments[0]!.fenced = true;
    server.snapshot = changed;
    await until('the change', () => events.length === 2);
    expect(events).toEqual(['PROVIDER_READY', 'PROVIDER_CONFIGURATION_CHANGED title colour count']);
    expect(await client.getStringValue('title', '', u1)).toBe('Bye');
    expect((await client.getStringDetails('colour', '', u1)).flagMetadata['in_experiment']).toBe(false);
    await until('the report of the revision in use', () => polls().at(-1)!.endsWith('&serving=2'));
  });

  test('flags that a segment or an opt-out changes are emitted', async () => {
    const { events } = await started();
    server.snapshot = snapshot({ revision: 2, segments: { pro: { plan: 'business' } } });
    await until('the segment', () => events.length === 2);
    expect(events[1]).toBe('PROVIDER_CONFIGURATION_CHANGED for_pro');
    const segments = server.snapshot.segments;
    server.snapshot = snapshot({ revision: 3, segments, opted_out: ['3e23e8160039594a33894f65'] });
    await until('the opt-out', () => events.length === 3);
    expect(events[2]).toBe('PROVIDER_CONFIGURATION_CHANGED colour');
  });

  test('the revision in use is reported at once, not with the next poll', async () => {
    const { client } = await started({ pollIntervalMs: 60_000, stream: true });
    await until('the stream', () => server.streams.size === 1);
    server.snapshot = snapshot({ revision: 2, flags: [] });
    server.announce();
    await until('the report', () => polls().at(-1)!.endsWith('&serving=2'), 1_000);
    expect((await client.getBooleanDetails('new_ui', false, u1)).errorCode).toBe('FLAG_NOT_FOUND');
  });

  test('other messages and invalid data on the stream are ignored', async () => {
    const provider = providerOf({ pollIntervalMs: 60_000, stream: true });
    await provider.initialize();
    await until(
      'the stream, and the report of the revision in use',
      () => server.streams.size + polls().length === 3,
    );
    const before = polls().length;
    for (const data of [{ type: 'other' }, null, 'text', 7]) server.announce(data);
    for (const stream of server.streams) stream.write('data: {nonsense\n\n');
    await pause(150);
    expect(polls()).toHaveLength(before);
    server.announce();
    await until('the poll', () => polls().length > before);
  });

  test('a broken stream is reconnected; without one, polling finds changes', async () => {
    const { client } = await started({ stream: true });
    await until('the stream', () => server.streams.size === 1);
    const [stream] = server.streams;
    stream!.destroy();
    await until('another one', () => server.streams.size === 1 && !server.streams.has(stream!));
    server.trouble.stream = status(503, {});
    for (const other of server.streams) other.destroy();
    server.snapshot = snapshot({ revision: 2, flags: [] });
    await pause(300);
    expect((await client.getBooleanDetails('new_ui', false, u1)).errorCode).toBe('FLAG_NOT_FOUND');
    expect(logger.warnings).toEqual([]);
  });

  test('a flag that cannot be compiled is logged; the others are served', async () => {
    const broken = snapshot();
    broken.flags[0]!.before = [{ conditions: { a: { $no: 1 } }, serve: {} }];
    server.snapshot = broken;
    const { client } = await started();
    expect((await client.getBooleanDetails('new_ui', false, u1)).errorCode).toBe('FLAG_NOT_FOUND');
    expect(await client.getStringValue('title', '', u1)).toBe('Hello');
    expect(logger.warnings[0]).toContain('flag:new_ui is not served');
  });

  test('an older revision is refused for a while: a server process that lags must not undo a rollback', async () => {
    server.snapshot = snapshot({ revision: 7 });
    const { client, events } = await started();
    const older = snapshot({ revision: 6, flags: [] });
    server.snapshot = older;
    server.ageS = 5;
    await pause(500);
    expect(await client.getBooleanValue('new_ui', false, u1)).toBe(true);
    server.ageS = 0;
    await pause(3_000);
    expect(await client.getBooleanValue('new_ui', false, u1)).toBe(true);
    await until('the older revision to be accepted', () => events.length === 2, 15_000);
    expect(await client.getBooleanValue('new_ui', false, u1)).toBe(false);
  }, 30_000);

  test('a snapshot from a server process that is cut off is as old as that', async () => {
    const { events } = await started();
    server.ageS = 700;
    await until('Stale', () => events.at(-1) === 'PROVIDER_STALE');
    server.ageS = 1;
    await until('Ready', () => events.at(-1) === 'PROVIDER_READY');
  });
});

const TROUBLES: [string, (server: FakeServer) => unknown][] = [
  ['500', ({ trouble }) => (trouble.snapshot = status(500, 'oops'))],
  ['503', ({ trouble }) => (trouble.snapshot = status(503, { code: 'unavailable' }, { 'Retry-After': '0' }))],
  ['401', ({ trouble }) => (trouble.snapshot = status(401, { code: 'unauthenticated' }))],
  ['no response', ({ trouble }) => (trouble.snapshot = silence)],
  ['a broken response', ({ trouble }) => (trouble.snapshot = (response) => response.destroy())],
  ['no JSON', ({ trouble }) => (trouble.snapshot = status(200, '<html>'))],
  ['an empty response', ({ trouble }) => (trouble.snapshot = status(200, ''))],
  ['null', ({ trouble }) => (trouble.snapshot = status(200, 'null'))],
  ['a list', ({ trouble }) => (trouble.snapshot = status(200, []))],
  ['another shape', ({ trouble }) => (trouble.snapshot = status(200, { format: 1, flags: 'many' }))],
  [
    'null among the flags',
    ({ trouble }) => (trouble.snapshot = status(200, { ...snapshot({ revision: 2 }), flags: [null] })),
  ],
  [
    'another format',
    ({ trouble }) => (trouble.snapshot = status(200, { ...snapshot({ revision: 2, flags: [] }), format: 2 })),
  ],
  ['a refused connection', (unreachable) => unreachable.stop()],
];

describe('trouble', () => {
  test.each(TROUBLES)(
    '%s: the last snapshot stays in use; begin and end are reported once',
    async (_name, begin) => {
      const { client, events } = await started();
      await begin(server);
      await until('Error', () => events.includes('PROVIDER_ERROR'));
      await pause(200);
      expect(await client.getBooleanDetails('new_ui', false, u1)).toMatchObject({
        value: true,
        variant: 'on',
      });
      expect(logger.warnings).toHaveLength(1);
      expect(logger.infos).toEqual([]);
      server.trouble = {};
      await server.stop();
      server.snapshot = snapshot({ revision: 2 });
      server.snapshot.flags[0]!.else = { variant: 'off', value: false };
      await server.start();
      await until('Ready', () => events.at(-1) === 'PROVIDER_READY' && events.length >= 3);
      expect(await client.getBooleanValue('new_ui', true, u1)).toBe(false);
      expect(events.filter((event) => event === 'PROVIDER_ERROR')).toHaveLength(1);
      expect(logger.infos).toHaveLength(1);
    },
  );

  test.each(TROUBLES)(
    '%s from the start: initialize rejects in time, and Ready follows',
    async (_name, begin) => {
      await begin(server);
      const provider = providerOf();
      const { client, events, ready } = clientOf(provider);
      const began = performance.now();
      await expect(ready).rejects.toMatchObject({ code: 'PROVIDER_NOT_READY' });
      expect(performance.now() - began).toBeLessThan(2_000);
      const details = await client.getBooleanDetails('new_ui', false, u1);
      expect(details).toMatchObject({ value: false, reason: 'ERROR', errorCode: 'PROVIDER_NOT_READY' });
      server.trouble = {};
      await server.stop();
      await server.start();
      await until('Ready', () => events.includes('PROVIDER_READY'));
      expect(await client.getBooleanValue('new_ui', false, u1)).toBe(true);
      expect(logger.warnings).toHaveLength(1);
    },
  );

  test('the rejection of initialize says what is wrong', async () => {
    server.trouble.snapshot = status(401, { code: 'unauthenticated', detail: 'no such key' });
    const message = `no snapshot from ${server.url} yet: the server answered 401 unauthenticated (no such key): check apiKey and its role`;
    await expect(providerOf().initialize()).rejects.toThrow(message);
  });

  test('a slow server delays initialize and nothing else', async () => {
    const respond = status(200, snapshot());
    server.trouble.snapshot = (response) => setTimeout(respond, 100, response);
    const { client } = await started();
    const began = performance.now();
    for (let i = 0; i < 1_000; i += 1) await client.getBooleanValue('new_ui', false, u1);
    // A thousand responses would take 100 seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('without contact for too long, experiments serve their control and no exposure is sent', async () => {
    server.snapshot = snapshot({ stale_after_ms: 400 });
    const provider = providerOf();
    const { client, events, ready } = clientOf(provider);
    await ready;
    const { treatment } = await unitsIn(provider);
    await server.stop();
    await until('Stale', () => events.includes('PROVIDER_STALE'));
    expect(client.providerStatus).toBe('STALE');
    const details = await client.getStringDetails('colour', '', { targetingKey: treatment });
    expect(details).toMatchObject({ value: 'grey', reason: 'STALE' });
    expect(details.flagMetadata).toMatchObject({ variant: 'control', in_experiment: false });
    expect(provider.assign('colours', treatment)).toMatchObject({ variant: 'control', reason: 'STALE' });
    expect(await client.getBooleanValue('new_ui', false, u1)).toBe(true);
    await server.start();
    await until('Ready', () => events.at(-1) === 'PROVIDER_READY');
    expect(await client.getStringValue('colour', '', { targetingKey: treatment })).toBe('blue');
    await until('the exposure', () => server.events.length === 1);
    expect(events.filter((event) => event === 'PROVIDER_STALE')).toHaveLength(1);
  });

  test('a logger and handlers that throw have no effect', async () => {
    const fail = (): never => {
      throw new Error('no');
    };
    const provider = providerOf({ logger: { warn: fail, info: fail } });
    provider.events.addHandler(ProviderEvents.Error, fail);
    provider.events.addHandler(ProviderEvents.Ready, () => Promise.reject(new Error('no')));
    await provider.initialize();
    await server.stop();
    await pause(200);
    await server.start();
    server.snapshot = snapshot({ revision: 2, flags: [] });
    await pause(200);
    const details = await provider.resolveBooleanEvaluation('new_ui', true, u1);
    expect(details.errorCode).toBe('FLAG_NOT_FOUND');
  });
});

describe('events', () => {
  test('one exposure for each unit and variant, whatever type was requested; none without an experiment', async () => {
    const { provider, client } = await started();
    const { control, treatment } = await unitsIn(provider);
    for (let i = 0; i < 3; i += 1) {
      await client.getStringValue('colour', '', { targetingKey: treatment });
      await client.getBooleanValue('colour', false, { targetingKey: control });
      await client.getStringValue('title', '', { targetingKey: treatment });
    }
    await until('both', () => server.events.length === 2);
    await pause(100);
    expect(server.events.map(({ event_id: _id, timestamp: _at, ...event }) => event)).toEqual([
      { type: 'exposure', unit_id: treatment, experiment_id: 'colours', variant: 'treatment' },
      { type: 'exposure', unit_id: control, experiment_id: 'colours', variant: 'control' },
    ]);
    for (const { timestamp } of server.events) {
      expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(5_000);
    }
  });

  test('exposures can be switched off', async () => {
    const { provider, client } = await started({ exposures: false });
    await client.getStringValue('colour', '', u1);
    provider.assign('colours', 'u1');
    client.track('end', u1);
    await until('the tracked event', () => server.events.length === 1);
    expect(server.events[0]!.type).toBe('end');
  });

  test('tracked events arrive with value and properties', async () => {
    const { client } = await started();
    client.track('purchase', u1, { value: 9.5, item: 'book', at: new Date(0), tags: ['a'] });
    client.track('click', u1);
    await until('both', () => server.events.length === 2);
    expect(server.events[0]).toMatchObject({
      type: 'purchase',
      unit_id: 'u1',
      value: 9.5,
      properties: { item: 'book', at: '1970-01-01T00:00:00.000Z', tags: ['a'] },
    });
    expect(server.events[1]).not.toHaveProperty('value');
  });

  test('an event that cannot be sent is logged, and nothing is thrown', async () => {
    const { client, provider } = await started();
    client.track('click', {});
    client.track('click', u1, { value: NaN });
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    provider.track('click', u1, { loop } as never);
    expect(logger.warnings).toHaveLength(3);
    expect(logger.warnings[0]).toContain("track('click') is not sent: the context has no targetingKey");
  });

  test('events outlive a restart of the server', async () => {
    const { client, provider } = await started();
    await server.stop();
    for (let i = 0; i < 50; i += 1) client.track('click', { targetingKey: `u${i}` });
    await pause(200);
    await server.start();
    await until('all events', () => server.events.length === 50);
    expect(provider.droppedEvents).toBe(0);
  });
});

describe('closing', () => {
  test('sends what is queued and tells the server, once, and then makes no more requests', async () => {
    const { provider, client } = await started({ flushIntervalMs: 60_000, stream: true });
    await until('the stream', () => server.streams.size === 1);
    client.track('click', u1);
    await Promise.all([provider.onClose(), provider.onClose()]);
    await provider.onClose();
    expect(server.events).toHaveLength(1);
    expect(polls().filter((line) => line.endsWith('&serving=1&closing=true'))).toHaveLength(1);
    await until('the end of the stream', () => server.streams.size === 0);
    const before = server.requests.length;
    await pause(300);
    expect(server.requests).toHaveLength(before);
    await expect(provider.initialize()).resolves.toBeUndefined();
  });

  test.each([
    ['is unreachable', async () => server.stop()],
    ['does not respond', () => void (server.trouble = { events: silence, snapshot: silence })],
  ])('ends in time when the server %s', async (_name, begin) => {
    const { provider, client } = await started({ flushIntervalMs: 60_000, requestTimeoutMs: 10_000 });
    client.track('click', u1);
    await begin();
    const began = performance.now();
    await provider.onClose();
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(provider.droppedEvents).toBe(1);
  });

  test('before initialize, no request is made', async () => {
    const provider = providerOf();
    await provider.onClose();
    expect(server.requests).toEqual([]);
    await expect(provider.initialize()).rejects.toThrow(/closed/);
  });

  test('while initialize waits', async () => {
    server.trouble.snapshot = silence;
    const provider = providerOf();
    const ready = provider.initialize();
    ready.catch(() => undefined);
    await provider.onClose();
    await expect(ready).rejects.toMatchObject({ code: 'PROVIDER_NOT_READY' });
  });
});
