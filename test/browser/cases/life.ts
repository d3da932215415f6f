import { afterAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { eventually } from '../../e2e/harness.js';
import type { Visit } from '../stage.js';
import { read, theStage, visiting } from '../visiting.js';

/** Notes each word for the state that the page shows, as long as it is not loaded again. */
const NOTE = `
  globalThis.shown = [];
  const note = () => {
    const text = document.querySelector('.title .pill')?.textContent;
    if (text && shown.at(-1) !== text) shown.push(text);
  };
  note();
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
`;

let watched: Visit;

/** Opens the page of an experiment that has just begun. It stays open while other cases run. */
export async function watchTheWinner(): Promise<void> {
  watched = await theStage().page();
  await watched.goto('/experiments/search_rank');
  await watched.page.waitForURL('**/experiments/search_rank/overview');
  await watched.page.locator('.title .pill').waitFor();
  await watched.page.evaluate(NOTE);
}

describe('an experiment that ships its winner', () => {
  afterAll(() => watched.close());

  it('was shown from its beginning to the end on one page, without a reload', async () => {
    const { page } = watched;
    await page.locator('.title .pill', { hasText: 'Shipped' }).waitFor({ timeout: 150_000 });
    const shown = await page.evaluate<string[]>('globalThis.shown');
    // On a busy machine the first steps are over before the page is there.
    expect(shown[0]).toMatch(/Ramping|Running|Held/);
    const order = ['Watching', 'Shipped'].map((words) => shown.findIndex((text) => text.includes(words)));
    expect(order, shown.join(' · ')).not.toContain(-1);
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(watched.complaints).toEqual([]);
  }, 180_000);

  it('opens at its decision once it is over', async () => {
    const { page } = watched;
    await page.getByText(/Row (10|13)/).waitFor();
    await page.getByText('treatment is what the flag serves').waitFor();
  });

  it('has its evidence as pictures and as a table', async () => {
    const { page } = watched;
    await page.getByRole('link', { name: 'Evidence', exact: true }).first().click();
    await page.getByText('treatment is better on click_through_rate').waitFor();
    await page.getByText(/better, row 1[03]/).waitFor();
    await page.getByRole('button', { name: 'Show as table' }).first().click();
    await page.getByRole('columnheader', { name: 'Sequence' }).first().waitFor();
  });

  it('is held against another policy, with where the two first differ', async () => {
    const { page } = watched;
    await page.getByRole('link', { name: 'Decisions', exact: true }).first().click();
    await page.getByRole('button', { name: 'Through another policy…' }).click();
    await page.getByLabel('Policy', { exact: true }).selectOption('standard');
    await page.getByRole('button', { name: 'Take the looks through it' }).click();
    await page.getByText(/They first differ at/).waitFor({ timeout: 15_000 });
    await page.getByText('they first differ here').waitFor();
    const end = page.getByRole('row', { name: 'In the end' });
    await end.getByText('Ships treatment').waitFor();
    await end.getByText('Not decided by the last look').waitFor();
    expect(watched.complaints).toEqual([]);
  });
});

interface Served {
  served: { live: number; at_revision: number };
  revision: number;
}

async function saysWhatIsServed(page: Page, id: string): Promise<void> {
  await eventually(async () => {
    const { served, revision } = (await read(`/v1/experiments/${id}`)) as unknown as Served;
    const text = await page.locator('.trio section').first().innerText();
    return text.includes(`${served.at_revision} of ${served.live}`) && text.includes(`revision ${revision}`);
  });
}

describe('what is served', () => {
  it('is what the API says, during a ramp and after a roll-back: processes and revision', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto('/experiments/hybrid_reco/overview');
      await saysWhatIsServed(page, 'hybrid_reco');
      await goto('/experiments/checkout_v2/overview');
      await page.locator('.title .pill', { hasText: 'Rolled back' }).waitFor({ timeout: 110_000 });
      await page.getByText(/Row 2/).waitFor();
    });
  }, 180_000);
});
