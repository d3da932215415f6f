import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeServer, status } from './fake-server.js';
import { snapshot } from './snapshot.js';
import { pause, until } from './until.js';

// The web provider in a browser, on a page of one origin, with the server on another.

const root = fileURLToPath(new URL('..', import.meta.url));
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let pages: Server;
let pageUrl: string;
let server: FakeServer;
let context: BrowserContext;

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript' };

beforeAll(async () => {
  pages = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    readFile(root + path).then(
      (file) => response.writeHead(200, { 'Content-Type': TYPES[path.split('.').pop()!] }).end(file),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  pageUrl = `http://localhost:${(pages.address() as AddressInfo).port}`;
  browser = await chromium.launch({ executablePath: await chromiumPath(), args: ARGS });
});

afterAll(async () => {
  await browser?.close();
  pages.closeAllConnections();
  pages.close();
});

beforeEach(async () => {
  server = await new FakeServer(snapshot()).start();
  setTitle('Hello');
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await server.stop();
});

async function chromiumPath(): Promise<string> {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined) return given;
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const path = `${folder}/${name}`;
      const exists = await readFile(path).then(
        () => true,
        () => false,
      );
      if (exists) return path;
    }
  }
  throw new Error('this test needs a browser: put chromium on the PATH (apt-get install chromium)');
}

function setTitle(value: string): void {
  server.flags = [
    {
      key: 'title',
      value,
      reason: 'SPLIT',
      variant: 'treatment',
      metadata: { experiment_id: 'titles', variant: 'treatment', in_experiment: true, revision: 4 },
    },
    { key: 'other', value: 1, reason: 'STATIC', variant: 'default', metadata: { revision: 1 } },
  ];
}

/** Opens a page that shows the flag `title`, and collects its errors. */
async function open(options: object = {}): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const all = { baseUrl: server.url, apiKey: 'key', flushIntervalMs: 50, pollIntervalMs: 60_000, ...options };
  await page.goto(`${pageUrl}/test/page.html#${encodeURIComponent(JSON.stringify(all))}`);
  await page.waitForFunction('globalThis.isDone');
  return { page, errors };
}

const shown = (page: Page): Promise<string | null> => page.textContent('#title');
const eventsOf = (page: Page): Promise<string[]> => page.evaluate('events');

async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction((expected) => document.querySelector('#title')!.textContent === expected, text, {
    timeout: 10_000,
  });
}

test('the value is shown, and changes when the server announces a change', async () => {
  const { page, errors } = await open();
  expect(await shown(page)).toBe('Hello');
  await until('the stream', () => server.streams.size === 1);
  setTitle('Bye');
  server.announce();
  await shows(page, 'Bye');
  expect(await eventsOf(page)).toContain('PROVIDER_CONFIGURATION_CHANGED');
  const before = server.contexts.length;
  server.announce({ type: 'other' });
  for (const stream of server.streams) stream.write('data: {nonsense\n\n');
  await pause(200);
  expect(server.contexts).toHaveLength(before);
  expect(errors).toEqual([]);
});

test('a broken stream is reconnected with a new token', async () => {
  const { page } = await open();
  for (let n = 0; n < 2; n += 1) {
    await until('the stream', () => server.streams.size === 1);
    await pause(100);
    for (const stream of server.streams) stream.destroy();
    await until('the break', () => server.streams.size === 0);
  }
  await until('the next stream', () => server.streams.size === 1);
  await pause(300);
  const tokens = server.requests.map(({ line }) => line).filter((line) => line.includes('/v1/stream?token='));
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(3);
  setTitle('Bye');
  server.announce();
  await shows(page, 'Bye');
});

test('a change while the stream is being connected is not missed', async () => {
  server.trouble.stream = (response) => {
    setTitle('meanwhile');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': hello\n\n');
  };
  const { page } = await open();
  await shows(page, 'meanwhile');
});

test('exposures and tracked events arrive', async () => {
  const { page } = await open();
  await page.evaluate("client.track('purchase', { value: 3, item: 'book' })");
  await until('both', () => server.events.length === 2);
  expect(server.events.map(({ event_id: _id, timestamp: _at, ...event }) => event)).toEqual([
    { type: 'exposure', unit_id: 'u1', experiment_id: 'titles', variant: 'treatment' },
    { type: 'purchase', unit_id: 'u1', value: 3, properties: { item: 'book' } },
  ]);
});

test('queued events are sent when the page ends', async () => {
  const { page } = await open({ flushIntervalMs: 60_000 });
  await page.evaluate("client.track('leave')");
  expect(server.events).toEqual([]);
  await page.goto('about:blank');
  await until('both', () => server.events.length === 2);
  expect(server.events.map(({ type }) => type).sort()).toEqual(['exposure', 'leave']);
});

test.each([
  [
    'hidden',
    "Object.defineProperty(document, 'visibilityState', { value: 'hidden' })",
    'document',
    'visibilitychange',
  ],
  ['left', '', 'window', 'pagehide'],
])('queued events are sent when the page is %s', async (_name, prepare, target, event) => {
  const { page } = await open({ flushIntervalMs: 60_000 });
  await page.evaluate(`${prepare}; client.track('leave'); ${target}.dispatchEvent(new Event('${event}'))`);
  await until('both', () => server.events.length === 2);
});

test('while the server is unreachable the last values stay; its return is noticed', async () => {
  const { page, errors } = await open();
  await until('the stream', () => server.streams.size === 1);
  await server.stop();
  await page.waitForFunction("events.includes('PROVIDER_STALE')");
  expect(await shown(page)).toBe('Hello');
  await page.evaluate("client.track('offline')");
  setTitle('back');
  await server.start();
  await shows(page, 'back');
  await until('the event', () => server.events.some(({ type }) => type === 'offline'));
  await until('the stream', () => server.streams.size === 1);
  expect((await eventsOf(page)).at(-1)).toBe('PROVIDER_READY');
  expect(errors).toEqual([]);
});

test('without the server a page gets its defaults; with `persist`, the values kept before', async () => {
  const first = await open({ persist: true });
  expect(await shown(first.page)).toBe('Hello');
  await first.page.close();
  server.trouble.bulk = status(503, {});
  const kept = await open({ persist: true, timeoutMs: 300 });
  expect(await shown(kept.page)).toBe('Hello');
  expect(await kept.page.evaluate("client.getStringDetails('title', '').reason")).toBe('CACHED');
  const other = await open({ timeoutMs: 300 });
  expect(await shown(other.page)).toBe('the default');
  expect(await other.page.evaluate("client.getStringDetails('title', '').errorCode")).toBe(
    'PROVIDER_NOT_READY',
  );
  // Not for another unit, and not for another server.
  await kept.page.evaluate("OpenFeature.setContext({ targetingKey: 'u2' })");
  expect(await kept.page.evaluate("client.getStringValue('title', 'none')")).toBe('none');
  setTitle('new');
  server.trouble = {};
  await shows(kept.page, 'new');
  await shows(other.page, 'new');
  expect([...kept.errors, ...other.errors]).toEqual([]);
});

test('a page that is hidden for long disconnects, and reconnects when it is visible', async () => {
  server.inactivityDelaySec = 0.3;
  const { page } = await open();
  await until('the stream', () => server.streams.size === 1);
  const setVisibility = (state: string): Promise<unknown> =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await setVisibility('hidden');
  await setVisibility('visible');
  await pause(500);
  expect(server.streams.size).toBe(1);
  await setVisibility('hidden');
  await until('the end of the stream', () => server.streams.size === 0);
  setTitle('while hidden');
  await pause(300);
  expect(await shown(page)).toBe('Hello');
  await setVisibility('visible');
  await shows(page, 'while hidden');
  await until('the stream', () => server.streams.size === 1);
});

test('the example shows its flag and tracks its button', async () => {
  const page = await context.newPage();
  const query = new URLSearchParams({ base_url: server.url, key: 'key', flag: 'title' });
  await page.goto(`${pageUrl}/examples/web/?${query}`);
  const value = 'Hello (treatment, SPLIT)';
  await page.waitForFunction((text) => document.querySelector('#value')!.textContent === text, value);
  await page.click('#buy');
  await until('both', () => server.events.length === 2);
  expect(server.events.map(({ type }) => type).sort()).toEqual(['exposure', 'purchase']);
});
