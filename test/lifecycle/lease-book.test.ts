import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { giveBack, takeLease, type Holder, type LeaseBook } from '../../src/lifecycle/lease-book.js';

const EMPTY: LeaseBook = { leases: [], queue: [] };
/** The first two run everywhere, the others in one environment each. */
const holderOf = (who: number): Holder => ({
  experiment_id: `e${who}`,
  environment: [undefined, undefined, 'staging', 'staging', 'production', 'production'][who],
});
const meets = (one: Holder, other: Holder): boolean =>
  [one.environment ?? other.environment, other.environment ?? one.environment].every(
    (place, _, [first]) => place === first,
  );

describe('the leases of a layer', () => {
  it('are given first come, first served, never a slot to two that meet, and taken back', () => {
    const asked = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 10_000 }), fc.boolean()), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(asked, (events) => {
        let book = EMPTY;
        for (const [who, wanted, back] of events) {
          const holder = holderOf(who);
          const id = holder.experiment_id;
          const { queue } = book;
          book = back ? giveBack(book, id) : takeLease(book, holder, wanted);
          for (const place of ['staging', 'production']) {
            const here = book.leases.filter((lease) =>
              meets(lease, { experiment_id: '', environment: place }),
            );
            const taken = here.flatMap((lease) => lease.slots).sort((a, b) => a.from - b.from);
            taken.forEach(({ from }, i) => expect(from).toBeGreaterThanOrEqual(taken[i - 1]?.to ?? 0));
          }
          const overtaken =
            !back &&
            book.leases.some((lease) => lease.experiment_id === id) &&
            queue.some((one) => one.experiment_id === id);
          if (overtaken) expect(queue.find((one) => meets(one, holder))?.experiment_id).toBe(id);
        }
      }),
    );
  });

  it('of staging and of production keep nobody waiting in the other, those of every environment in both', () => {
    const take = (book: LeaseBook, who: number, wanted = 10_000): LeaseBook =>
      takeLease(book, holderOf(who), wanted);
    const both = take(take(EMPTY, 2), 4);
    expect(both.leases.map(({ experiment_id }) => experiment_id)).toEqual(['e2', 'e4']);
    const waiting = take(both, 0);
    expect(waiting.queue).toEqual([holderOf(0)]);
    expect(take(giveBack(waiting, 'e2'), 0).queue).toHaveLength(1);
    const free = giveBack(giveBack(waiting, 'e2'), 'e4');
    // Whoever waits for both is not overtaken in either.
    expect(take(free, 5, 1).leases).toEqual([]);
    expect(take(free, 0).leases).toMatchObject([{ experiment_id: 'e0' }]);
  });
});
