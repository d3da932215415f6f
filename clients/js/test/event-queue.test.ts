import { afterEach, beforeEach, expect, test } from 'vitest';
import { EventQueue, type EventQueueOptions } from '../src/event-queue.js';
import { trackingEvent } from '../src/event.js';
import { HttpClient } from '../src/http-client.js';
import { FakeServer, silence, status } from './fake-server.js';
import { RecordingLogger } from './recording-logger.js';
import { snapshot } from './snapshot.js';
import { pause, until } from './until.js';

let server: FakeServer;
let logger: RecordingLogger;
const open: EventQueue[] = [];

beforeEach(async () => {
  server = await new FakeServer(snapshot()).start();
  logger = new RecordingLogger();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((queue) => queue.close(1)));
  await server.stop();
});

function queueOf(options: Partial<EventQueueOptions> = {}): EventQueue {
  const client = new HttpClient({ baseUrl: server.url, apiKey: 'key', requestTimeoutMs: 500 });
  const defaults = { flushIntervalMs: 20, maxQueuedEvents: 5_000, maxBytes: 900_000, keepalive: false };
  const queue = new EventQueue({ client, logger, ...defaults, ...options });
  open.push(queue);
  return queue;
}

function add(queue: EventQueue, count: number, properties: Record<string, unknown> = {}): void {
  for (let i = 0; i < count; i += 1) queue.add(trackingEvent('click', `u${i}`, properties));
}

const requestCount = (): number => server.requests.length;

test('events wait for others and are sent in one batch', async () => {
  const queue = queueOf();
  add(queue, 5);
  await until('five events', () => server.events.length === 5);
  expect(server.bodies).toHaveLength(1);
  expect(queue.dropped).toBe(0);
});

test('a full batch is sent at once, and no batch has more than a thousand events', async () => {
  const queue = queueOf({ flushIntervalMs: 60_000 });
  add(queue, 2_500);
  await until('full batches', () => server.events.length >= 2_000);
  expect(server.bodies.map((body) => body.length).sort()).toContain(1_000);
  expect(Math.max(...server.bodies.map((body) => body.length))).toBe(1_000);
  await queue.close(2_000);
  expect(server.events).toHaveLength(2_500);
});

test('no body exceeds the maximum size, and a single event that does is dropped and logged', async () => {
  const queue = queueOf({ maxBytes: 2_000 });
  add(queue, 30, { note: 'é'.repeat(200) });
  queue.add(trackingEvent('click', 'u', { note: 'x'.repeat(3_000) }));
  await until('all events', () => server.events.length === 30);
  for (const body of server.bodies)
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(2_002);
  expect(queue.dropped).toBe(1);
  expect(logger.warnings).toHaveLength(1);
  expect(logger.warnings[0]).toContain('larger than 2000 bytes');
});

test.each([
  ['503', status(503, { code: 'unavailable' })],
  ['429', status(429, { code: 'rate_limited' }, { 'Retry-After': '0' })],
  ['401', status(401, { code: 'unauthenticated' })],
  ['an HTML page', status(200, '<html>')],
  ['JSON of another shape', status(202, { ok: true })],
  ['no response', silence],
])('after %s, events are kept and sent again with the same ids', async (_name, trouble) => {
  const queue = queueOf();
  server.trouble.events = trouble;
  add(queue, 3);
  await until('the first attempt', () => requestCount() >= 1);
  await until('the warning', () => logger.warnings.length === 1);
  server.trouble = {};
  await until('delivery', () => server.events.length === 3);
  await until('the end of the trouble', () => logger.infos.length === 1);
  expect(logger.warnings).toHaveLength(1);
  expect(queue.dropped).toBe(0);
});

test('a batch whose response was lost is sent again and counted once', async () => {
  const queue = queueOf();
  let attempts = 0;
  const first: string[] = [];
  server.rejects = ({ event_id }) => {
    first.push(event_id);
    return null;
  };
  server.trouble.events = (response) => {
    attempts += 1;
    response.destroy();
    server.trouble = {};
  };
  add(queue, 2);
  await until('delivery', () => server.bodies.length === 1);
  expect(attempts).toBe(1);
  expect(new Set(first).size).toBe(2);
  expect(server.events).toHaveLength(2);
});

test('Retry-After is obeyed', async () => {
  const queue = queueOf();
  server.trouble.events = status(429, { code: 'rate_limited' }, { 'Retry-After': '2' });
  add(queue, 1);
  await until('the first attempt', () => requestCount() >= 1);
  const refusedAt = performance.now();
  server.trouble = {};
  add(queue, 1);
  await until('delivery', () => server.events.length === 2);
  expect(performance.now() - refusedAt).toBeGreaterThan(1_900);
  expect(requestCount()).toBe(2);
});

test('while the server is unreachable the oldest events are dropped, counted, and logged once', async () => {
  await server.stop();
  const queue = queueOf({ maxQueuedEvents: 100 });
  const dropped: string[] = [];
  for (let i = 0; i < 250; i += 1)
    queue.add(trackingEvent('click', `u${i}`, {}), () => dropped.push(`u${i}`));
  expect(queue.dropped).toBe(150);
  expect(dropped).toEqual(Array.from({ length: 150 }, (_, i) => `u${i}`));
  await until('an attempt', () => logger.warnings.length === 2);
  expect(logger.warnings[0]).toContain('the oldest events are dropped');
  await server.start();
  await until('the events that were kept', () => server.events.length === 100);
  expect(server.events.map(({ unit_id }) => unit_id)).toEqual(
    Array.from({ length: 100 }, (_, i) => `u${i + 150}`),
  );
});

test('a batch that a proxy finds too large is sent in parts', async () => {
  const queue = queueOf();
  server.trouble.events = status(413, { code: 'too_large' });
  add(queue, 40);
  await until('the rejection', () => requestCount() >= 2);
  server.trouble = {};
  await until('all events', () => server.events.length === 40);
  const largest = Math.max(...server.bodies.map((body) => body.length));
  expect(largest).toBeLessThanOrEqual(20);
  expect(queue.dropped).toBe(0);
});

test('a batch that is rejected for good is dropped, and does not block others', async () => {
  const queue = queueOf();
  server.trouble.events = status(422, { code: 'validation_failed', detail: 'no' });
  add(queue, 3);
  await until('the batch to be dropped', () => queue.dropped === 3);
  expect(logger.warnings).toEqual(['events dropped: 3 (the server answered 422 validation_failed (no))']);
  server.trouble = {};
  add(queue, 1);
  await until('the next batch', () => server.events.length === 1);
});

test('rejected events are logged with their codes and not sent again', async () => {
  const queue = queueOf();
  server.rejects = ({ unit_id }) =>
    unit_id === 'u1' ? null : { code: 'too_old', message: 'timestamp is more than 48 hours old' };
  add(queue, 3);
  await until('the response', () => logger.warnings.length === 1);
  expect(logger.warnings[0]).toBe(
    'events rejected: 2 of 3: too_old (2: timestamp is more than 48 hours old)',
  );
  await pause(100);
  expect(requestCount()).toBe(1);
});

test('close sends what is queued', async () => {
  const queue = queueOf({ flushIntervalMs: 60_000 });
  add(queue, 1_500);
  await queue.close(2_000);
  expect(server.events).toHaveLength(1_500);
  add(queue, 1);
  expect(queue.dropped).toBe(1);
});

test('close keeps trying until its time is up', async () => {
  const queue = queueOf({ flushIntervalMs: 60_000 });
  server.trouble.events = status(503, {});
  add(queue, 2);
  setTimeout(() => (server.trouble = {}), 300);
  await queue.close(2_000);
  expect(server.events).toHaveLength(2);
});

test.each([
  ['answers 503', status(503, { code: 'unavailable' })],
  ['does not respond', silence],
])('close ends in time when the server %s, and logs what is lost', async (_name, trouble) => {
  const queue = queueOf({ flushIntervalMs: 60_000 });
  server.trouble.events = trouble;
  add(queue, 2);
  const began = performance.now();
  await Promise.all([queue.close(300), queue.close(300)]);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(queue.dropped).toBe(2);
  expect(logger.warnings.at(-1)).toMatch(/^events dropped: 2 \(/);
});

test('flushBeforeEnd does not wait for what is in flight', async () => {
  const queue = queueOf({ flushIntervalMs: 60_000 });
  server.trouble.events = silence;
  add(queue, 1);
  void queue.flush();
  await until('the first to be in flight', () => requestCount() === 1);
  server.trouble = {};
  add(queue, 2);
  queue.flushBeforeEnd();
  await until('the second', () => server.events.length === 2, 300);
  await until('the first, sent again', () => server.events.length === 3);
});

test('an event that the server would reject is an error; properties become JSON', () => {
  expect(() => trackingEvent('buy', undefined, {})).toThrow(/targetingKey/);
  expect(() => trackingEvent('buy', '', {})).toThrow(/targetingKey/);
  for (const value of [NaN, Infinity, '3', true]) {
    expect(() => trackingEvent('buy', 'u', { value })).toThrow(/value must be a finite number/);
  }
  const { value, properties } = trackingEvent('buy', 'u', { value: 3, at: new Date(0), big: 1n, item: 'x' });
  expect({ value, properties }).toEqual({
    value: 3,
    properties: { at: '1970-01-01T00:00:00.000Z', item: 'x' },
  });
  expect(trackingEvent('buy', 'u', {})).not.toHaveProperty('properties');
});
