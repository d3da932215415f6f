import { expect, it } from 'vitest';
import { NewestMap } from '../src/newest-map.js';

it('keeps what was used last, however long it lives', () => {
  const map = new NewestMap<number, string>(3);
  for (let n = 0; n < 10_000; n += 1) {
    map.set(n, `${n}`);
    expect(map.get(0)).toBe('0');
    expect(map.size).toBeLessThanOrEqual(3);
  }
  expect([9_997, 9_998, 9_999].map((n) => map.get(n))).toEqual([undefined, '9998', '9999']);
  map.delete(0);
  expect(map.get(0)).toBeUndefined();
});
