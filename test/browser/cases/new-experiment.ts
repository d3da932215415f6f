import { describe, expect, it } from 'vitest';
import { dialog, read, visiting } from '../visiting.js';

describe('the form of a new experiment', () => {
  it('says six errors at six fields, keeps what was typed, and goes to the first', async () => {
    await visiting(
      {},
      async ({ goto, page }) => {
        await goto('/experiments/new');
        await page.getByLabel('Id', { exact: true }).fill('no spaces here');
        await page.getByLabel('Traffic of control, per cent').fill('ten');
        await page.getByLabel('Traffic of treatment, per cent').fill('-1');
        await page.getByRole('button', { name: 'Add an arm' }).click();
        await page
          .getByLabel(/^Name of/)
          .last()
          .fill('1 arm');
        await page.getByLabel('People at most').fill('-3');
        await page.getByRole('button', { name: 'Save draft' }).click();
        await expect.poll(() => page.locator('[aria-invalid="true"]').count()).toBeGreaterThanOrEqual(6);
        expect(await page.getByLabel('Id', { exact: true }).inputValue()).toBe('no spaces here');
        const focused = await page.evaluate<string | null>(
          'document.activeElement.getAttribute("aria-invalid")',
        );
        expect(focused).toBe('true');
      },
      ['422'],
    );
  });

  it('rehearses what is typed, can be cancelled, and saves a draft that the API has', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto('/experiments/new');
      await page.getByLabel('Name', { exact: true }).fill('Shorter search page');
      await page.getByRole('combobox', { name: 'Primary' }).fill('click_through_rate');
      await page.getByRole('option', { name: 'click_through_rate' }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('progressbar', { name: 'Lives rehearsed' }).waitFor({ timeout: 60_000 });
      await page.getByText(/[1-9][\d,]* of [\d,]+ lives/).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Cancel' }).click();
      const cancelled = page.getByText(/cancelled after [\d,]+ of [\d,]+ lives/);
      await cancelled.waitFor();
      const said = await cancelled.innerText();
      await page.waitForTimeout(1_000);
      expect(await cancelled.innerText(), 'it goes on in secret').toBe(said);
      await page.getByRole('button', { name: 'Save draft' }).click();
      await page.waitForURL('**/experiments/shorter_search_page/**');
    });
    expect(await read('/v1/experiments/shorter_search_page')).toMatchObject({
      state: 'draft',
      name: 'Shorter search page',
      success_metrics: { primary: ['click_through_rate'] },
    });
  });

  it('gets a segment that is created in place, and shows one rehearsed life', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto('/experiments/new');
      await page.getByLabel('Name', { exact: true }).fill('With a segment');
      await page.getByRole('button', { name: 'New segment…' }).click();
      const segment = { segment_id: 'in_place', conditions: { country: 'DE' } };
      await dialog(page).getByLabel('Definition, as JSON').fill(JSON.stringify(segment));
      await dialog(page).getByRole('button', { name: 'Create the segment' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await page.locator('.mantine-Pill-label', { hasText: 'in_place' }).waitFor();
      await page.getByRole('combobox', { name: /Primary/ }).click();
      await page.getByRole('option', { name: /click_through_rate/ }).click();
      await page.getByText(/One life with a true/).waitFor({ timeout: 60_000 });
    });
    expect(await read('/v1/segments/in_place')).toMatchObject({ conditions: { country: 'DE' } });
  });
});
