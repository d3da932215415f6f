import { describe, expect, it } from 'vitest';
import { read, theStage, visiting } from '../visiting.js';

const FLAG = '/v1/flags/colours';

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
});
