import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withRows } from '../../../dashboard/src/api/rows.js';
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

function changesOf(queries: QueryClient, gather_ms: number): Changes {
  return new Changes({ queries, gather_ms, refreshRows: () => Promise.resolve() });
}

it('asks again for what a change makes old, once for many changes, and for nothing else', async () => {
  const queries = new QueryClient();
  const changed = shown(queries, ['experiment', 'a']);
  const other = shown(queries, ['experiment', 'b']);
  const changes = changesOf(queries, 250);
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
  const changes = changesOf(queries, 50);
  changes.add(message('reset'));
  await vi.advanceTimersByTimeAsync(1_000);
  expect([before(), underway()]).toEqual([2, 2]);
});

it('asks again for the changed rows of the list, all at once, and not while an older answer is on its way', async () => {
  const asked: (readonly string[])[] = [];
  let isBusy = true;
  const refreshRows = (ids: readonly string[]) => {
    if (isBusy) return false as const;
    asked.push(ids);
    return Promise.resolve();
  };
  const changes = new Changes({ queries: new QueryClient(), gather_ms: 50, refreshRows });
  for (const id of ['a', 'b', 'a']) changes.add(message('look', id));
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual([]);
  isBusy = false;
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual([['a', 'b']]);
});

it('puts rows into a list in the order of ids, and takes out what is not there now', () => {
  const row = (experiment_id: string, version: number) => ({ experiment_id, version });
  const list = [row('A', 1), row('b', 1), row('c', 1)];
  expect(withRows(list, ['c', 'b', 'a'], [row('a', 2), row('c', 2)])).toEqual([
    row('A', 1),
    row('a', 2),
    row('c', 2),
  ]);
});
