import { describe, expect, it } from 'vitest';
import { violationsOf } from '../axe.js';
import { dialog, read, theStage, visiting } from '../visiting.js';

const FLAG = '/v1/flags/colours';

const BUILT_RULE = {
  conditions: { age: { $gte: 18 }, $or: [{ country: { $in: ['DE'] } }, { $inGroup: 'nordic' }] },
  value: true,
};

describe('a flag', () => {
  it('shows what changed between two revisions, and brings an old one back as a new one', async () => {
    const { rampart } = theStage();
    for (const value of ['blue', 'green'])
      await rampart.call('PUT', FLAG, { enabled: true, value_type: 'string', default: value });
    await visiting({}, async ({ goto, page }) => {
      await goto('/flags/colours/revisions');
      await page.getByText('From revision 1 to 2').waitFor();
      const diff = page.getByLabel('Revision 1 to 2');
      await diff.getByText(/"blue"/).waitFor();
      await diff.getByText(/"green"/).waitFor();
      await page.getByRole('button', { name: 'Restore…' }).last().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Make it revision 3' }).click();
      await page.getByText('From revision 2 to 3').waitFor();
    });
    expect(await read(FLAG)).toMatchObject({ revision: 3, default: 'blue' });
  });

  it('gives in the playground what services get, and an edit that is not saved beside it', async () => {
    const { rampart } = theStage();
    const context = { targetingKey: 'unit-7', plan: 'premium', segments: ['premium'] };
    const served = await rampart.call('POST', '/ofrep/v1/evaluate/flags/recommendation_algorithm', {
      context,
    });
    await visiting({}, async ({ goto, page }) => {
      await goto('/flags/recommendation_algorithm/playground');
      await page.getByLabel('The context as JSON').fill(JSON.stringify(context));
      await expect
        .poll(() => page.locator('.value-out').innerText())
        .toContain(String((served.body['value'] as { algorithm: string }).algorithm));
      await page.getByText(String(served.body['variant']), { exact: true }).first().waitFor();
      await page.getByText(String(served.body['reason']), { exact: true }).first().waitFor();
      expect(
        await page.getByRole('list', { name: 'The path of checks' }).getByRole('listitem').count(),
      ).toBeGreaterThan(1);
    });
  });

  it('that something needs is not deleted; its duplicate is, and says first that nothing uses it', async () => {
    const { rampart } = theStage();
    await rampart.call('PUT', '/v1/flags/needed', { enabled: true });
    const prerequisites = [{ flag_id: 'needed', variants: ['on'] }];
    await rampart.call('PUT', '/v1/flags/needing', { enabled: true, prerequisites });
    await visiting({}, async ({ goto, page }) => {
      await goto('/flags/needed/overview');
      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog(page).getByText('It would be refused.').waitFor();
      await dialog(page).getByRole('link', { name: 'needing' }).waitFor();
      expect(await dialog(page).locator('.btn.danger.solid').getAttribute('aria-disabled')).toBe('true');
      await dialog(page).getByRole('button', { name: 'Back' }).click();
      await page.getByRole('link', { name: 'Duplicate' }).click();
      await page.getByLabel('Name').fill('again');
      await page.getByRole('button', { name: 'Review and create…' }).click();
      await dialog(page).getByRole('button', { name: 'Create the flag' }).click();
      await page.waitForURL('**/flags/again/overview');
      await page.getByRole('button', { name: 'Delete…' }).click();
      await dialog(page).getByText('No flag and no experiment that is not over refers to it').waitFor();
      await dialog(page).getByRole('button', { name: 'Delete the flag' }).click();
      await page.waitForURL('**/flags');
    });
    const { items } = (await read('/v1/flags')) as { items: { flag_id: string }[] };
    expect(items.map(({ flag_id }) => flag_id)).toEqual(expect.arrayContaining(['needed', 'needing']));
    expect(items.some(({ flag_id }) => flag_id === 'again')).toBe(false);
  });

  it('gets a rule that is built from tests, segments and groups, in step with its JSON', async () => {
    await theStage().rampart.call('PUT', '/v1/flags/built', { enabled: true });
    await visiting({}, async ({ goto, page }) => {
      await goto('/flags/built/edit');
      await page.getByRole('button', { name: 'Add a rule' }).click();
      const rule = page.getByRole('group', { name: 'Rule 1', exact: true });
      await rule.getByRole('button', { name: 'Add a condition' }).click();
      await rule.getByText('It does not count yet: it names no attribute.').waitFor();
      await rule.getByLabel('Condition 1: attribute').fill('age');
      await rule.getByLabel('Condition 1: how it is compared').selectOption('is at least');
      await rule.getByLabel('Condition 1: value').fill('18');
      await rule.getByRole('button', { name: 'Add a group' }).click();
      const group = rule.getByRole('group', { name: 'At least one of these holds' });
      await group.getByLabel('Condition 1: attribute').fill('country');
      await group.getByLabel('Condition 1: how it is compared').selectOption('is one of');
      const input = page.locator('input');
      await group.getByLabel('Condition 1: value').and(input).fill('DE');
      await page.keyboard.press('Enter');
      await group.getByRole('button', { name: 'Add a segment' }).click();
      await group.getByLabel('Condition 2: segments').and(input).fill('nordic');
      await page.keyboard.press('Enter');
      const json = page.getByLabel('The flag as JSON');
      await expect.poll(() => json.inputValue()).toContain('nordic');
      expect(await violationsOf(page)).toEqual([]);
      const written = JSON.parse(await json.inputValue()) as object;
      expect(written).toMatchObject({ rules: [BUILT_RULE] });
      // And the other way round.
      await json.fill(JSON.stringify({ ...written, rules: [{ conditions: { plan: 'pro' }, value: false }] }));
      await rule.locator('input[value="plan"]').waitFor();
      await json.fill(JSON.stringify(written));
      await page.getByRole('button', { name: 'Review and save…' }).click();
      await dialog(page).getByRole('button', { name: /^Save/ }).click();
      // Until then the dialog says which revision it will be.
      await dialog(page).waitFor({ state: 'hidden' });
      await page.getByText('Revision 2').first().waitFor();
    });
    expect(await read('/v1/flags/built')).toMatchObject({ revision: 2, rules: [BUILT_RULE] });
  });
});
