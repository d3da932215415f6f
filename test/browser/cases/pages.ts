import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { PHONE, WIDE, type Visit } from '../stage.js';
import { Api } from '../../../src/bin/http.js';
import { ADMIN_KEY, eventually } from '../../e2e/harness.js';
import { countUnusually } from '../../e2e/unusual-minutes.js';
import { isPicturesque } from '../scene.js';
import { read, theStage } from '../visiting.js';

/** Every page, by the name of its picture. */
const PAGES: Record<string, string> = {
  attention: '/',
  experiments: '/experiments',
  'new-experiment': '/experiments/new',
  overview: '/experiments/hybrid_reco/overview',
  evidence: '/experiments/hybrid_reco/evidence',
  guardrails: '/experiments/hybrid_reco/guardrails',
  health: '/experiments/hybrid_reco/health',
  decisions: '/experiments/hybrid_reco/decisions',
  timeline: '/experiments/hybrid_reco/timeline',
  definition: '/experiments/hybrid_reco/definition',
  people: '/experiments/hybrid_reco/people',
  shipped: '/experiments/search_rank/overview',
  'shipped-evidence': '/experiments/search_rank/evidence',
  'rolled-back': '/experiments/checkout_v2/overview',
  approval: '/experiments/price_page/overview',
  draft: '/experiments/new_footer/overview',
  flags: '/flags',
  'flags-stale': '/flags/stale',
  'new-flag': '/flags/new',
  flag: '/flags/new_recommendation_ui/overview',
  'flag-edit': '/flags/new_recommendation_ui/edit',
  'flag-revisions': '/flags/new_recommendation_ui/revisions',
  'flag-playground': '/flags/new_recommendation_ui/playground',
  segments: '/library/segments',
  segment: '/library/segments/nordic',
  metrics: '/library/metrics',
  metric: '/library/metrics/click_through_rate',
  policies: '/library/policies',
  policy: '/library/policies/not_on_weekends',
  layers: '/library/layers',
  layer: '/library/layers/home_page',
  holdouts: '/library/holdouts',
  stops: '/operations/stops',
  system: '/operations/system',
  worth: '/operations/worth',
  events: '/operations/events',
  audit: '/operations/audit',
  keys: '/operations/keys',
  webhooks: '/operations/webhooks',
  privacy: '/operations/privacy',
  missing: '/nothing/here',
};

/** Where pictures of the main pages are kept; nowhere unless somebody asks. */
const PICTURES = process.env['RAMPART_SCREENSHOTS'];
const PICTURED = new Set([
  ...['attention', 'experiments', 'new-experiment', 'overview', 'evidence', 'guardrails', 'health'],
  ...['decisions', 'timeline', 'shipped', 'rolled-back', 'approval', 'flags', 'flag', 'flag-revisions'],
  ...['flag-playground', 'metric', 'policy', 'layer', 'system', 'worth', 'events', 'webhooks', 'privacy'],
  'audit',
]);

const LOOKS = [
  ['1280-light', { theme: 'light', viewport: WIDE }],
  ['1280-dark', { theme: 'dark', viewport: WIDE }],
  ['390-light', { theme: 'light', viewport: PHONE }],
  ['390-dark', { theme: 'dark', viewport: PHONE }],
] as const;

/** Every page in each width and each theme; in all four looks only for pictures. */
const SHOWN = LOOKS.filter(([name]) => PICTURES !== undefined || /1280-light|390-dark/.test(name));

describe.each(SHOWN)('at %s', (look_name, look) => {
  let at: Visit;
  beforeAll(async () => {
    const { url } = theStage().rampart;
    if (PICTURES !== undefined) await eventually(() => isPicturesque(new Api(url, ADMIN_KEY)), 900_000);
    at = await theStage().page(look);
  }, 900_000);
  afterAll(() => at.close());

  it.each(Object.entries(PAGES))('%s has no fault', async (name, path) => {
    await hasNoFault(at, path, PICTURED.has(name) ? `${name}-${look_name}` : null);
  });
});

describe('an emergency stop', () => {
  it('has no fault in any theme and width', async () => {
    const { rampart } = theStage();
    const { body } = await rampart.call('POST', '/v1/emergency-stops', {
      reason: 'the banner hides the basket',
      experiment_ids: ['banner'],
    });
    const path = `/v1/emergency-stops/${String(body['emergency_stop_id'])}`;
    await eventually(async () => (await read(path))['complete'] === true);
    for (const [look_name, look] of LOOKS) {
      const at = await theStage().page(look);
      await hasNoFault(at, path.replace('/v1/emergency-stops', '/operations/stops'), `stop-${look_name}`);
      await at.close();
    }
    await rampart.call('POST', `${path}/release`, {});
  });
});

describe('an alarm', () => {
  it('has no fault in any theme and width, and names what is unusual', async () => {
    const { rampart } = theStage();
    const experiment_id = 'new_player';
    await countUnusually(rampart, experiment_id);
    await rampart.call('POST', '/v1/experiments', {
      ...{ experiment_id, name: 'A new player', policy_id: 'careful', owner: 'ada' },
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
    });
    const path = `/v1/experiments/${experiment_id}`;
    await rampart.call('POST', `${path}/start`, { duration: '20d' });
    await eventually(async () =>
      ((await read(path))['holds'] as { code: string }[]).some(({ code }) => code === 'anomaly'),
    );
    for (const [look_name, look] of LOOKS) {
      const at = await theStage().page(look);
      await hasNoFault(at, `/experiments/${experiment_id}/health`, `alarm-${look_name}`);
      expect(await at.page.getByText('error_rate of treatment are 80.0 %').count()).toBeGreaterThan(0);
      await at.close();
    }
    await rampart.call('POST', `${path}/stop`, { reason: 'it was a test' });
  });
});

async function hasNoFault(at: Visit, path: string, picture_name: string | null): Promise<void> {
  const { page } = at;
  at.complaints.length = 0;
  await at.goto(path);
  await page.locator('main h1').first().waitFor();
  await expect.poll(() => page.getByText(/^Loading /).count(), { timeout: 20_000 }).toBe(0);
  if (PICTURES !== undefined && picture_name !== null) await picture(at, picture_name);
  expect(await violationsOf(page)).toEqual([]);
  const sideways = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  expect(sideways, 'scrolls sideways').toBeLessThanOrEqual(0);
  expect(await page.evaluate<string>('document.body.innerText')).not.toMatch(/\bNaN\b|undefined|\[object/);
  expect(at.complaints).toEqual([]);
}

describe('at 320 pixels', () => {
  it.each(['overview', 'experiments', 'new-experiment', 'flag-playground', 'stops'])(
    '%s does not scroll sideways',
    async (name) => {
      const at = await theStage().page({ viewport: { width: 320, height: 640 } });
      await at.goto(PAGES[name]!);
      await at.page.locator('main h1').first().waitFor();
      const wide = await at.page.evaluate<number>('document.documentElement.scrollWidth');
      expect(wide).toBeLessThanOrEqual(320);
      await at.close();
    },
  );
});

async function picture({ page }: Visit, name: string): Promise<void> {
  await mkdir(PICTURES!, { recursive: true });
  // Queries, fonts and transitions come to rest.
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(PICTURES!, `${name}.png`) });
}
