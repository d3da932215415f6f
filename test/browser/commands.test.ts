import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { eventually } from '../e2e/harness.js';
import { violationsOf } from './axe.js';
import { PHONE, Stage } from './stage.js';
import { keyOf, read, useStage, visiting } from './visiting.js';

let stage: Stage;

beforeAll(async () => {
  await buildDashboardWhereStale();
  stage = await Stage.open();
  useStage(stage);
}, 240_000);

afterAll(() => stage.close());

/** An experiment that goes on by itself only after an hour, without users. */
async function experiment(experiment_id: string, isStarted = true): Promise<void> {
  const { rampart } = stage;
  await rampart.call('POST', '/v1/experiments', {
    experiment_id,
    policy_id: 'standard',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  if (!isStarted) return;
  await rampart.call('POST', `/v1/experiments/${experiment_id}/start`, { duration: '20d' });
  await eventually(async () => (await read(`/v1/experiments/${experiment_id}`))['state'] === 'ramping');
}

const dialog = (page: Page) => page.getByRole('dialog');

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
    await stage.rampart.call('POST', '/v1/experiments/paused/pause', { reason: 'look' });
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
      expect(await violationsOf(page)).toEqual([]);
      const assigned = async (unit_id: string) =>
        (await stage.rampart.call('POST', '/v1/experiments/advanced/assignments', { unit_id })).body;
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

describe('a flag', () => {
  it('that something needs is not deleted; its duplicate is, and says first that nothing uses it', async () => {
    const { rampart } = stage;
    await rampart.call('PUT', '/v1/flags/needed', { enabled: true });
    const prerequisites = [{ flag_id: 'needed', variants: ['on'] }];
    await rampart.call('PUT', '/v1/flags/needing', { enabled: true, prerequisites });
    await visiting({}, async ({ goto, page }) => {
      await goto('/flags/needed/overview');
      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog(page).getByText('It would be refused.').waitFor();
      await dialog(page).getByRole('link', { name: 'needing' }).waitFor();
      expect(await dialog(page).locator('.btn.danger.solid').getAttribute('aria-disabled')).toBe('true');
      await dialog(page).getByRole('button', { name: 'Back' }).click();
      await page.getByRole('link', { name: 'Duplicate' }).click();
      await page.getByLabel('Name').fill('again');
      await page.getByRole('button', { name: 'Review and create…' }).click();
      await dialog(page).getByRole('button', { name: 'Create the flag' }).click();
      await page.waitForURL('**/flags/again/overview');
      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog(page).getByText('No flag and no experiment that is not over refers to it').waitFor();
      await dialog(page).getByRole('button', { name: 'Delete the flag' }).click();
      await page.waitForURL('**/flags');
    });
    const { items } = (await read('/v1/flags')) as { items: { flag_id: string }[] };
    expect(items.map(({ flag_id }) => flag_id)).toEqual(expect.arrayContaining(['needed', 'needing']));
    expect(items.some(({ flag_id }) => flag_id === 'again')).toBe(false);
  });
});

describe('a new experiment', () => {
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

describe('the emergency stop', () => {
  it('without an answer is not confirmed; to repeat it sends the same key', async () => {
    const keys: (string | undefined)[] = [];
    const at = await stage.page();
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
    const { items } = (await read('/v1/emergency-stops')) as { items: { emergency_stop_id: string }[] };
    expect(items.length).toBe(1);
    expect(at.complaints.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    await at.close();
    await stage.rampart.call('POST', `/v1/emergency-stops/${items[0]!.emergency_stop_id}/release`, {});
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

describe.each([
  ['light', undefined],
  ['dark', undefined],
  ['light', PHONE],
  ['dark', PHONE],
] as const)('in %s, %j', (theme, viewport) => {
  it.each(['stops', 'system'])('/operations/%s has no fault of access', async (part) => {
    await visiting({ theme, ...(viewport && { viewport }) }, async ({ goto, page }) => {
      await goto(`/operations/${part}`);
      await page.locator('.card').first().waitFor();
      expect(await violationsOf(page)).toEqual([]);
      const scroll = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(scroll, 'scrolls sideways').toBeLessThanOrEqual(0);
    });
  });
});
