import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TimelineLine } from '../../src/store/timeline.js';
import { TestStores } from './test-store.js';

let stores: TestStores;

beforeAll(async () => {
  stores = await TestStores.start();
});

afterAll(() => stores.end());

function line(key: string): TimelineLine {
  return [key, { at: 0, kind: 'note', actor: { type: 'engine', id: 'rampart' }, revision: 0, reason: key }];
}

it('shows every line to a reader who follows it while several write', async () => {
  const name = stores.fresh();
  const writers = [await stores.store(name), await stores.store(name), await stores.store(name)];
  const reader = await stores.store(name);
  let writing = true;
  const writes = Promise.all(
    writers.map(async ({ timeline }, writer) => {
      for (let n = 0; n < 12; n += 1) {
        const lines = Array.from({ length: 1 + (n % 3) }, (_, index) => line(`${writer}:${n}:${index}`));
        await timeline.append('e', lines);
        // A line that is sent again is not written again.
        if (n % 4 === 0) await timeline.append('e', lines);
      }
    }),
  ).finally(() => {
    writing = false;
  });
  const seen: string[] = [];
  let after = 0;
  const follow = async (): Promise<number> => {
    const page = await reader.timeline.of('e', 5, after);
    for (const { seq, reason } of page) {
      expect(seq).toBe(after + 1);
      after = seq;
      seen.push(reason!);
    }
    return page.length;
  };
  while (writing) await follow();
  await writes;
  while ((await follow()) > 0);
  const all = await reader.timeline.of('e', 1_000, 0);
  expect(seen).toEqual(all.map(({ reason }) => reason));
  expect(new Set(seen).size).toBe(3 * 24);
  expect(seen.length).toBe(3 * 24);
  for (const writer of [0, 1, 2]) {
    const own = seen.filter((reason) => reason.startsWith(`${writer}:`));
    expect(own).toEqual([...own].sort(byNumbers));
  }
});

function byNumbers(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => text.split(':').map(Number));
  return one!.map((part, index) => part - other![index]!).find((difference) => difference !== 0) ?? 0;
}
