import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failure } from '../../src/errors.js';
import { ExposureBuffer } from '../../src/ingest/exposures.js';
import type { Event } from '../../src/model/event.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A buffer whose store does what the test says. */
function bufferOver(store: (events: readonly Event[]) => Promise<void>) {
  const stored: string[][] = [];
  const lost: number[] = [];
  const buffer = new ExposureBuffer({
    store: (events) => {
      stored.push(events.map(({ unit_id }) => unit_id));
      return store(events);
    },
    onLost: (count) => lost.push(count),
  });
  const add = (n: number): void => buffer.add('e', 0, 'treatment', `u${n}`);
  return { buffer, stored, lost, add };
}

const away = (): Promise<void> => Promise.reject(failure('unavailable', 'MongoDB does not answer'));

it('stores what came within 50 ms together, each unit once an hour', async () => {
  const { stored, add } = bufferOver(() => Promise.resolve());
  for (const n of [1, 2, 1]) add(n);
  await vi.advanceTimersByTimeAsync(50);
  add(1);
  await vi.advanceTimersByTimeAsync(3_600_000);
  add(1);
  await vi.advanceTimersByTimeAsync(50);
  expect(stored).toEqual([['u1', 'u2'], ['u1']]);
});

it('keeps what could not be stored, once each and among a bounded number, and stores it later', async () => {
  let isAway = true;
  const { buffer, stored, lost, add } = bufferOver(() => (isAway ? away() : Promise.resolve()));
  for (let n = 0; n < 60_000; n += 1) {
    add(n % 55_000);
    if (n % 1_000 === 0) await vi.advanceTimersByTimeAsync(10);
  }
  // 5,000 found no room; a sixth of the others came twice.
  expect(buffer.lost).toBe(5_000);
  expect(Math.max(...stored.map((batch) => batch.length))).toBeLessThanOrEqual(500);
  isAway = false;
  stored.length = 0;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(new Set(stored.flat()).size).toBe(50_000);
  expect(stored.flat()).toHaveLength(50_000);
  expect(lost).toEqual([]);
});

it('has one write under way, however many exposures come and however long it takes', async () => {
  let [under_way, most] = [0, 0];
  const { add } = bufferOver(async () => {
    most = Math.max(most, (under_way += 1));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    under_way -= 1;
  });
  for (let n = 0; n < 5_000; n += 1) {
    add(n);
    if (n % 100 === 0) await vi.advanceTimersByTimeAsync(60);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  expect(most).toBe(1);
});

it('drops what the store refuses for good: it would keep all others waiting', async () => {
  const { buffer, lost, stored, add } = bufferOver(() => Promise.reject(new Error('too large')));
  add(1);
  await vi.advanceTimersByTimeAsync(50);
  expect([buffer.lost, lost]).toEqual([1, [1]]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(stored).toHaveLength(1);
});

it('tries once more before the process ends, and counts as lost what it cannot store', async () => {
  const { buffer, lost, add } = bufferOver(away);
  add(1);
  await vi.advanceTimersByTimeAsync(50);
  await buffer.flush();
  expect([buffer.lost, lost]).toEqual([1, [1]]);
  const good = bufferOver(() => Promise.resolve());
  good.add(1);
  await good.buffer.flush();
  expect([good.stored, good.buffer.lost]).toEqual([[['u1']], 0]);
});
