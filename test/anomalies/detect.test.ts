import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCEPTED_AFTER_MS, walk, type Watch } from '../../src/anomalies/detect.js';
import {
  LEVEL,
  MEAN,
  SHARE_OF_ARM,
  SHARE_OF_FLAWED,
  SILENCE,
  type Level,
} from '../../src/anomalies/shapes.js';
import { Random } from '../../src/rehearsal/random.js';

const MINUTES = 60_000;
const WINDOW = 5 * MINUTES;
const IN_A_ROW = 3;
const HALF_MORE = Math.log(1.5);

function levels(counts: readonly number[], seasons: readonly number[] = []): Watch<Level> {
  const points = counts.map((count, index) => ({
    at: index * WINDOW,
    point: { count, season: seasons[index] ?? 1 },
    fresh: false,
  }));
  return { shape: LEVEL, least_effect: HALF_MORE, in_a_row: IN_A_ROW, points };
}

const flat = (n: number, count = 100): number[] => Array<number>(n).fill(count);
const states = (watch: Parameters<typeof walk>[0]): string[] => walk(watch).points.map(({ state }) => state);

describe('a level', () => {
  it('says nothing before there is an hour of windows to hold it against', () => {
    expect(new Set(states(levels(flat(12))))).toEqual(new Set(['too_little_data']));
    expect(states(levels(flat(13))).at(-1)).toBe('usual');
  });

  it('says nothing where too few are expected, however many there are', () => {
    expect(states(levels([...flat(20, 3), 12])).at(-1)).toBe('too_little_data');
  });

  it('is an alarm after three unusual windows in a row, from the first of them on', () => {
    const counts = [...flat(20), 200, 200, 200];
    expect(states(levels(counts.slice(0, 21))).at(-1)).toBe('unusual');
    expect(states(levels(counts.slice(0, 22))).at(-1)).toBe('unusual');
    expect(walk(levels(counts))).toMatchObject({ since: 20 * WINDOW });
    expect(states(levels(counts)).at(-1)).toBe('alarm');
  });

  it('is no alarm where unusual windows are not in a row, or not on the same side', () => {
    expect(states(levels([...flat(20), 200, 200, 100, 200, 200]))).not.toContain('alarm');
    expect(states(levels([...flat(20), 200, 30, 200, 30, 200]))).not.toContain('alarm');
  });

  it('is usual again only after as many windows in a row as the alarm took', () => {
    const counts = [...flat(20), ...flat(5, 200), 100, 100, 200, 100, 100, 100];
    const seen = states(levels(counts));
    expect(seen.slice(25)).toEqual(['alarm', 'alarm', 'alarm', 'alarm', 'alarm', 'usual']);
    expect(walk(levels(counts)).since).toBeNull();
  });

  it('does not become the measure of itself, but is the usual one after six hours', () => {
    const lasts = ACCEPTED_AFTER_MS / WINDOW;
    const counts = [...flat(20), ...flat(lasts + 1, 200)];
    const seen = states(levels(counts));
    expect(seen.slice(22, 20 + lasts)).toEqual(Array(lasts - 2).fill('alarm'));
    expect(seen.at(-1)).toBe('usual');
  });

  it('begins anew where the allocation changed', () => {
    const watch = levels([...flat(20), ...flat(4, 500)]);
    const points = watch.points.map((one, index) => ({ ...one, fresh: index === 20 }));
    expect(states({ ...watch, points }).slice(20)).toEqual(Array(4).fill('too_little_data'));
  });

  it('follows the time of day where that is known', () => {
    const seasons = Array.from({ length: 30 }, (_, n) => 100 + (n > 20 ? (n - 20) * 60 : 0));
    const counts = seasons.map((season) => season / 2);
    expect(states(levels(counts, seasons))).not.toContain('unusual');
    expect(states(levels(counts))).toContain('alarm');
  });

  it('moves as far as it always did without being unusual', () => {
    const restless = Array.from({ length: 30 }, (_, n) => [60, 100, 170, 80, 140][n % 5]!);
    expect(states(levels([...restless, 170, 170, 170]))).not.toContain('alarm');
    expect(states(levels([...flat(30), 170, 170, 170]))).toContain('alarm');
  });

  it('has an alarm that does not end because nothing more is seen', () => {
    const watch = levels([...flat(20), ...flat(3, 200), 0, 0, 0, 0]);
    const points = watch.points.map((one, index) =>
      index > 22 ? { ...one, point: { ...one.point, season: 0 } } : one,
    );
    expect(states({ ...watch, points }).at(-1)).toBe('alarm');
  });
});

describe('chance alone', () => {
  it('hardly ever raises an alarm: counts of Poisson, shares and means', () => {
    const random = new Random(1);
    let alarms = 0;
    const windows = 20_000;
    const at = (index: number) => ({ at: index * WINDOW, fresh: false });
    const poisson = Array.from({ length: windows }, (_, index) => ({
      ...at(index),
      point: { count: random.poisson(40), season: 1 },
    }));
    const shares = Array.from({ length: windows }, (_, index) => {
      const of = random.poisson(60);
      return { ...at(index), point: { part: random.binomial(of, 0.5), of } };
    });
    for (const { state } of walk({ shape: LEVEL, least_effect: 0, in_a_row: IN_A_ROW, points: poisson })
      .points)
      if (state === 'alarm') alarms += 1;
    for (const { state } of walk({ shape: SHARE_OF_ARM, least_effect: 0, in_a_row: IN_A_ROW, points: shares })
      .points)
      if (state === 'alarm') alarms += 1;
    expect(alarms).toBe(0);
  });
});

describe('a share', () => {
  const shares = (parts: readonly number[], of = 200) =>
    parts.map((part, index) => ({ at: index * WINDOW, point: { part, of }, fresh: false }));

  it('of an arm is held against what it was, whatever the day brings to all', () => {
    const busy = shares(flat(20, 100)).concat(
      [300, 900, 40, 500].map((part, n) => ({
        ...{ at: (20 + n) * WINDOW, fresh: false },
        point: { part, of: 2 * part },
      })),
    );
    expect(
      states({ shape: SHARE_OF_ARM, least_effect: 0.1, in_a_row: IN_A_ROW, points: busy }),
    ).not.toContain('unusual');
    const fewer = shares([...flat(20, 100), 50, 50, 50]);
    expect(states({ shape: SHARE_OF_ARM, least_effect: 0.1, in_a_row: IN_A_ROW, points: fewer }).at(-1)).toBe(
      'alarm',
    );
  });

  it('of what is flawed is unusual only where there is more of it', () => {
    const watch = { shape: SHARE_OF_FLAWED, least_effect: 0.1, in_a_row: IN_A_ROW, only_more: true };
    expect(states({ ...watch, points: shares([...flat(20, 2), 60, 60, 60]) }).at(-1)).toBe('alarm');
    expect(states({ ...watch, points: shares([...flat(20, 60), 2, 2, 2]) })).not.toContain('unusual');
  });

  it('that is certain but small is none', () => {
    const points = shares([...flat(20, 10_000), 10_500, 10_500, 10_500], 20_000);
    expect(
      states({ shape: SHARE_OF_ARM, least_effect: Math.log(1.3), in_a_row: IN_A_ROW, points }),
    ).not.toContain('unusual');
  });
});

it('an arm is silent only where nothing at all comes of it', () => {
  const watch = (counts: readonly number[]) => ({ ...levels(counts), shape: SILENCE, least_effect: 0 });
  expect(states(watch([...flat(20), 0, 0, 0])).at(-1)).toBe('alarm');
  expect(states(watch([...flat(20), 1, 1, 1]))).not.toContain('unusual');
});

it('a mean of nothing, or of nothing but zeros, is no number, and breaks nothing', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          n: fc.nat({ max: 100 }),
          sum: fc.integer({ min: -100, max: 10_000 }),
          against: fc.option(fc.record({ n: fc.nat({ max: 100 }), sum: fc.integer({ min: -5, max: 999 }) })),
        }),
        { maxLength: 60 },
      ),
      (all) => {
        const points = all.map((point, index) => ({ at: index * WINDOW, point, fresh: false }));
        for (const { value, expected, deviation } of walk({
          shape: MEAN,
          least_effect: 0.2,
          in_a_row: IN_A_ROW,
          points,
        }).points)
          for (const number of [value, expected, deviation])
            expect(number === null || Number.isFinite(number)).toBe(true);
      },
    ),
  );
});

it('no series of counts makes numbers that are none, or an alarm of fewer windows than it takes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2_000 }), { maxLength: 120 }), (counts) => {
      const { points } = walk(levels(counts));
      expect(points).toHaveLength(counts.length);
      const first = points.findIndex(({ state }) => state === 'alarm');
      if (first < 0) return;
      const before = points.slice(first - IN_A_ROW + 1, first).map(({ state }) => state);
      expect(before).toEqual(Array(IN_A_ROW - 1).fill('unusual'));
      for (const { deviation } of points) expect(deviation === null || Number.isFinite(deviation)).toBe(true);
    }),
  );
});
