import { describe, expect, it } from 'vitest';
import { eventually } from '../../e2e/harness.js';
import { read, theStage, visiting } from '../visiting.js';

describe('one unit', () => {
  it('gives no verdict and no number that is none; what is unmeasured says what it needs', async () => {
    const { rampart } = theStage();
    const id = 'one_unit';
    await rampart.call('POST', '/v1/experiments', {
      ...{ experiment_id: id, policy_id: 'careful' },
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate', 'latency_p95'] },
    });
    await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '20d' });
    // One that is enrolled at a tenth of the traffic.
    await eventually(async () => (await read(`/v1/experiments/${id}`))['coverage'] !== 1);
    await eventually(async () => {
      const unit_id = `somebody-${Math.random()}`;
      const { body } = await rampart.call('POST', `/v1/experiments/${id}/assignments`, { unit_id });
      return body['in_experiment'] === true;
    });
    await eventually(async () => {
      const { units } = (await read(`/v1/experiments/${id}/results`)) as { units: Record<string, number> };
      return Object.values(units).some((one) => one > 0);
    });
    await visiting({}, async ({ goto, page }) => {
      for (const tab of ['overview', 'evidence', 'guardrails', 'health']) {
        await goto(`/experiments/${id}/${tab}`);
        await page.locator('main .card').first().waitFor();
        const text = await page.locator('main').innerText();
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
        expect(text).not.toMatch(/is better|harm proven|Harm is proven/);
      }
      await goto(`/experiments/${id}/evidence`);
      await page
        .getByText(/not decidable yet/)
        .first()
        .waitFor();
      await page
        .getByText(/needs 1,000 values of control, has 0/)
        .first()
        .waitFor();
    });
  });
});

describe('an interval without a limit', () => {
  it('is an arrow and words, never a number', async () => {
    const id = 'hybrid_reco';
    const results = JSON.parse(JSON.stringify(await read(`/v1/experiments/${id}/results`))) as Results;
    for (const { comparisons } of results.evidence.metrics)
      for (const { sequence } of comparisons)
        Object.assign(sequence, { lower: null, upper: null, relative_lower: null, relative_upper: null });
    await visiting({}, async ({ goto, page }) => {
      await page.route(`**/v1/experiments/${id}/results*`, (route) => route.fulfill({ json: results }));
      await goto(`/experiments/${id}/evidence`);
      await page
        .getByText(/no limit yet/)
        .first()
        .waitFor();
      expect(await page.locator('main').innerText()).not.toMatch(/Infinity|∞|NaN/);
    });
  });
});

interface Results {
  evidence: { metrics: { comparisons: { sequence: object }[] }[] };
}

describe('verifying a decision', () => {
  const id = 'search_rank';
  const changed = (n: number) => `**/v1/experiments/${id}/decisions/${n}/certificate`;

  it('holds for a certificate as it is stored, and says what differs in one that was changed', async () => {
    await eventually(async () => (await read(`/v1/experiments/${id}`))['state'] === 'completed', 150_000);
    const { items } = (await read(`/v1/experiments/${id}/decisions?order=desc&limit=50`)) as {
      items: { n: number; decision: string }[];
    };
    const { n } = items.find(({ decision }) => decision === 'winner')!;
    await visiting({}, async ({ goto, page }) => {
      await goto(`/experiments/${id}/decisions?n=${n}`);
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText('The certificate holds.').waitFor();
    });
    await visiting({}, async ({ goto, page }) => {
      await page.route(changed(n), async (route) => {
        const response = await route.fetch();
        const text = await response.text();
        await route.fulfill({ response, body: text.replace(/"row":(\d+)/, '"row":2') });
      });
      await goto(`/experiments/${id}/decisions?n=${n}`);
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText(/The certificate does not hold/).waitFor();
    });
  }, 180_000);
});

describe('an experiment with segments', () => {
  it('shows whose results are wanted, and says where a segment differs', async () => {
    const id = 'hybrid_reco';
    const results = (await read(`/v1/experiments/${id}/results`)) as unknown as Segmented;
    const [primary] = results.evidence.metrics;
    const of = (differs: boolean, q: number) =>
      primary!.comparisons.map(({ variant, control_value, value, difference, sequence }) => ({
        ...{ variant, control_value, value, difference, sequence, lift: 0.1, discovery: differs },
        heterogeneity: { q, df: 1, p_value: 0.0003, sequential_p: 0.004, differs },
      }));
    const segment = (name: string, differs: boolean, q: number) => ({
      segment: name,
      units: results.units,
      metrics: [{ metric_id: primary!.metric_id, role: primary!.role, comparisons: of(differs, q) }],
    });
    Object.assign(results, {
      segments: [segment('ios', true, 13.2), segment('de', false, 0.4)],
      untold_units: 12,
    });
    await visiting({}, async ({ goto, page }) => {
      await page.route(`**/v1/experiments/${id}/results*`, (route) => route.fulfill({ json: results }));
      await goto(`/experiments/${id}/evidence`);
      await page
        .getByText(/differs in ios from the rest/)
        .first()
        .waitFor();
      await page.getByText(/Of 12 units nobody told/).waitFor();
      await page.getByLabel('Units').selectOption('de');
      await page
        .getByText(/^In de: .* explored$/)
        .first()
        .waitFor();
      expect(await page.locator('main').innerText()).not.toMatch(/NaN|Infinity|undefined/);
    });
  });
});

interface Segmented {
  units: Record<string, number>;
  evidence: {
    metrics: {
      metric_id: string;
      role: string;
      comparisons: {
        variant: string;
        control_value: number;
        value: number;
        difference: number;
        sequence: object;
      }[];
    }[];
  };
}
