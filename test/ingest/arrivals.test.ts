import { expect, it } from 'vitest';
import { Arrivals } from '../../src/ingest/arrivals.js';
import type { MinuteCounts } from '../../src/store/event-minutes.js';
import type { RecentEvent } from '../../src/store/recent-events.js';

const NOW = 30_000_000 * 60_000;
const event = (n: number): RecentEvent => ({ type: 'click', at: n, received_at: n, value: n });

function arrivals() {
  const minutes: [minute: number, counts: MinuteCounts][] = [];
  const slots = new Map<string, RecentEvent[]>();
  let isAway = false;
  let puts = 0;
  const log = new Arrivals({
    process_id: 'p',
    minutes: {
      add: (minute, counts) =>
        isAway ? Promise.reject(new Error('away')) : Promise.resolve(void minutes.push([minute, counts])),
    },
    recent: {
      put(id, events) {
        puts += 1;
        if (isAway) return Promise.reject(new Error('away'));
        slots.set(id, [...events]);
        return Promise.resolve();
      },
    },
  });
  return { log, minutes, slots, goAway: (away: boolean) => (isAway = away), puts: () => puts };
}

it('counts by minute, and writes nothing between', async () => {
  const { log, minutes } = arrivals();
  log.accept(['click', 'view', 'click'], NOW);
  log.reject(['too_old'], NOW + 59_000);
  log.drop(['property_personal'], NOW + 60_000);
  expect(minutes).toEqual([]);
  await log.flush();
  await log.flush();
  expect(minutes).toEqual([
    [30_000_000, { types: { click: 2, view: 1 }, other_types: 0, rejected: { too_old: 1 }, dropped: {} }],
    [30_000_001, { types: {}, other_types: 0, rejected: {}, dropped: { property_personal: 1 } }],
  ]);
});

it('tells so many types apart, and counts the rest together', async () => {
  const { log, minutes } = arrivals();
  log.accept(
    Array.from({ length: 300 }, (_, n) => `t${n}`),
    NOW,
  );
  log.accept(['t0', 't299'], NOW);
  await log.flush();
  const [, counts] = minutes[0]!;
  expect([Object.keys(counts.types).length, counts.types['t0'], counts.other_types]).toEqual([200, 2, 101]);
});

it('forgets older minutes while nothing can be written', async () => {
  const { log, minutes } = arrivals();
  for (let n = 0; n < 30; n += 1) log.accept(['click'], NOW + n * 60_000);
  await log.flush();
  expect(minutes.map(([minute]) => minute - 30_000_000)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
});

it('remembers the last events in a few documents, which it fills one after the other', async () => {
  const { log, slots } = arrivals();
  for (let n = 0; n < 1_300; n += 1) {
    log.remember([event(n)]);
    if (n % 10 === 9) await log.flush();
  }
  const all = [...slots.values()].flat().map(({ value }) => value);
  expect([...slots.keys()].sort()).toEqual(['p:0', 'p:1', 'p:2', 'p:3']);
  // The one that is being filled began anew.
  expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, n) => n + 500));
});

it('remembers a sample of what comes in between two writes', async () => {
  const { log, slots } = arrivals();
  log.remember(Array.from({ length: 5_000 }, (_, n) => event(n)));
  await log.flush();
  log.remember([event(9_000)]);
  await log.flush();
  const all = [...slots.values()].flat().map(({ value }) => value);
  expect(all).toEqual([...Array.from({ length: 250 }, (_, n) => n), 9_000]);
});

it('writes what it could not write before', async () => {
  const { log, slots, goAway, puts } = arrivals();
  log.remember([event(1)]);
  goAway(true);
  await expect(log.flush()).rejects.toThrow('away');
  goAway(false);
  await log.flush();
  expect([...slots.values()].flat()).toEqual([event(1)]);
  const before = puts();
  await log.flush();
  expect(puts()).toBe(before);
});
