import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './door.js';

let door: Door;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

describe('the versions of a policy', () => {
  it('are listed newest first, with the one that every installation has at the end', async () => {
    for (const min_units_per_variant of [2_000, 3_000])
      await door.call('put', '/v1/policies/strict', { body: { min_units_per_variant } });
    const { body } = await door.call('get', '/v1/policies/strict/versions');
    expect(body['items']).toMatchObject([
      { version: 3, by: 'root', definition: { min_units_per_variant: 3_000 } },
      { version: 2, by: 'root', definition: { min_units_per_variant: 2_000 } },
      { version: 1, at: null, by: null, definition: { guardrails: { to_ship: 'non_inferior' } } },
    ]);
  });

  it('of one that nobody has changed are the one that it has', async () => {
    const { body } = await door.call('get', '/v1/policies/demo/versions');
    expect(body['items']).toMatchObject([{ version: 1, at: null }]);
  });

  it('of one that is made here begin with its first', async () => {
    await door.call('put', '/v1/policies/own', { body: {} });
    const { body } = await door.call('get', '/v1/policies/own/versions');
    expect(body['items']).toMatchObject([{ version: 1, by: 'root' }]);
  });

  it('of none are not found', async () => {
    expect((await door.call('get', '/v1/policies/none/versions')).status).toBe(404);
    expect((await door.call('get', '/v1/policies/none/freezes')).status).toBe(404);
  });
});

describe('the freeze windows of a policy', () => {
  it('are told rule by rule, at most twenty of each', async () => {
    const freeze_windows = [
      { cron: '0 18 * * 5', time_zone: 'Europe/Berlin', duration: '62h' },
      { cron: '* * * * *', duration: '1s' },
      { rrule: 'FREQ=YEARLY;COUNT=1', from: '2020-01-01T00:00:00', duration: '1h' },
    ];
    await door.call('put', '/v1/policies/frozen', { body: { freeze_windows } });
    const { body } = await door.call('get', '/v1/policies/frozen/freezes?days=28');
    const rules = body['rules'] as { windows: { from: string; until: string }[] }[];
    expect(rules.map(({ windows }) => windows.length)).toEqual([expect.any(Number), 20, 0]);
    const [weekend] = rules[0]!.windows;
    expect(Date.parse(weekend!.until) - Date.parse(weekend!.from)).toBeGreaterThanOrEqual(62 * 3_600_000);
    expect(rules[0]!.windows.length).toBeGreaterThanOrEqual(4);
    expect((await door.call('get', '/v1/policies/frozen/freezes?days=0')).status).toBe(422);
  });
});
