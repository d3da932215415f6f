import { describe, expect, it } from 'vitest';
import { eventually } from '../../e2e/harness.js';
import { violationsOf } from '../axe.js';
import { PHONE } from '../stage.js';
import { dialog, experiment, keyOf, read, theStage, visiting } from '../visiting.js';

describe('a command', () => {
  it('says what it would do, does just that, and says how many processes serve it', async () => {
    await experiment('advanced');
    await visiting({}, async ({ goto, page }) => {
      await goto('/experiments/advanced/overview');
      await page.getByRole('button', { name: 'Advance' }).click();
      await dialog(page).getByRole('row', { name: 'Enrolled' }).getByText('5 %').waitFor();
      await dialog(page).getByRole('button', { name: 'Advance to 5 %' }).click();
      await dialog(page).getByText('Taken').waitFor();
      await dialog(page).getByText('Served by 1 of 1 processes').waitFor();
    });
    expect(await read('/v1/experiments/advanced')).toMatchObject({ coverage: 5, step: { index: 1 } });
  });

  it('that would be refused says so before the click, and what must be done first', async () => {
    await experiment('paused');
    await theStage().rampart.call('POST', '/v1/experiments/paused/pause', { reason: 'look' });
    await visiting({}, async ({ goto, page }) => {
      await goto('/experiments/paused/overview');
      await page.getByRole('button', { name: 'Advance' }).click();
      await dialog(page).getByText('It would be refused. Resume the experiment first.').waitFor();
      await dialog(page).locator('.btn.primary[aria-disabled]').click({ force: true });
      await dialog(page).getByText('It would be refused.').waitFor();
    });
    expect(await read('/v1/experiments/paused')).toMatchObject({ coverage: 1 });
  });

  it('that stops an experiment wants a reason, and says that it cannot be undone', async () => {
    await experiment('stopped');
    await visiting({ viewport: PHONE }, async ({ goto, page }) => {
      await goto('/experiments/stopped/overview');
      await page.getByRole('button', { name: 'Stop…' }).click();
      await dialog(page).getByText('Cannot be undone').waitFor();
      expect(await dialog(page).locator('.btn.danger.solid').getAttribute('aria-disabled')).toBe('true');
      await dialog(page).getByLabel('Reason').fill('it breaks');
      expect(await violationsOf(page)).toEqual([]);
      await dialog(page).getByRole('button', { name: 'Roll back to control' }).click();
      await dialog(page).getByText('Served by 1 of 1 processes').waitFor();
    });
    await eventually(async () => (await read('/v1/experiments/stopped'))['outcome'] === 'stopped');
  });

  it('starts a draft, after it said what that does, and each page of a draft asks only for what there is', async () => {
    await experiment('draft', false);
    await visiting({}, async ({ goto, page }) => {
      for (const tab of ['overview', 'evidence', 'guardrails', 'health', 'decisions', 'timeline']) {
        await goto(`/experiments/draft/${tab}`);
        await page.locator('.empty, .timeline').first().waitFor();
      }
      await goto('/experiments/draft/definition');
      await page.getByRole('button', { name: 'Start' }).click();
      await dialog(page).getByRole('textbox', { name: 'Duration' }).fill('1h');
      await dialog(page).getByText('It would be refused.').waitFor();
      await dialog(page).getByRole('textbox', { name: 'Duration' }).fill('20d');
      await dialog(page).getByText('1 % of people are enrolled at once').waitFor();
      await dialog(page).getByRole('row', { name: 'State' }).getByText('Ramping').waitFor();
      await dialog(page).getByRole('button', { name: 'Start the experiment' }).click();
      await dialog(page).getByText('Started.').waitFor({ timeout: 30_000 });
    });
    await eventually(async () => (await read('/v1/experiments/draft'))['state'] === 'ramping');
    expect(await read('/v1/experiments/draft')).toMatchObject({ coverage: 1 });
  });

  it('is not there for who only reads', async () => {
    await visiting({ key: await keyOf('viewer') }, async ({ goto, page }) => {
      await goto('/experiments/advanced/overview');
      await page.getByRole('heading', { name: 'NEXT' }).waitFor();
      expect(await page.locator('.acts').count()).toBe(0);
      await page.getByRole('button', { name: 'Emergency stop' }).click();
      await dialog(page).getByText('An operator or an admin may serve the control').waitFor();
      expect(
        await dialog(page)
          .getByRole('button', { name: /Serve control/ })
          .count(),
      ).toBe(0);
    });
  });
});

describe('the units of an experiment', () => {
  it('are excluded and overridden by who commands, and let go again', async () => {
    await visiting({ viewport: PHONE }, async ({ goto, page }) => {
      await goto('/experiments/advanced/people');
      await page.getByRole('button', { name: 'Exclude units…' }).click();
      await dialog(page).getByLabel('Ids of the units').fill('tester-1\nMeier, Ada');
      await dialog(page).getByLabel('Reason').fill('they test it');
      expect(await violationsOf(page)).toEqual([]);
      await dialog(page).getByRole('button', { name: 'Exclude 2 units' }).click();
      await page.getByText('Meier, Ada', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Give a unit an arm…' }).click();
      await dialog(page).getByLabel('Id of the unit').fill('me');
      await dialog(page).getByLabel('Arm').selectOption('treatment');
      await dialog(page).getByRole('button', { name: 'Give it treatment' }).click();
      await page.getByText('me', { exact: true }).waitFor();
      await dialog(page).waitFor({ state: 'detached' });
      expect(await violationsOf(page)).toEqual([]);
      const assigned = async (unit_id: string) =>
        (await theStage().rampart.call('POST', '/v1/experiments/advanced/assignments', { unit_id })).body;
      await eventually(async () => (await assigned('me'))['reason'] === 'OVERRIDE');
      expect(await assigned('Meier, Ada')).toMatchObject({ reason: 'EXCLUDED', variant: 'control' });
      await page.getByRole('button', { name: 'End… for tester-1' }).click();
      await dialog(page).getByRole('button', { name: 'End the exclusion' }).click();
      await page.getByText('tester-1', { exact: true }).waitFor({ state: 'detached' });
      await eventually(async () => (await assigned('tester-1'))['reason'] !== 'EXCLUDED');
    });
  });

  it('are shown to nobody else', async () => {
    await visiting({ key: await keyOf('viewer') }, async ({ goto, page }) => {
      await goto('/experiments/advanced/people');
      await page.getByText('Only those who command experiments see units').waitFor();
      expect(await page.getByRole('link', { name: 'People' }).count()).toBe(0);
      expect(await page.getByText('Meier, Ada').count()).toBe(0);
    });
  });
});

describe('the palette', () => {
  it('is in reach on a phone', async () => {
    await visiting({ viewport: PHONE }, async ({ goto, page }) => {
      await goto('/experiments');
      await page.getByRole('button', { name: 'Find or do' }).click();
      await page.getByRole('combobox', { name: /Find an experiment/ }).fill('advanced');
      await page
        .getByRole('option', { name: /advanced/ })
        .first()
        .click();
      await page.waitForURL('**/experiments/advanced**');
    });
  });
});
