// The budgets of the dashboard, in a real browser against the product as `serve` runs it: what is loaded, how soon a page is
// there, how it answers with 1,000 experiments, while 60 changes come each second, and its memory over some minutes.
// `npm run bench:dashboard -- [minutes]`
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { browserPath } from '../scripts/browser.js';
import { buildDashboardWhereStale } from '../scripts/dashboard.js';
import { Stage } from '../test/browser/stage.js';
import { quantile } from './figures.js';

const DIST = fileURLToPath(new URL('../dashboard/dist', import.meta.url));
const EXPERIMENTS = 1_000;
const CHANGES_PER_SECOND = 60;
const CHANGES_SECONDS = 15;
const SEEN_SAMPLES = 20;
const minutes = Number(process.argv[2] ?? 2);
const HEAP_PARTS = 4;
const MEBIBYTE = 1024 * 1024;

/** What the browser needs before it can show anything, kB with brotli: scripts and style sheets that the page names. */
function initialSizes(): { scripts: number; styles: number } {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path!);
  const size = (ending: string): number =>
    files
      .filter((path) => path.endsWith(ending))
      .reduce((sum, path) => sum + statSync(join(DIST, `${path}.br`)).size, 0) / 1_000;
  return { scripts: size('.js'), styles: size('.css') };
}

/** Has the page note what it was slow in: tasks over 50 ms, and from a key to what it changed. */
const WATCH = `
  globalThis.slow = { tasks: [], inputs: [], lcp: 0 };
  const watch = (type, more, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, ...more });
  watch('longtask', {}, ({ duration }) => slow.tasks.push(duration));
  watch('event', { durationThreshold: 16 }, ({ name, duration }) => name.startsWith('key') && slow.inputs.push(duration));
  watch('largest-contentful-paint', { buffered: true }, ({ startTime }) => { slow.lcp = startTime; });
`;

interface Slow {
  tasks: number[];
  inputs: number[];
  lcp: number;
}

async function slowOf(page: Page): Promise<Slow> {
  const slow = await page.evaluate<Slow>('globalThis.slow');
  await page.evaluate('globalThis.slow.tasks = []; globalThis.slow.inputs = []; undefined');
  return slow;
}

/** Bytes of the page's heap once what nobody needs is gone. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

process.env['CHROMIUM_PATH'] = browserPath();
await buildDashboardWhereStale();
const stage = await Stage.open();
const rows: { what: string; measured: string; budget: string }[] = [];
const note = (what: string, measured: string, budget = '–'): void =>
  void rows.push({ what, measured, budget });
const worst = (values: readonly number[]): string => `${Math.round(Math.max(0, ...values))} ms`;

async function put(id: string, description: string): Promise<void> {
  await stage.rampart.call('PUT', `/v1/segments/${id}`, { description, conditions: { plan: 'pro' } });
}

/** Types into the search of the list, and takes it out again. */
async function filter(page: Page): Promise<void> {
  await page.getByRole('searchbox').or(page.getByPlaceholder(/name/i)).first().focus();
  for (const key of ['7', '7', 'Backspace', 'Backspace', '4', '2', 'Backspace', 'Backspace']) {
    await page.keyboard.press(key);
    await sleep(150);
  }
}

async function measure(): Promise<void> {
  const { scripts, styles } = initialSizes();
  note('initial JavaScript, brotli', `${scripts.toFixed(0)} kB`, '250 kB');
  note('initial CSS, brotli', `${styles.toFixed(1)} kB`, '30 kB');

  const { rampart } = stage;
  const arms = { control: { traffic: 50 }, treatment: { traffic: 50 } };
  for (let n = 0; n < EXPERIMENTS; n += 1) {
    await rampart.call('POST', '/v1/experiments', {
      ...{ experiment_id: `experiment_${n}`, name: `Experiment number ${n}`, variants: arms },
      ...{ policy_id: 'careful_one', owner: `team-${n % 7}` },
      success_metrics: { primary: ['click_through_rate'] },
    });
  }
  await rampart.call('POST', '/v1/experiments/experiment_0/start', { duration: '20d' });
  await rampart.call('POST', '/v1/experiments', {
    ...{ experiment_id: 'quiet', variants: arms, policy_id: 'quiet_one' },
    success_metrics: { primary: ['click_through_rate'] },
  });

  const { page, goto } = await stage.page();
  await page.addInitScript(WATCH);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith('/v1/')) asked.push(request.url());
  });
  await goto('/experiments/experiment_0/overview');
  await page.getByRole('heading', { name: 'NOW' }).waitFor();
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const own = asked.filter((url) => url.includes('/experiments/experiment_0'));
  note('largest paint of an overview, cold', `${Math.round((await slowOf(page)).lcp)} ms`, '1,500 ms');
  note('requests for one experiment', String(new Set(own).size), '5');

  await goto('/experiments');
  await page.getByText(`${(EXPERIMENTS + 1).toLocaleString('en')} experiments shown`).waitFor();
  await sleep(2_000);
  note(
    `largest paint of ${EXPERIMENTS} experiments`,
    `${Math.round((await slowOf(page)).lcp)} ms`,
    '1,500 ms',
  );
  await filter(page);
  note(`a key in the search of ${EXPERIMENTS}, slowest`, worst((await slowOf(page)).inputs), '100 ms');

  await sleep(CHANGES_SECONDS * 1_000);
  note('longest task at rest (baseline)', worst((await slowOf(page)).tasks));
  const began = performance.now();
  const changes: Promise<unknown>[] = [];
  for (let sent = 0; sent < CHANGES_PER_SECOND * CHANGES_SECONDS;) {
    const due = ((performance.now() - began) / 1_000) * CHANGES_PER_SECOND;
    for (; sent < due; sent += 1)
      changes.push(
        rampart.call('PATCH', `/v1/experiments/experiment_${1 + (sent % 900)}`, { description: `${sent}` }),
      );
    await sleep(5);
  }
  await Promise.all(changes);
  const took = (performance.now() - began) / 1_000;
  const rate = (changes.length / took).toFixed(0);
  note(`longest task at ${rate} changes a second`, worst((await slowOf(page)).tasks), '200 ms');
  await filter(page);
  note('a key in the search after them, slowest', worst((await slowOf(page)).inputs), '100 ms');

  await goto('/library/segments');
  const seen: number[] = [];
  for (let n = 0; n < SEEN_SAMPLES; n += 1) {
    await put('seen', 'before');
    await sleep(300 + 97 * n);
    await put('seen', `change ${n}`);
    const stored = performance.now();
    await page.getByText(`change ${n}`, { exact: true }).waitFor();
    seen.push(performance.now() - stored);
  }
  const [half, most] = [quantile(seen, 0.5), Math.max(...seen)].map((ms) => `${Math.round(ms)} ms`);
  note('a change in the store is seen, half of them', half!, '2,000 ms');
  note('a change in the store is seen, slowest', most!, '2,000 ms');

  // Its evidence does not grow meanwhile: it is looked at by the hour.
  await rampart.call('POST', '/v1/experiments/quiet/start', { duration: '20d' });
  await goto('/experiments/quiet/overview');
  await page.getByRole('heading', { name: 'NOW' }).waitFor();
  await sleep(10_000);
  const heaps = [await heapOf(page)];
  for (let part = 0; part < HEAP_PARTS; part += 1) {
    for (let second = 0; second < (60 * minutes) / HEAP_PARTS; second += 1) {
      await put('seen', `${part} ${second}`);
      await sleep(1_000);
    }
    heaps.push(await heapOf(page));
  }
  const inMiB = heaps.map((bytes) => (bytes / MEBIBYTE).toFixed(1)).join(', ');
  note(`heap, MiB: each quarter of ${minutes} minutes, a change a second`, inMiB, 'flat');
}

try {
  await stage.rampart.call('PUT', '/v1/policies/careful_one', { poll: { ramping: '5s', running: '1h' } });
  await stage.rampart.call('PUT', '/v1/policies/quiet_one', { poll: { ramping: '1h', running: '1h' } });
  await measure();
} finally {
  await stage.close();
}
console.table(rows);
