import { describe, expect, it } from 'vitest';
import { ADMIN_KEY } from '../../e2e/harness.js';
import { violationsOf } from '../axe.js';
import { PHONE, type Visit } from '../stage.js';
import { theStage, visiting } from '../visiting.js';

describe('signing in', () => {
  it('with a wrong key says so, and sets no cookie', async () => {
    const at = await theStage().page({ key: null });
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
      await at.page.waitForURL(`${theStage().rampart.url}/flags`);
      await at.page.getByRole('button', { name: 'Signed in as Ada Lovelace, experimenter' }).waitFor();
      await at.page.getByText('Live', { exact: true }).waitFor();
    });
  });

  it.each([
    ['a wide window', {}],
    ['a phone', { viewport: PHONE }],
  ])('tells whom nobody has given a role whom to ask, in %s', async (_, shape) => {
    await visiting({ key: null, ...shape }, async (at) => {
      await go(at, 'mallory');
      await at.page.getByText('nobody has given you a role in Rampart').waitFor();
      expect(at.page.url()).toBe(`${theStage().rampart.url}/flags`);
      expect(await violationsOf(at.page)).toEqual([]);
    });
  });

  it('shows an admin who has signed in, and ends their sessions', async () => {
    await visiting({}, async ({ goto, page }) => {
      const ada = await theStage().page({ key: null });
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
