import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { PHONE } from '../stage.js';
import { read, saved, theStage, visiting } from '../visiting.js';

describe('the past of an experiment', () => {
  const id = 'search_rank';

  async function looks(): Promise<{ snapshot_id: string }[]> {
    const { looks } = (await read(`/v1/experiments/${id}/series`)) as { looks: { snapshot_id: string }[] };
    return looks;
  }

  it('is shown look by look, on every page that has one, and nothing of now as if it were then', async () => {
    const [first, second] = await looks();
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview`);
      await page.getByRole('button', { name: 'Look back' }).click();
      await page.getByRole('slider', { name: 'Look', exact: true }).focus();
      await page.keyboard.press('Home');
      await page.getByText(/^As of look 1, /).waitFor();
      await page.getByRole('heading', { name: 'THEN' }).waitFor();
      expect(new URL(page.url()).searchParams.get('look')).toBe(first!.snapshot_id);
      expect(await page.getByRole('heading', { name: 'NOW' }).count()).toBe(0);
      await page.locator('.title .pill', { hasText: 'Now: Shipped' }).waitFor();
      await page.keyboard.press('ArrowRight');
      await page.getByText(/^As of look 2, /).waitFor();
      expect(new URL(page.url()).searchParams.get('look')).toBe(second!.snapshot_id);
      for (const button of await page.locator('.acts .btn').all())
        expect(await button.getAttribute('aria-disabled')).toBe('true');

      await page.getByRole('link', { name: 'Evidence', exact: true }).first().click();
      await page.getByText('click_through_rate: not decidable yet').waitFor();
      expect(new URL(page.url()).searchParams.get('look')).toBe(second!.snapshot_id);
      await page.getByRole('link', { name: 'Health', exact: true }).click();
      await page.getByText('This page has no past').waitFor();
      await page.getByRole('link', { name: 'Decisions', exact: true }).click();
      await page.getByRole('heading', { name: 'Verify' }).waitFor();
      expect(await page.getByText('Winner: treatment').count()).toBe(0);

      await page.getByRole('button', { name: 'Back to now' }).click();
      await page.getByText('Winner: treatment').first().waitFor();
      expect(new URL(page.url()).searchParams.has('look')).toBe(false);
    });
  });

  it('has the certificate of what was decided then', async () => {
    const [first] = await looks();
    const asked = `/v1/experiments/${id}/results?snapshot_id=${encodeURIComponent(first!.snapshot_id)}`;
    const { decision_n } = await read(asked);
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview?look=${encodeURIComponent(first!.snapshot_id)}`);
      await page.getByText(`Decision ${String(decision_n)}`, { exact: false }).waitFor();
      const text = await readFile(await saved(page, 'Download the certificate', 'link'), 'utf8');
      expect(JSON.parse(text)).toMatchObject({ experiment_id: id, n: decision_n });
      expect(await theStage().rampart.cli(['verify', '-'], text)).toMatchObject({ code: 0 });
    });
  });

  it('that is not kept says so, and leads back', async () => {
    const at = await theStage().page();
    await at.goto(`/experiments/${id}/evidence?look=${id}:1`);
    await at.page.getByText(`No snapshot ${id}:1 of experiment ${id}`).waitFor();
    await at.page.getByRole('button', { name: 'Back to now' }).click();
    await at.page.getByText('treatment is better on click_through_rate').waitFor();
    // The browser reports the answer 404 by itself.
    expect(at.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await at.close();
  });
});

/** Pages that show a look of the past. */
const PAST = ['overview', 'evidence', 'decisions'];

describe.each([
  ['light', undefined],
  ['dark', undefined],
  ['light', PHONE],
  ['dark', PHONE],
] as const)('in %s, %j', (theme, viewport) => {
  it('no page of the past has a fault of access', async () => {
    const { looks } = (await read('/v1/experiments/search_rank/series')) as {
      looks: { snapshot_id: string }[];
    };
    const then = `?look=${encodeURIComponent(looks[2]!.snapshot_id)}`;
    await visiting({ theme, ...(viewport && { viewport }) }, async ({ goto, page }) => {
      for (const path of PAST.map((tab) => `${tab}${then}`)) {
        await goto(`/experiments/search_rank/${path}`);
        await page.locator('.card').first().waitFor();
        await page.getByText(/^As of look 3, /).waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        expect(await violationsOf(page), path).toEqual([]);
        const scroll = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(scroll, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      }
    });
  });
});
