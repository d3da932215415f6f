import { expect, it } from 'vitest';
import { derive } from '../../src/secrets/derive.js';
import { SealingKeys } from '../../src/secrets/sealing-keys.js';
import { eventHasher, pseudonymiser, snapshotSalt } from '../../src/secrets/pseudonym.js';

const SECRET = 'a secret of tests that is long enough';

it('derives the same keys forever, or every unit would be counted anew and no sealed field could be opened', () => {
  expect(pseudonymiser(SECRET)('user-1')).toBe('9bec9b8a145423e93ccb252cfacd42f6');
  expect(eventHasher(SECRET)('user42:click:1')).toBe('LYPcaUP8cyz66iHn');
  expect(snapshotSalt(SECRET)).toBe('c11db83929d33a0c4c327729d090bfaa');
  expect(new SealingKeys(SECRET, 'rampart sealed fields').of('k1').toString('hex')).toBe(
    'd27626774aa6520dc81d41dc1a78305ac3ea47d8e84b5aadca4999d87ae9084b',
  );
  expect(new SealingKeys(SECRET, 'rampart temporal payloads').of('k12').toString('hex')).toBe(
    '4f2d3654b0d950d250e4f4aef5b03e0a2534f7848f5e2dd55f26a3ed3231b3a7',
  );
  expect(derive(SECRET, 'rampart stream tokens').toString('hex')).toBe(
    '700d05e343b18a4646c033c0a432f3d1f0ff5f78b1d5f8027274232aea6a777a',
  );
});
