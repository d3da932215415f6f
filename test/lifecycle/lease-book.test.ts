import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { giveBack, takeLease, type LeaseBook } from '../../src/lifecycle/lease-book.js';

describe('the leases of a layer', () => {
  it('are given first come, first served, never a slot to two, and taken back', () => {
    const asked = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 10_000 }), fc.boolean()), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(asked, (events) => {
        let book: LeaseBook = { leases: [], queue: [] };
        for (const [who, wanted, back] of events) {
          const id = `e${who}`;
          const { queue } = book;
          book = back ? giveBack(book, id) : takeLease(book, id, wanted);
          const taken = book.leases.flatMap((lease) => lease.slots).sort((a, b) => a.from - b.from);
          taken.forEach(({ from }, i) => expect(from).toBeGreaterThanOrEqual(taken[i - 1]?.to ?? 0));
          const overtaken =
            !back && book.leases.some((lease) => lease.experiment_id === id) && queue.includes(id);
          if (overtaken) expect(queue[0]).toBe(id);
        }
      }),
    );
  });
});
