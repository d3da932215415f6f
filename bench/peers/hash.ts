// The baseline: one hash of the user and some comparisons, the least that a split can cost.
import { fnv32a, SLOTS } from '../../src/assignment/hash.js';
import type { Peer } from './peer.js';

const [boolean, split] = [fnv32a('boolean'), fnv32a('split')];

export const peer: Peer<string> = {
  call: 'fnv32a()',
  contextOf: ({ id }) => id,
  cases: {
    boolean: (id) => fnv32a(id, boolean) % SLOTS < 5_000,
    split: (id) => {
      const slot = fnv32a(id, split) % SLOTS;
      return slot < 3_400 ? 'a' : slot < 6_700 ? 'b' : 'c';
    },
  },
};
