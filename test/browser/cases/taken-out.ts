import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { PHONE, WIDE } from '../stage.js';
import { saved, theStage, visiting } from '../visiting.js';

interface Measured {
  metric_id: string;
  comparisons: { relative: { lift: number | null } }[];
}

describe('what is taken out of the dashboard', () => {
  const id = 'search_rank';

  it('a report is whole without a network, on a screen and on a phone, and its certificates verify', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    const file = join(folder, 'report.html');
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview`);
      await copyFile(await saved(page, 'Download report', 'button'), file);
    });
    const context = await theStage().browser.newContext({ offline: true, acceptDownloads: true });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).protocol));
    for (const viewport of [WIDE, PHONE]) {
      await page.setViewportSize(viewport);
      await page.goto(pathToFileURL(file).href);
      const forest = page.getByRole('img', { name: 'treatment is better on click_through_rate' });
      await forest.filter({ visible: true }).waitFor();
      expect(await page.locator('svg[role=img]:visible').count()).toBeGreaterThanOrEqual(3);
      await page.getByRole('heading', { name: 'The decision table' }).waitFor();
      const scroll = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(scroll, 'scrolls sideways').toBeLessThanOrEqual(0);
      expect(await violationsOf(page)).toEqual([]);
    }
    const certificates = await saved(page, `Save all certificates as ${id}-certificates.json`, 'link');
    const { code, out } = await theStage().rampart.cli(['verify', certificates]);
    const { body } = await theStage().rampart.call('GET', `/v1/experiments/${id}/decisions`);
    expect({ code, ...(JSON.parse(out) as object) }).toMatchObject({
      ...{ code: 0, valid: true },
      certificates: (body as { items: unknown[] }).items.length,
    });
    expect(asked.filter((protocol) => protocol !== 'file:' && protocol !== 'data:')).toEqual([]);
    await context.close();
    await rm(folder, { recursive: true });
  });

  it('the evidence as CSV has the numbers of the API', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/evidence`);
      await page.getByRole('button', { name: 'Download CSV' }).click();
      const text = await readFile(await saved(page, 'This look', 'menuitem'), 'utf8');
      const { body } = await theStage().rampart.call('GET', `/v1/experiments/${id}/results`);
      const { metrics } = (body as { evidence: { metrics: Measured[] } }).evidence;
      const [header, ...rows] = text
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(','));
      const told = rows.map((row) => [row[header!.indexOf('metric_id')], row[header!.indexOf('lift')]]);
      // What was not measured is an empty cell.
      const lifts = metrics.map(({ metric_id, comparisons }) => [
        metric_id,
        String(comparisons[0]!.relative.lift ?? ''),
      ]);
      expect(new Map(told as [string, string][])).toEqual(new Map(lifts as [string, string][]));
      await page.getByRole('button', { name: 'Download CSV' }).click();
      const series = await readFile(await saved(page, 'Look by look', 'menuitem'), 'utf8');
      expect(series.split('\r\n')[0]).toMatch(/^experiment_id,look,snapshot_id,/);
    });
  });
});
