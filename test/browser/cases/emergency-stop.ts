import { describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { PHONE } from '../stage.js';
import { dialog, experiment, read, theStage, visiting } from '../visiting.js';

interface Stop {
  emergency_stop_id: string;
  reason: string;
}

describe('the emergency stop', () => {
  it('without an answer is not confirmed; to repeat it sends the same key', async () => {
    const keys: (string | undefined)[] = [];
    const at = await theStage().page();
    await at.goto('/experiments/advanced/overview');
    await at.page.route('**/v1/emergency-stops', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      // It is carried out, and its answer is lost.
      await route.fetch();
      return keys.length === 1 ? route.abort() : route.continue();
    });
    await at.page.getByText('Live', { exact: true }).waitFor();
    await at.page.keyboard.press('!');
    await dialog(at.page).getByText('Only named ones').click();
    await dialog(at.page).getByRole('button', { name: 'own words' }).click();
    await dialog(at.page).getByLabel('Reason in your own words').fill("it's broken");
    await dialog(at.page).getByRole('button', { name: 'Serve control for 1 experiment' }).click();
    await dialog(at.page).getByText('NOT CONFIRMED').waitFor();
    await dialog(at.page)
      .getByText(`rampart emergency-stop advanced --reason 'it'\\''s broken' --wait`)
      .waitFor();
    await dialog(at.page).getByRole('button', { name: 'Repeat' }).click();
    await at.page
      .getByRole('heading', { name: 'Complete: no process serves an arm' })
      .waitFor({ timeout: 80_000 });
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    const { items } = (await read('/v1/emergency-stops')) as { items: Stop[] };
    const stops = items.filter(({ reason }) => reason === "it's broken");
    expect(stops.length).toBe(1);
    expect(at.complaints.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    await at.close();
    await theStage().rampart.call('POST', `/v1/emergency-stops/${stops[0]!.emergency_stop_id}/release`, {});
  });

  it('of everything takes three taps on a phone, each of at least 48 pixels, and tells the truth', async () => {
    await experiment('first');
    await experiment('second');
    await visiting({ viewport: PHONE }, async ({ goto, page }) => {
      await goto('/experiments/first/overview');
      await page.getByRole('button', { name: 'Emergency stop' }).click();
      await dialog(page)
        .getByText(/All \d+ live experiments/)
        .waitFor();
      await dialog(page).getByRole('button', { name: 'errors rise' }).click();
      for (const target of await dialog(page).locator('footer .btn, .chip, .scope label').all())
        expect((await target.boundingBox())!.height).toBeGreaterThanOrEqual(48);
      expect(await violationsOf(page)).toEqual([]);
      await dialog(page)
        .getByRole('button', { name: /Serve control for \d+ experiments/ })
        .click();
      await page
        .getByRole('heading', { name: 'Complete: no process serves an arm' })
        .waitFor({ timeout: 80_000 });
      await page.getByText('1 of 1 processes obey').waitFor();
      const { y, height } = (await page.locator('.truth').boundingBox())!;
      expect(y + height, 'the truth is on one screen').toBeLessThanOrEqual(PHONE.height - 64);
      expect(await violationsOf(page)).toEqual([]);
      await goto('/operations/system');
      await page.getByText(/Emergency stop of all experiments in force/).waitFor();
      await page.getByRole('link', { name: 'See it' }).click();
      await page.getByRole('button', { name: 'Release' }).click();
      await dialog(page).getByRole('button', { name: 'Release the fence' }).click();
      await page.getByRole('heading', { name: 'Released: nothing was started again' }).waitFor();
    });
    for (const id of ['first', 'second'])
      expect(await read(`/v1/experiments/${id}`)).toMatchObject({ state: 'completed', outcome: 'stopped' });
  });
});
