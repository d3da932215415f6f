import { describe, expect, it } from 'vitest';
import { read, theStage, visiting } from '../visiting.js';

const UNIT = 'asks@example.org';
const EXPERIMENT = '/v1/experiments/hybrid_reco';

describe('privacy', () => {
  it('shows what is held of a unit, erases it, and says what was removed', async () => {
    const { rampart } = theStage();
    const reason = 'she asked us to';
    await rampart.call('PUT', `/v1/privacy/opt-outs/${encodeURIComponent(UNIT)}`);
    await rampart.call('POST', `${EXPERIMENT}/exclusions`, { unit_ids: [UNIT], reason });
    await visiting({}, async ({ goto, page }) => {
      await goto('/operations/privacy');
      await page.getByRole('cell', { name: UNIT, exact: true }).waitFor();
      await page.getByLabel('Id of the unit').fill(UNIT);
      await page.getByRole('button', { name: 'Look up' }).click();
      const card = page.getByRole('region', { name: `Unit ${UNIT}`, exact: true });
      await card.getByText('Opted out').waitFor();
      await card.getByText(`excluded by a person: ${reason}`).waitFor();
      await card.getByRole('button', { name: 'Erase it…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('switch', { name: /Keep its opt-out/ }).click();
      await dialog.getByRole('button', { name: 'Erase it', exact: true }).click();
      const erased = page.getByRole('region', { name: `Unit ${UNIT} was erased` });
      await erased.getByText('It is removed everywhere.').waitFor({ timeout: 20_000 });
      for (const what of ['exclusions', 'opt-outs'])
        expect(await erased.getByRole('row', { name: what }).innerText()).toMatch(/1$/);
    });
    const { body } = await rampart.call('GET', '/v1/privacy/opt-outs?limit=1000');
    expect((body['items'] as { unit_id: string }[]).map(({ unit_id }) => unit_id)).not.toContain(UNIT);
    expect((await rampart.call('GET', `/v1/privacy/units/${encodeURIComponent(UNIT)}`)).status).toBe(404);
  });

  it('makes a new sealing key, and shows which one seals', async () => {
    const before = String((await read('/v1/keyring'))['current']);
    await visiting({}, async ({ goto, page }) => {
      await goto('/operations/privacy');
      const card = page.getByRole('region', { name: 'Sealing keys' });
      await card.getByRole('row', { name: before }).getByText('current', { exact: true }).waitFor();
      await card.getByRole('button', { name: 'New sealing key…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Seal with a new key' }).click();
      await card.getByRole('row', { name: before }).getByText('opening', { exact: true }).waitFor();
    });
    expect((await read('/v1/keyring'))['current']).not.toBe(before);
  });
});
