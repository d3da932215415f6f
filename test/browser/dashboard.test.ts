import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { ADMIN_KEY, eventually } from '../e2e/harness.js';
import { PHONE, Stage, type Look, type Visit } from './stage.js';

/** Users click much more with the treatment: it wins within a minute. */
const WINS = {
  clickRate: { control: 0.2, treatment: 0.34 },
  errorRate: { control: 0.01, treatment: 0.01 },
};
/** Users meet errors with the treatment: it is rolled back. */
const HARMS = {
  clickRate: { control: 0.2, treatment: 0.2 },
  errorRate: { control: 0.01, treatment: 0.5 },
};

let stage: Stage;
const users = new AbortController();

beforeAll(async () => {
  await buildDashboardWhereStale();
  stage = await Stage.open();
}, 240_000);

afterAll(async () => {
  users.abort();
  await stage.close();
});

/** Looks at pages, and fails where the console complained. */
async function visiting(look: Look, visit: (at: Visit) => Promise<void>): Promise<void> {
  const at = await stage.page(look);
  try {
    await visit(at);
    expect(at.complaints).toEqual([]);
  } finally {
    await at.close();
  }
}

describe('signing in', () => {
  it('with a wrong key says so, and sets no cookie', async () => {
    const at = await stage.page({ key: null });
    await at.goto('/');
    await at.page.getByLabel('Key').fill('a-key-that-nobody-has');
    await at.page.getByRole('button', { name: 'Sign in' }).click();
    await at.page.getByText('this key is not known').waitFor();
    expect(await at.cookies()).toEqual([]);
    // The browser reports the answer 401 by itself.
    expect(at.complaints.filter((text) => !text.includes('401'))).toEqual([]);
    await at.close();
  });

  it('with a good key opens the page that was asked for; scripts see neither key nor cookie', async () => {
    await visiting({ key: null }, async ({ goto, page, cookies }) => {
      await goto('/flags');
      await page.getByLabel('Key').fill(ADMIN_KEY);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.waitForURL('**/flags');
      expect((await cookies()).map(({ httpOnly }) => httpOnly)).toEqual([true]);
      const seen = await page.evaluate<string>('JSON.stringify([document.cookie, { ...localStorage }])');
      expect(seen).not.toContain(ADMIN_KEY);
      expect(await page.evaluate<string>('document.cookie')).toBe('');
    });
  });
});

describe('an experiment that ships its winner', () => {
  const id = 'winner_page';
  let at: Visit;

  beforeAll(async () => {
    await stage.experiment(id, WINS, users.signal);
    at = await stage.page();
    await at.goto(`/experiments/${id}`);
  });

  afterAll(async () => {
    expect(at.complaints).toEqual([]);
    await at.close();
  });

  it('is shown from the ramp to the end on one page, without a reload', async () => {
    const { page } = at;
    await page.waitForURL(`**/experiments/${id}/overview`);
    await page.getByText(/Ramping, step 1 of 3|Ramping, step 2 of 3/).waitFor();
    await page.getByRole('heading', { name: 'NEXT' }).waitFor();
    // The words for each state come by themselves, as the engine reaches it.
    for (const words of ['Watching', 'Shipped']) {
      await page.locator('.title .pill', { hasText: words }).waitFor({ timeout: 110_000 });
    }
  }, 180_000);

  it('opens at its decision once it is over', async () => {
    const { page } = at;
    await page.getByText(/Row (10|13)/).waitFor();
    await page.getByText('treatment is what the flag serves').waitFor();
  });

  it('has its evidence as pictures and as a table', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Evidence', exact: true }).first().click();
    await page.getByText('treatment is better on click_through_rate').waitFor();
    await page.getByText(/better, row 1[03]/).waitFor();
    await page.getByRole('button', { name: 'Show as table' }).first().click();
    await page.getByRole('columnheader', { name: 'Sequence' }).first().waitFor();
  });

  it('is held against another policy, with where the two first differ', async () => {
    const { page } = at;
    await page.getByRole('link', { name: 'Decisions', exact: true }).first().click();
    await page.getByRole('button', { name: 'Through another policy…' }).click();
    await page.getByLabel('Policy', { exact: true }).selectOption('standard');
    await page.getByRole('button', { name: 'Take the looks through it' }).click();
    await page.getByText(/They first differ at/).waitFor({ timeout: 15_000 });
    await page.getByText('they first differ here').waitFor();
    const end = page.getByRole('row', { name: 'In the end' });
    await end.getByText('Ships treatment').waitFor();
    await end.getByText('Not decided by the last look').waitFor();
  });
});

describe('what is served', () => {
  it('is what the API says: arms, shares and processes', async () => {
    const id = 'served_page';
    await stage.experiment(id, HARMS, users.signal);
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview`);
      await eventually(async () => {
        const { body } = await stage.rampart.call('GET', `/v1/experiments/${id}`);
        const { served, revision } = body as {
          served: { live: number; at_revision: number };
          revision: number;
        };
        const text = await page.locator('.trio section').first().innerText();
        return (
          text.includes(`${served.at_revision} of ${served.live}`) && text.includes(`revision ${revision}`)
        );
      });
      await page.locator('.title .pill', { hasText: 'Rolled back' }).waitFor({ timeout: 110_000 });
      await page.getByText(/Row 2/).waitFor();
    });
  }, 180_000);
});

describe.each([
  ['light', undefined],
  ['dark', undefined],
  ['light', PHONE],
  ['dark', PHONE],
] as const)('in %s, %j', (theme, viewport) => {
  it.each(['overview', 'evidence', 'guardrails'])('%s has no fault of access', async (tab) => {
    await visiting({ theme, ...(viewport && { viewport }) }, async ({ goto, page }) => {
      await goto(`/experiments/winner_page/${tab}`);
      await page.locator('.card').first().waitFor();
      const scroll = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(scroll, 'scrolls sideways').toBeLessThanOrEqual(0);
    });
  });
});
