import { describe, expect, it } from 'vitest';
import { FieldSealing } from '../../src/secrets/field-sealing.js';
import { nextKeyId, SealingKeys } from '../../src/secrets/sealing-keys.js';

const SECRET = 'a secret of tests that is long enough';
/** Long enough that no cipher text has it by chance. */
const UNIT = 'somebody@mail.example';

describe('a sealed field', () => {
  it('says which key sealed it, and stays readable after rotations', async () => {
    let current = 'k1';
    const sealing = new FieldSealing(SECRET, () => Promise.resolve(current));
    const first = await sealing.seal(UNIT);
    current = 'k2';
    const second = await sealing.seal(UNIT);
    expect([first.key_id, second.key_id]).toEqual(['k1', 'k2']);
    expect([sealing.open(first), sealing.open(second)]).toEqual([UNIT, UNIT]);
    expect(JSON.stringify([first, second])).not.toContain(UNIT);
  });

  it('is opened by every process of the deployment, also by one that has not heard of the key', async () => {
    const one = new FieldSealing(SECRET, () => Promise.resolve('k7'));
    const other = new FieldSealing(SECRET, () => Promise.reject(new Error('no server answers')));
    expect(other.open(await one.seal('ä u1'))).toBe('ä u1');
    await expect(other.seal('u1')).rejects.toThrow('no server answers');
  });

  it('is not opened once it was changed, under another key or under another secret', async () => {
    const sealing = new FieldSealing(SECRET, () => Promise.resolve('k1'));
    const sealed = await sealing.seal('u1');
    const other = new FieldSealing('another secret, which is long enough too', () => Promise.resolve('k1'));
    const changed = { ...sealed, text: `${sealed.text.slice(0, -2)}AA` };
    for (const open of [
      () => sealing.open({ ...sealed, key_id: 'k2' }),
      () => sealing.open(changed),
      () => sealing.open({ ...sealed, text: 'short' }),
      () => sealing.open({ ...sealed, key_id: '__proto__' }),
      () => other.open(sealed),
    ])
      expect(open).toThrow();
  });

  it('is another text each time: who sees two cannot tell that they are of one unit', async () => {
    const sealing = new FieldSealing(SECRET, () => Promise.resolve('k1'));
    expect((await sealing.seal('u1')).text).not.toBe((await sealing.seal('u1')).text);
  });
});

describe('keys', () => {
  it('have one id each, and purposes do not share them', () => {
    const fields = new SealingKeys(SECRET, 'rampart sealed fields');
    const payloads = new SealingKeys(SECRET, 'rampart temporal payloads');
    const all = ['k1', 'k2', 'k10'].flatMap((id) => [fields.of(id), payloads.of(id)]);
    expect(new Set(all.map((key) => key.toString('hex'))).size).toBe(6);
    expect([nextKeyId('k1'), nextKeyId('k9')]).toEqual(['k2', 'k10']);
    for (const id of ['', 'k0', 'k01', 'K1', 'k1 ', 'k9999999999']) expect(() => fields.of(id)).toThrow();
  });
});
