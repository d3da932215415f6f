import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Changes } from '../../../dashboard/src/live/changes.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const message = (type: 'reset' | 'look' | 'ping', id = '') => ({ type, id, version: 0, at: '' });

/** Counts how often a shown answer is asked for; each takes 100 ms. */
function shown(queries: QueryClient, queryKey: readonly unknown[]): () => number {
  let asked = 0;
  const queryFn = () => new Promise((resolve) => setTimeout(() => resolve(++asked), 100));
  new QueryObserver(queries, { queryKey, queryFn }).subscribe(() => undefined);
  return () => asked;
}

it('asks again for what a change makes old, once for many changes, and for nothing else', async () => {
  const queries = new QueryClient();
  const changed = shown(queries, ['experiment', 'a']);
  const other = shown(queries, ['experiment', 'b']);
  const changes = new Changes(queries, 250);
  await vi.advanceTimersByTimeAsync(1_000);
  for (let round = 0; round < 20; round++) changes.add(message('look', 'a'));
  changes.add(message('ping'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([changed(), other()]).toEqual([2, 1]);
});

it('asks again for everything after a reset, also for what was on its way', async () => {
  const queries = new QueryClient();
  const before = shown(queries, ['experiment', 'a']);
  await vi.advanceTimersByTimeAsync(1_000);
  const underway = shown(queries, ['stops']);
  const changes = new Changes(queries, 50);
  changes.add(message('reset'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([before(), underway()]).toEqual([2, 2]);
});
