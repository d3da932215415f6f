import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Receiver } from '../../receivers/receiver.js';
import { eventually } from '../../e2e/harness.js';
import { violationsOf } from '../axe.js';
import { PHONE } from '../stage.js';
import { keyOf, read, theStage, visiting } from '../visiting.js';

let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(async () => {
  await theStage().rampart.call('DELETE', '/v1/webhooks/on-call');
  await receiver.stop();
});

describe('webhooks', () => {
  it('are made, tested and changed on one page, which says what is wrong at its field', async () => {
    await visiting(
      {},
      async ({ goto, page }) => {
        await goto('/operations/webhooks');
        await page.getByText('Nobody hears of anything yet').waitFor();
        await page.getByRole('button', { name: 'New webhook' }).click();
        await page.getByLabel('Id', { exact: true }).fill('on-call');
        await page.getByLabel('Address', { exact: true }).fill('https://10.0.0.1/');
        await page.getByLabel('An experiment is held', { exact: true }).check();
        await page.getByLabel('A flag is stale', { exact: true }).check();
        expect(await violationsOf(page)).toEqual([]);
        await page.getByRole('button', { name: 'Make the webhook' }).click();
        await page.getByText(/Address may not be used/).waitFor();
        await page.getByLabel('Address', { exact: true }).fill(receiver.url);
        await page.getByRole('button', { name: 'Make the webhook' }).click();
        const dialog = page.getByRole('dialog');
        expect(await dialog.getByLabel('Secret').inputValue()).toMatch(/^whsec_/);
        await dialog.getByRole('button', { name: 'I have stored it' }).click();
        await page.getByRole('button', { name: 'Test on-call' }).click();
        await page.getByText('Delivered, it answered 204').waitFor();
        receiver.answer(500);
        await page.getByRole('button', { name: 'Test on-call' }).click();
        await page.getByText('Not delivered: it answered 500: “no”').waitFor();
        receiver.answer(null);
        await page.getByRole('button', { name: 'Change on-call' }).click();
        await page.getByLabel('Digest', { exact: true }).fill('1h');
        await page.getByRole('button', { name: 'Save the webhook' }).click();
        await page.getByText('one message every 1h, critical ones at once').waitFor();
      },
      ['422'],
    );
    expect(await read('/v1/webhooks/on-call')).toMatchObject({
      ...{ events: ['held', 'flag_stale'], digest: { every: '1h' }, receiver: receiver.url },
    });
  });

  it('show what did not arrive, and send it again', async () => {
    const { rampart } = theStage();
    const body = { url: receiver.url, events: ['command'], severities: ['info'] };
    expect((await rampart.call('PUT', '/v1/webhooks/on-call', body)).status).toBe(200);
    receiver.answer(410);
    await rampart.call('POST', '/v1/experiments/hybrid_reco/pause', { reason: 'a test of alerts' });
    await rampart.call('POST', '/v1/experiments/hybrid_reco/resume', {});
    const dead = async (): Promise<number> => Number((await read('/v1/webhooks/on-call'))['dead']);
    await eventually(async () => (await dead()) >= 2);
    receiver.answer(null);
    // On a slow machine commands of tests before this one are told of, too.
    const given_up = await dead();
    await visiting({ viewport: PHONE }, async ({ goto, page }) => {
      await goto('/operations/webhooks');
      await page.getByText(`${given_up} given up`).waitFor();
      await page.getByRole('button', { name: 'Deliveries on-call' }).click();
      await page.getByLabel('Show', { exact: true }).selectOption('dead');
      await page.getByText('One attempt: it answered 410').first().waitFor();
      expect(await violationsOf(page)).toEqual([]);
      await page
        .getByRole('button', { name: /^Send again/ })
        .first()
        .click();
      await page.getByText(`${given_up - 1} given up`).waitFor();
    });
    await eventually(async () => (await dead()) === given_up - 1);
  });

  it('are not for an operator', async () => {
    await visiting({ key: await keyOf('operator') }, async ({ goto, page }) => {
      await goto('/operations/webhooks');
      await page.getByText('Only an admin may see webhooks').waitFor();
      expect(await page.getByRole('button', { name: 'New webhook' }).count()).toBe(0);
    });
  });
});
