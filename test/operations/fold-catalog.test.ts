import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCatalog } from '../../activities/fold.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A catalog over a store that has every experiment, of which `completed` are over; and what it asked the store. */
function catalogOf(completed: Set<string>) {
  const asked = { states: 0, metrics: 0 };
  const catalog = createCatalog({
    experiments: {
      states: (ids: readonly string[]) => {
        asked.states += ids.length;
        return Promise.resolve(
          ids.map((_id) => ({
            _id,
            state: completed.has(_id) ? ('completed' as const) : ('running' as const),
          })),
        );
      },
      lookSubject: () => {
        asked.metrics += 1;
        return Promise.resolve({ launch: { metrics: [{ metric: { metric_id: 'm' } }] } } as never);
      },
    },
  });
  return { catalog, asked };
}

it('reads metrics once, and every second whether events still count', async () => {
  const completed = new Set<string>();
  const { catalog, asked } = catalogOf(completed);
  expect((await catalog(new Set(['e']))).get('e')).toMatchObject({
    live: true,
    metrics: [{ metric_id: 'm' }],
  });
  await catalog(new Set(['e']));
  expect(asked).toEqual({ states: 1, metrics: 1 });
  completed.add('e');
  vi.advanceTimersByTime(1_001);
  expect((await catalog(new Set(['e']))).get('e')).toMatchObject({ live: false, metrics: [] });
  expect(asked).toEqual({ states: 2, metrics: 1 });
});

it('forgets experiments of which nothing comes any more, however many there have been', async () => {
  const { catalog } = catalogOf(new Set());
  for (let n = 0; n < 2_000; n += 1) {
    const known = await catalog(new Set([`e${n}`, 'always']));
    expect(known.has('always') && known.has(`e${n}`)).toBe(true);
    // Six seconds apart: a hundred in ten minutes.
    expect((known as Map<string, unknown>).size).toBeLessThanOrEqual(103);
    vi.advanceTimersByTime(6_000);
  }
});
