import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhookSettingsSchema } from '../../src/model/webhook.js';
import { Resealer } from '../../src/operations/reseal.js';
import { sealSecrets } from '../../src/operations/save-webhook.js';
import { FieldSealing, type Sealed } from '../../src/secrets/field-sealing.js';
import { openUnit, sealUnit } from '../../src/secrets/unit-secret.js';
import { SEALED_FIELDS } from '../../src/store/sealed-fields.js';
import type { Store } from '../../src/store/store.js';
import { TestStores } from './test-store.js';

const SECRET = 'a secret of tests that is long enough';
const MINUTE = 60_000;
let stores: TestStores;
let store: Store;
let sealing: FieldSealing;

beforeAll(async () => {
  stores = await TestStores.start();
  store = await stores.store();
  sealing = new FieldSealing(SECRET, async () => (await store.keyring.read()).current);
});

afterAll(() => stores.end());

const round = (now = Date.now() + MINUTE, batches = 20): Promise<void> =>
  new Resealer(store, sealing, batches).round(now, () => undefined);

async function statesOf(): Promise<string[]> {
  const { current, keys } = await store.keyring.read();
  return keys.map(({ key_id, retired_at }) =>
    key_id === current ? 'current' : retired_at === null ? 'opening' : 'retired',
  );
}

/** The sealed texts of all collections, as they are stored. */
async function stored(): Promise<{ _id: string; sealed: Sealed }[]> {
  const all = await Promise.all(
    SEALED_FIELDS.map(async ({ collection, field }) =>
      (await store.database.collection<{ _id: string }>(collection).find().toArray()).flatMap((document) => {
        const sealed = (document as Record<string, unknown>)[field] as Sealed | undefined;
        return sealed ? [{ _id: `${collection} ${document._id}`, sealed }] : [];
      }),
    ),
  );
  return all.flat();
}

async function markOf(unit: string, variant?: string) {
  return {
    ...{ _id: `e:${unit}`, experiment_id: 'e', unit, at: '', by: 'root' },
    sealed: await sealUnit(sealing, { unit_id: `id of ${unit}`, ...(variant && { variant }) }),
  };
}

describe('a rotation', () => {
  it('is made once, whoever asks at the same time', async () => {
    const { current } = await store.keyring.read();
    const rotated = await Promise.all(['a', 'b', 'c'].map((by) => store.keyring.rotate(current, by)));
    expect(rotated.filter((one) => one !== null)).toHaveLength(1);
    const { keys } = await store.keyring.read();
    expect(keys.map(({ key_id }) => key_id)).toEqual(['k1', 'k2']);
  });

  it('reaches every kind of sealed field in small steps, and retires the key when none is left', async () => {
    // More than one round takes.
    for (let n = 0; n < 250; n += 50) {
      const units = await Promise.all(Array.from({ length: 50 }, (_, i) => markOf(`u${n + i}`)));
      await store.exclusions.add(units.map((unit) => ({ ...unit, reason: 'r' })));
    }
    await store.overrides.put(await markOf('o', 'treatment'));
    const { _id, sealed } = await markOf('p');
    await store.optOuts.put({ _id, sealed, at: '' });
    const isGone = () => Promise.resolve(false);
    await store.idempotency.claim({ _id: 'i', body_hash: '', by: 'p' }, Date.now(), isGone);
    await store.idempotency.answer('i', 'p', 200, await sealing.seal('{"key":"secret"}'));
    await store.idempotency.claim({ _id: 'open', body_hash: '', by: 'p' }, Date.now(), isGone);
    await store.webhooks.put({
      ...{ _id: 'w', settings: webhookSettingsSchema.parse({ webhook_id: 'w' }) },
      sealed: await sealSecrets(sealing, { target: { url: 'https://example.com/' }, secrets: [] }),
      ...{ created_at: '', created_by: 'root', updated_at: '', updated_by: 'root' },
    });
    const before = await stored();
    expect(new Set(before.map(({ _id }) => _id.split(' ')[0]))).toEqual(
      new Set(SEALED_FIELDS.map(({ collection }) => collection)),
    );
    await store.keyring.rotate('k2', 'root');
    await round(undefined, 2);
    expect(await statesOf()).toEqual(['opening', 'opening', 'current']);
    expect((await store.keyring.read()).round).toMatchObject({ complete: false, unreadable: 0 });
    await round();
    expect(await statesOf()).toEqual(['retired', 'retired', 'current']);
    const after = await stored();
    expect(new Set(after.map(({ sealed: { key_id } }) => key_id))).toEqual(new Set(['k3']));
    const texts = (all: typeof before) => all.map(({ sealed: one }) => sealing.open(one)).sort();
    expect(texts(after)).toEqual(texts(before));
    const override = (await store.overrides.get('e:o'))!;
    expect(openUnit(sealing, override.sealed)).toEqual({ unit_id: 'id of o', variant: 'treatment' });
    expect(JSON.stringify(override)).not.toContain('treatment');
  }, 120_000);

  it('does not retire a key with which a process may still seal, and finds what comes late', async () => {
    await store.keyring.rotate('k3', 'root');
    await round(Date.now());
    expect(await statesOf()).toEqual(['retired', 'retired', 'opening', 'current']);
    await round();
    expect(await statesOf()).toEqual(['retired', 'retired', 'retired', 'current']);
    const late = {
      ...(await markOf('late', 'control')),
      sealed: sealing.sealWith('k2', '{"unit_id":"late"}'),
    };
    await store.overrides.put(late);
    await round();
    expect((await store.overrides.get(late._id))!.sealed.key_id).toBe('k4');
  });

  it('leaves what was changed meanwhile as it is', async () => {
    const [field] = SEALED_FIELDS;
    await store.exclusions.add([{ ...(await markOf('raced')), reason: 'r' }]);
    const old = sealing.sealWith('k1', '{"unit_id":"old"}');
    const fresh = sealing.sealWith('k1', '{"unit_id":"new"}');
    await store.exclusions.put({ ...(await markOf('raced')), sealed: fresh, reason: 'r' });
    await store.sealedFields.replace(field, [
      { before: { _id: 'e:raced', sealed: old }, sealed: sealing.sealWith('k4', '{"unit_id":"old"}') },
    ]);
    expect((await store.exclusions.get('e:raced'))!.sealed).toEqual(fresh);
  });

  it('names what nobody can open, keeps the key for it, and does the rest', async () => {
    const foreign = new FieldSealing('another secret, which is long enough too', () => Promise.resolve('k4'));
    const broken = { ...(await markOf('broken')), sealed: await sealUnit(foreign, { unit_id: 'x' }) };
    await store.overrides.put(broken);
    await store.overrides.put(await markOf('good', 'control'));
    await store.keyring.rotate('k4', 'root');
    await round();
    expect((await store.keyring.read()).round).toMatchObject({ unreadable: 1, complete: true });
    expect((await statesOf()).slice(-2)).toEqual(['opening', 'current']);
    expect((await store.overrides.get('e:good'))!.sealed.key_id).toBe('k5');
    await store.overrides.remove([broken._id]);
    await round();
    expect((await statesOf()).slice(-2)).toEqual(['retired', 'current']);
  });

  it('is over for a keyring that did not change: a round then writes nothing', async () => {
    const { round: last } = await store.keyring.read();
    await round(Date.now() + 10 * MINUTE);
    expect((await store.keyring.read()).round).toEqual(last);
  });
});
