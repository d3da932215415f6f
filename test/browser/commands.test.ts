import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { eventually } from '../e2e/harness.js';
import { violationsOf } from './axe.js';
import { PHONE, Stage, type Look, type Visit } from './stage.js';

let stage: Stage;

beforeAll(async () => {
  await buildDashboardWhereStale();
  stage = await Stage.open();
}, 240_000);

afterAll(() => stage.close());

/** Looks at pages, and fails where the console complained. */
async function visiting(
  look: Look,
  visit: (at: Visit) => Promise<void>,
  expected = 'nothing',
): Promise<void> {
  const at = await stage.page(look);
  try {
    await visit(at);
    expect(at.complaints.filter((text) => !text.includes(expected))).toEqual([]);
  } finally {
    await at.close();
  }
}

async function read(path: string): Promise<Record<string, unknown>> {
  return (await stage.rampart.call('GET', path)).body;
}

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

async function keyOf(role: string): Promise<string> {
  const { body } = await stage.rampart.call('POST', '/v1/keys', { role, name: role });
  return String((body as { key: string }).key);
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

  it('starts a draft, and shows what speaks against its plan', async () => {
    await experiment('draft', false);
    await visiting(
      {},
      async ({ goto, page }) => {
        // The browser reports by itself that a draft has no results.
        await goto('/experiments/draft/definition');
        await page.getByRole('button', { name: 'Start' }).click();
        await dialog(page).getByRole('textbox', { name: 'Duration' }).fill('20d');
        await dialog(page).getByRole('button', { name: 'Start the experiment' }).click();
        await dialog(page).getByText('Started.').waitFor({ timeout: 30_000 });
      },
      '404',
    );
    expect((await read('/v1/experiments/draft'))['state']).not.toBe('draft');
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
