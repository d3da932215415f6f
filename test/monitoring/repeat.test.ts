import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { repeat } from '../../src/monitoring/repeat.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('goes on after a failure, and never does two things at once', async () => {
  let rounds = 0;
  const errors: unknown[] = [];
  const end = repeat(
    1_000,
    async () => {
      rounds += 1;
      if (rounds === 2) throw new Error('away');
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    },
    (error) => errors.push(error),
  );
  await vi.advanceTimersByTimeAsync(4_999);
  expect(rounds).toBe(1);
  await vi.advanceTimersByTimeAsync(1_002);
  expect([rounds, errors.length]).toEqual([2, 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(rounds).toBe(3);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(rounds).toBe(3);
});
