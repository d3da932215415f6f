import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDashboardWhereStale } from '../../scripts/dashboard.js';
import { freePort } from '../../src/servers/ports.js';
import { ADMIN_KEY, eventually } from '../e2e/harness.js';
import { IdentityProviderServer, settingsFor } from '../identity-provider.js';
import { violationsOf } from './axe.js';
import { PHONE, Stage, WIDE, type Visit } from './stage.js';
import { useStage, visiting } from './visiting.js';

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
let provider: IdentityProviderServer;
const users = new AbortController();

beforeAll(async () => {
  await buildDashboardWhereStale();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Another site than that of the pages, as a provider is.
  const issuer = `http://localhost:${await freePort()}`;
  provider = await IdentityProviderServer.start(issuer, `${url}/auth/oidc/callback`);
  stage = await Stage.open(settingsFor(issuer, url), port);
  useStage(stage);
}, 240_000);

afterAll(async () => {
  users.abort();
  await stage.close();
  await provider.stop();
});

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

describe('single sign-on', () => {
  const go = async ({ goto, page }: Visit, name: string): Promise<void> => {
    await goto('/flags');
    await page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
    await page.getByRole('link', { name: `I am ${name}` }).click();
  };

  it('leads to the provider and back to the page that was asked for', async () => {
    await visiting({ key: null }, async (at) => {
      await go(at, 'ada');
      await at.page.waitForURL(`${stage.rampart.url}/flags`);
      await at.page.getByRole('button', { name: 'Signed in as Ada Lovelace, experimenter' }).waitFor();
      await at.page.getByText('Live', { exact: true }).waitFor();
    });
  });

  it.each([undefined, PHONE])('tells whom nobody has given a role whom to ask, in %j', async (viewport) => {
    await visiting({ key: null, ...(viewport && { viewport }) }, async (at) => {
      await go(at, 'mallory');
      await at.page.getByText('nobody has given you a role in Rampart').waitFor();
      expect(at.page.url()).toBe(`${stage.rampart.url}/flags`);
      expect(await violationsOf(at.page)).toEqual([]);
    });
  });

  it('shows an admin who has signed in, and ends their sessions', async () => {
    await visiting({}, async ({ goto, page }) => {
      const ada = await stage.page({ key: null });
      await go(ada, 'ada');
      await ada.page.getByText('Live', { exact: true }).waitFor();
      await goto('/operations/keys');
      await page.getByRole('button', { name: 'End sessions… Ada Lovelace' }).click();
      await page.getByRole('button', { name: 'End all sessions' }).click();
      await ada.page.getByText('Your session has ended').waitFor();
      await ada.close();
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

describe('the past of an experiment', () => {
  const id = 'winner_page';
  type Looks = { n: number; snapshot_id: string }[];

  async function looks(): Promise<Looks> {
    const { body } = await stage.rampart.call('GET', `/v1/experiments/${id}/series`);
    return (body as { looks: Looks }).looks;
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
    const { body } = await stage.rampart.call(
      'GET',
      `/v1/experiments/${id}/results?snapshot_id=${encodeURIComponent(first!.snapshot_id)}`,
    );
    const { decision_n } = body as { decision_n: number };
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview?look=${encodeURIComponent(first!.snapshot_id)}`);
      await page.getByText(`Decision ${decision_n}`, { exact: false }).waitFor();
      const text = await readFile(await saved(page, 'Download the certificate', 'link'), 'utf8');
      expect(JSON.parse(text)).toMatchObject({ experiment_id: id, n: decision_n });
      expect(await stage.rampart.cli(['verify', '-'], text)).toMatchObject({ code: 0 });
    });
  });

  it('that is not kept says so, and leads back', async () => {
    const at = await stage.page();
    await at.goto(`/experiments/${id}/evidence?look=${id}:1`);
    await at.page.getByText(`No snapshot ${id}:1 of experiment ${id}`).waitFor();
    await at.page.getByRole('button', { name: 'Back to now' }).click();
    await at.page.getByText('treatment is better on click_through_rate').waitFor();
    // The browser reports the answer 404 by itself.
    expect(at.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await at.close();
  });
});

/** Clicks, and returns where the file is that this saves. */
async function saved(page: Page, name: string, role: 'button' | 'link' | 'menuitem'): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole(role, { name, exact: role !== 'menuitem' }).click(),
  ]);
  return await download.path();
}

describe('what is taken out of the dashboard', () => {
  const id = 'winner_page';

  it('a report is whole without a network, on a screen and on a phone, and its certificates verify', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    const file = join(folder, 'report.html');
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/overview`);
      await copyFile(await saved(page, 'Download report', 'button'), file);
    });
    const context = await stage.browser.newContext({ offline: true, acceptDownloads: true });
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
    const { code, out } = await stage.rampart.cli(['verify', certificates]);
    const { body } = await stage.rampart.call('GET', `/v1/experiments/${id}/decisions`);
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
      const { body } = await stage.rampart.call('GET', `/v1/experiments/${id}/results`);
      const { evidence } = body as {
        evidence: { metrics: { metric_id: string; comparisons: { relative: { lift: number } }[] }[] };
      };
      const [header, ...rows] = text
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(','));
      const column = (name: string): (string | undefined)[] => rows.map((row) => row[header!.indexOf(name)]);
      expect(column('metric_id')).toEqual(evidence.metrics.map(({ metric_id }) => metric_id));
      expect(column('lift')).toEqual(
        evidence.metrics.map(({ comparisons }) => String(comparisons[0]!.relative.lift)),
      );
      await page.getByRole('button', { name: 'Download CSV' }).click();
      const series = await readFile(await saved(page, 'Look by look', 'menuitem'), 'utf8');
      expect(series.split('\r\n')[0]).toMatch(/^experiment_id,look,snapshot_id,/);
    });
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

/** Pages that show a look of the past. */
const PAST = ['overview', 'evidence', 'decisions'];

describe.each([
  ['light', undefined],
  ['dark', undefined],
  ['light', PHONE],
  ['dark', PHONE],
] as const)('in %s, %j', (theme, viewport) => {
  it('no page of an experiment has a fault of access, now and in the past', async () => {
    const { body } = await stage.rampart.call('GET', '/v1/experiments/winner_page/series');
    const { looks } = body as { looks: { snapshot_id: string }[] };
    const then = `?look=${encodeURIComponent(looks[2]!.snapshot_id)}`;
    await visiting({ theme, ...(viewport && { viewport }) }, async ({ goto, page }) => {
      for (const path of ['overview', 'evidence', 'guardrails', ...PAST.map((tab) => `${tab}${then}`)]) {
        await goto(`/experiments/winner_page/${path}`);
        await page.locator('.card').first().waitFor();
        if (path.endsWith(then)) await page.getByText(/^As of look 3, /).waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
        expect(await violationsOf(page), path).toEqual([]);
        const scroll = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(scroll, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      }
    });
  });
});
