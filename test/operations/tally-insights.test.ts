import { expect, it } from 'vitest';
import { AllInsights } from '../../src/operations/tally-insights.js';
import type { EndedExperiment, EndedFilter } from '../../src/store/insights.js';

const NOW = Date.parse('2026-03-01T00:00:00Z');

function experiment(n: number, settled_at: number): EndedExperiment {
  const launch = { start_at: settled_at - 1_000, metrics: [] };
  return { _id: `e${n}`, settled_at, launch, view: { outcome: n % 2 === 0 ? 'shipped' : 'stopped' } };
}

/** Experiments that ended, read as the store reads them; how many each read asked for. */
function setUp(experiments: EndedExperiment[]) {
  const reads: number[] = [];
  const insights = {
    ended({ from }: EndedFilter, limit: number) {
      reads.push(limit);
      const found = experiments
        .filter(({ settled_at }) => settled_at >= from)
        .sort((a, b) => a.settled_at - b.settled_at);
      return Promise.resolve(found.slice(0, limit));
    },
    decisions: () => Promise.resolve([]),
  };
  return { reads, all: new AllInsights({ insights } as never) };
}

it('years are read in rounds of a bounded number, and are not told before all of them are', async () => {
  const { all, reads } = setUp(Array.from({ length: 1_200 }, (_, n) => experiment(n, NOW - 1e9 + n)));
  await all.round(NOW);
  expect([all.isComplete, all.tally.ended]).toEqual([false, 500]);
  for (let round = 0; round < 3; round += 1) await all.round(NOW);
  expect([all.isComplete, all.tally.ended, all.tally.outcomes.get('shipped')]).toEqual([true, 1_200, 600]);
  expect(Math.max(...reads)).toBeLessThan(110);
  const before = reads.length;
  await all.round(NOW);
  expect(reads.length).toBe(before + 1);
});

it('ends are counted once, also those of one moment, and those that are stored late', async () => {
  const ended = [experiment(0, NOW - 5_000), experiment(2, NOW - 5_000), experiment(4, NOW - 1_000)];
  const { all } = setUp(ended);
  await all.round(NOW);
  expect(all.tally.ended).toBe(3);
  ended.push(experiment(6, NOW - 60_000), experiment(8, NOW + 100));
  for (let n = 1; n < 30; n += 1) await all.round(NOW + n * 10_000);
  expect(all.tally.ended).toBe(5);
});
