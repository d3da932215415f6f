import { expect, it } from 'vitest';
import { derive } from '../../src/secrets/derive.js';
import { eventHasher, pseudonymiser, snapshotSalt } from '../../src/secrets/pseudonym.js';

const SECRET = 'a secret of tests that is long enough';

it('derives the same keys forever, or every unit would be counted anew and no sealed field could be opened', () => {
  expect(pseudonymiser(SECRET)('user-1')).toBe('9bec9b8a145423e93ccb252cfacd42f6');
  expect(eventHasher(SECRET)('user42:click:1')).toBe('LYPcaUP8cyz66iHn');
  expect(snapshotSalt(SECRET)).toBe('c11db83929d33a0c4c327729d090bfaa');
  expect(derive(SECRET, 'rampart sealed fields').toString('hex')).toBe(
    'aa175b71c9843e13c875c2d1f9bedf749da5033cb5caed06588cc21a179c6c28',
  );
  expect(derive(SECRET, 'rampart stream tokens').toString('hex')).toBe(
    '700d05e343b18a4646c033c0a432f3d1f0ff5f78b1d5f8027274232aea6a777a',
  );
});
