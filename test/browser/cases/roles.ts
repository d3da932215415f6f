import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { keyOf, theStage, visiting } from '../visiting.js';

/** What a button asks of the API; a preview changes nothing. */
const COMMANDS: Record<string, [command: string, body: object]> = {
  Advance: ['advance', {}],
  Pause: ['pause', {}],
  'Change the share': ['ramp', { coverage: 50 }],
  'Drop an arm': ['drop', { variant: 'content', reason: 'a test' }],
  'Close enrolment': ['close', {}],
  'Move the end': ['extend', { end_date: '2100-01-01T00:00:00Z' }],
  Conclude: ['conclude', { variant: 'hybrid', reason: 'a test' }],
  'Stop…': ['stop', { reason: 'a test' }],
};

/** The names of all buttons and entries of the menu that are offered for an experiment. */
async function offeredOn(page: Page): Promise<string[]> {
  const bar = page.locator('.acts');
  if ((await bar.count()) === 0) return [];
  const names = await bar.getByRole('button').allInnerTexts();
  const more = bar.getByRole('button', { name: 'More' });
  if ((await more.count()) > 0) {
    await more.click();
    await page.getByRole('menuitem').first().waitFor();
    names.push(...(await page.getByRole('menuitem').allInnerTexts()));
    await page.keyboard.press('Escape');
  }
  return names.map((name) => name.split('\n')[0]!.trim());
}

/** The answer of the API to what a role may not do is 403; anything else says that it may ask. */
async function mayAsk(key: string, method: string, path: string, body?: object): Promise<boolean> {
  const answer = await theStage().rampart.call(method, path, body, { authorization: `Bearer ${key}` });
  return answer.status !== 403;
}

describe.each(['viewer', 'experimenter', 'operator', 'admin'])('to a %s', (role) => {
  it('is offered what the API would allow, and nothing else', async () => {
    const key = await keyOf(role);
    await visiting({ key }, async ({ goto, page }) => {
      await goto('/experiments/hybrid_reco/overview');
      await page.getByRole('heading', { name: 'NOW' }).waitFor();
      const offered = await offeredOn(page);
      for (const [name, [command, body]] of Object.entries(COMMANDS)) {
        const path = `/v1/experiments/hybrid_reco/${command}?preview=true`;
        expect([name, offered.includes(name)]).toEqual([name, await mayAsk(key, 'POST', path, body)]);
      }
      const mayDefine = await mayAsk(key, 'POST', '/v1/experiments', {});
      expect(offered.includes('Copy')).toBe(mayDefine);
      await goto('/experiments');
      await page.getByText('Hybrid recommendations').first().waitFor();
      expect(await page.getByRole('link', { name: 'New experiment' }).count()).toBe(mayDefine ? 1 : 0);
      await goto('/operations/system');
      await page.getByRole('navigation', { name: 'Operations' }).waitFor();
      expect(await page.getByRole('link', { name: 'Keys', exact: true }).count()).toBe(
        (await mayAsk(key, 'GET', '/v1/keys')) ? 1 : 0,
      );
      await page.getByRole('button', { name: 'Emergency stop' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      const mayStop = await mayAsk(key, 'POST', '/v1/emergency-stops', {});
      expect(await dialog.getByText('An operator or an admin may').count()).toBe(mayStop ? 0 : 1);
      expect(await dialog.getByText(/live experiment/).count()).toBe(mayStop ? 1 : 0);
    });
  });
});
