import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FieldSealing, type Sealed } from '../../src/secrets/field-sealing.js';
import { sealUnit } from '../../src/secrets/unit-secret.js';
import { Refresher } from '../../src/serving/refresher.js';
import type { Store } from '../../src/store/store.js';

const sealingOf = (secret: string) => new FieldSealing(secret, () => Promise.resolve('k1'));

const none = { all: () => Promise.resolve([]), many: () => Promise.resolve([]) };

/** A store whose reads of what is served are counted; its opt-outs are given. */
function storeWith(optOuts: { _id: string; sealed: Sealed }[], reads: number[] = []): Store {
  return {
    serving: {
      async read() {
        reads.push(1);
        await sleep(20);
        return { revision: 1, fences: [], log: [] };
      },
    },
    flags: {
      ...none,
      all: () => Promise.resolve([{ _id: 'f', definition: { flag_id: 'f', enabled: true }, revision: 1 }]),
    },
    segments: none,
    metrics: none,
    keys: none,
    people: none,
    exclusions: none,
    overrides: none,
    experiments: { served: () => Promise.resolve([]) },
    optOuts: { all: () => Promise.resolve(optOuts), many: () => Promise.resolve(optOuts) },
  } as unknown as Store;
}

function refresherOf(store: Store, broken: string[] = []): Refresher {
  return new Refresher({
    store,
    sealing: sealingOf('a secret of tests that is long enough'),
    salt: 'salt',
    environment: 'production',
    onChange: () => undefined,
    onBroken: (id) => broken.push(id),
    onError: (error) => expect.fail(String(error)),
  });
}

test('a record that cannot be unsealed is reported, and all others are served', async () => {
  const good = await sealUnit(sealingOf('a secret of tests that is long enough'), { unit_id: 'u1' });
  const other = await sealUnit(sealingOf('another secret, which is long enough too'), { unit_id: 'u2' });
  const broken: string[] = [];
  const refresher = refresherOf(
    storeWith([
      { _id: 'a', sealed: other },
      { _id: 'b', sealed: good },
      { _id: 'c', sealed: { key_id: 'k1', text: 'damaged' } },
    ]),
    broken,
  );
  await refresher.refresh();
  expect(broken).toEqual(['opt-out:a', 'opt-out:c']);
  expect(refresher.snapshot?.ruleset.flags.has('f')).toBe(true);
});

test('a refresher that is stopped during a read reads no more', async () => {
  const reads: number[] = [];
  const refresher = refresherOf(storeWith([], reads));
  const started = refresher.start();
  refresher.stop();
  await started;
  await sleep(1_200);
  expect(reads).toHaveLength(1);
});
