import { afterAll, beforeAll, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { takeFlag } from '../../src/operations/take-flag.js';
import type { ExperimentDocument } from '../../src/store/experiment-document.js';
import type { Store } from '../../src/store/store.js';
import { TestStores } from './test-store.js';

let stores: TestStores;
const NOW = Date.parse('2026-01-01T00:00:00Z');

beforeAll(async () => {
  stores = await TestStores.start();
});

afterAll(() => stores.end());

function draft(store: Store, experiment_id: string, layer_id?: string): Promise<ExperimentDocument> {
  const definition = experimentSchema.parse({
    experiment_id,
    flag_id: 'shared',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
    ...(layer_id !== undefined && { layer_id }),
  });
  return store.experiments.create(definition, experiment_id, 'root');
}

it('of many starts at once on one flag one wins', async () => {
  const name = stores.fresh();
  const both = [await stores.store(name), await stores.store(name)];
  const drafts = await Promise.all(Array.from({ length: 10 }, (_, n) => draft(both[0]!, `e${n}`)));
  const taken = await Promise.allSettled(drafts.map((document, n) => takeFlag(both[n % 2]!, document, NOW)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const one of taken) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'flag_in_use' });
  }
});

it('experiments of one layer share it, and of no other', async () => {
  const store = await stores.store();
  await takeFlag(store, await draft(store, 'one', 'layer'), NOW);
  await takeFlag(store, await draft(store, 'two', 'layer'), NOW);
  const other = await draft(store, 'three', 'another');
  await expect(takeFlag(store, other, NOW)).rejects.toThrow('flag shared');
});

it('is free again once its holder is over, was deleted, or has died while it started', async () => {
  const store = await stores.store();
  const first = await draft(store, 'first');
  await takeFlag(store, first, NOW);
  await takeFlag(store, first, NOW);
  const second = await draft(store, 'second');
  await expect(takeFlag(store, second, NOW + 59_000)).rejects.toMatchObject({ code: 'flag_in_use' });
  await takeFlag(store, second, NOW + 61_000);
  await store.experiments.deleteDraft('second');
  await takeFlag(store, first, NOW + 62_000);
});
