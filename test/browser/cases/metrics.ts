import { describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { keyOf, read, theStage, visiting } from '../visiting.js';

async function send(...events: object[]): Promise<void> {
  const timestamp = new Date().toISOString();
  const body = events.map((event) => ({
    event_id: crypto.randomUUID(),
    unit_id: 'somebody',
    timestamp,
    ...event,
  }));
  const { status } = await theStage().rampart.call('POST', '/v1/events', body);
  expect(status).toBe(202);
}

describe('a metric', () => {
  it('is built in a form beside its JSON, and tried on the events that came', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto('/library/metrics');
      await page.getByRole('button', { name: 'New metric' }).click();
      await page.getByLabel('Kind', { exact: true }).selectOption('mean');
      await page.getByLabel('Event', { exact: true }).fill('subscription');
      await page.getByLabel('The number is', { exact: true }).fill('amount');
      await page.getByRole('button', { name: 'Add a condition' }).click();
      await page.getByLabel('Condition 1: property').fill('plan');
      await page.getByLabel('Condition 1: value').fill('pro');
      expect(await page.getByRole('button', { name: 'Add a segment' }).count()).toBe(0);
      expect(await violationsOf(page)).toEqual([]);
      expect(JSON.parse(await page.getByLabel('Definition, as JSON').inputValue())).toEqual({
        ...{ metric_id: 'new_metric', kind: 'mean', event: 'subscription', direction: 'increase' },
        ...{ value: 'amount', where: { plan: 'pro' } },
      });
      await page.getByRole('button', { name: 'Create the metric' }).click();
      await page.getByRole('heading', { name: 'Metric new_metric' }).waitFor();
      await page.getByText('plan is “pro”').waitFor();
      await send(
        { type: 'subscription', properties: { plan: 'pro', amount: 12 } },
        { type: 'subscription', properties: { plan: 'free', amount: 12 } },
      );
      await page.getByRole('button', { name: 'Try it on the last events' }).click();
      await page.getByText(/^It would count 1 of the last/).waitFor();
      await page.getByText('the conditions do not hold').first().waitFor();
      expect(await violationsOf(page)).toEqual([]);
    });
    expect(await read('/v1/metrics/new_metric')).toMatchObject({ where: { plan: 'pro' } });
  });

  it('shows what changed from one revision to another', async () => {
    await visiting({}, async ({ goto, page }) => {
      await goto('/library/metrics/new_metric');
      await page.getByText('This is its only revision').waitFor();
      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByLabel("A unit's events make", { exact: true }).selectOption('last');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText(/^Revision 1 to 2/).waitFor();
    });
  });

  it('is not tried by who may not define it', async () => {
    await visiting({ key: await keyOf('viewer') }, async ({ goto, page }) => {
      await goto('/library/metrics/new_metric');
      await page.getByRole('heading', { name: 'Metric new_metric' }).waitFor();
      expect(await page.getByRole('button', { name: 'Try it on the last events' }).count()).toBe(0);
    });
    await theStage().rampart.call('DELETE', '/v1/metrics/new_metric');
  });
});

describe('the events that arrive', () => {
  it('are told by type, with what is misspelt and what is refused', async () => {
    await send({ type: 'playlistCreated' }, { type: 'click', timestamp: 'yesterday' });
    await visiting({ key: await keyOf('viewer') }, async ({ goto, page }) => {
      await goto('/operations/events');
      await page.getByText('meant as playlist_created?').waitFor({ timeout: 30_000 });
      await page.getByText('A field is not as it must be').waitFor({ timeout: 30_000 });
      await page.getByRole('heading', { name: 'Properties that are kept' }).waitFor();
      expect(await violationsOf(page)).toEqual([]);
    });
  });
});
