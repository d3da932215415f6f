import { describe, expect, it } from 'vitest';
import {
  closedUntil,
  LAGS,
  likeHours,
  MINUTES_KEPT_MS,
  reachBack,
  recentHours,
} from '../../src/anomalies/reach.js';
import { watchedSeries, type Watching } from '../../src/anomalies/series.js';
import { Minutes } from '../../src/anomalies/windows.js';
import { minutesId, type MinutesDocument, type StoredMinute } from '../../src/metrics/minutes.js';
import { DAY_MS } from '../../src/model/time.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNTIL = Date.UTC(2026, 2, 12, 12);
const WATCHING: Watching = {
  variants: ['control', 'treatment'],
  control: 'control',
  metrics: [
    { metric_id: 'errors', has_values: false },
    { metric_id: 'latency', has_values: true },
  ],
  changes: [],
  until: UNTIL,
};

/** One arm in a minute: 20 exposures, 10 errors, 40 requests of 0.2 s each. */
const STEADY: StoredMinute = {
  ...{ x: 20, e: 70 },
  g: { errors: { n: 10 }, latency: { n: 40, s: 8_000 } },
};

/** Counts of the hours before `UNTIL`, each minute and arm as `of` says; null for none. */
function counts(
  hours: number,
  of: (at: number, variant: string) => StoredMinute | null,
  until = UNTIL,
): MinutesDocument[] {
  return Array.from({ length: hours }, (_, n) => {
    const hour = until - (hours - n) * HOUR;
    const m = Object.fromEntries(
      Array.from({ length: 60 }, (__, minute) => [
        minute,
        Object.fromEntries(
          ['control', 'treatment'].flatMap((variant) => {
            const stored = of(hour + minute * MINUTE, variant);
            return stored ? [[variant, stored]] : [];
          }),
        ),
      ]),
    );
    return { _id: minutesId('e', 0, hour), m };
  });
}

function watched(documents: MinutesDocument[], more: Partial<Watching> = {}) {
  const minutes = new Minutes(documents, ['control', 'treatment'], ['errors', 'latency']);
  return watchedSeries(minutes, { ...WATCHING, ...more });
}

/** Which series are alarms, by kind, metric and variant. */
function alarms(documents: MinutesDocument[], more: Partial<Watching> = {}): string[] {
  return watched(documents, more)
    .filter(({ state }) => state === 'alarm')
    .map(({ kind, metric_id = '', variant = '' }) => `${kind} ${metric_id} ${variant}`.trim());
}

const last = (minutes: number, at: number): boolean => at >= UNTIL - minutes * MINUTE;
const times = (factor: number, of: keyof Omit<StoredMinute, 'g'>): StoredMinute => ({
  ...STEADY,
  [of]: (STEADY[of] ?? 0) * factor,
});

describe('what is watched', () => {
  it('is every series of an experiment, and each is usual where nothing changes', () => {
    const series = watched(counts(4, () => STEADY));
    expect(series.map(({ state }) => state)).toEqual(Array(series.length).fill('usual'));
    expect(new Set(series.map(({ kind }) => kind)).size).toBe(10);
  });

  it('is nothing where there is nothing, and that is said', () => {
    const series = watched([]);
    expect(series.length).toBeGreaterThan(0);
    expect(new Set(series.map(({ state }) => state))).toEqual(new Set(['too_little_data']));
  });

  it.each<[string, (at: number, variant: string) => StoredMinute | null, string[]]>([
    ['traffic of all arms', (at) => (last(20, at) ? times(0.3, 'x') : STEADY), ['traffic']],
    [
      'exposures of one arm',
      (at, variant) => (variant === 'treatment' && last(20, at) ? times(0.4, 'x') : STEADY),
      ['share  treatment'],
    ],
    [
      'errors of one arm',
      (at, variant) =>
        variant === 'treatment' && last(20, at)
          ? { ...STEADY, g: { ...STEADY.g, errors: { n: 40 } } }
          : STEADY,
      ['events errors', 'events_share errors treatment'],
    ],
    [
      'latency of one arm',
      (at, variant) =>
        variant === 'treatment' && last(20, at)
          ? { ...STEADY, g: { ...STEADY.g, latency: { n: 40, s: 16_000 } } }
          : STEADY,
      ['values latency', 'values_ratio latency treatment'],
    ],
    ['late events', (at) => (last(20, at) ? { ...STEADY, l: 30 } : STEADY), ['late']],
    ['duplicates', (at) => (last(20, at) ? { ...STEADY, d: 30 } : STEADY), ['duplicates']],
    ['crossovers', (at) => (last(20, at) ? { ...STEADY, c: 3 } : STEADY), ['crossovers']],
  ])('finds %s', (_, of, wanted) => {
    expect(alarms(counts(4, of))).toEqual(wanted);
  });

  it('finds an arm that fell silent', () => {
    const found = alarms(
      counts(4, (at, variant) => (variant === 'treatment' && last(20, at) ? null : STEADY)),
    );
    expect(found).toContain('gap  treatment');
    expect(found).not.toContain('gap  control');
  });

  it('compares nothing with a control that gets no units', () => {
    const series = watched(
      counts(4, () => STEADY),
      { variants: ['treatment'] },
    );
    expect(series.filter(({ kind }) => ['share', 'events_share', 'values_ratio'].includes(kind))).toEqual([]);
    expect(series.length).toBeGreaterThan(0);
  });

  it('takes a change of the allocation for the reason of what all arms do from then on, and not of more', () => {
    const jumped = counts(4, (at) => (last(30, at) ? times(3, 'x') : STEADY));
    expect(alarms(jumped)).toEqual(['traffic']);
    expect(alarms(jumped, { changes: [UNTIL - 30 * MINUTE] })).toEqual([]);
    const harmed = counts(4, (at, variant) =>
      last(30, at) && variant === 'treatment' ? { ...STEADY, g: { ...STEADY.g, errors: { n: 40 } } } : STEADY,
    );
    expect(alarms(harmed, { changes: [UNTIL - 30 * MINUTE] })).toEqual(['events_share errors treatment']);
  });

  it('looks at longer windows where there is little in short ones', () => {
    const little = watched(counts(10, (at) => (at % (2 * MINUTE) === 0 ? { x: 1, e: 2 } : null)));
    expect(little.find(({ kind }) => kind === 'late')).toMatchObject({ state: 'usual', window: 20 * MINUTE });
  });

  it('sees in hours what is too little for less', () => {
    const third: StoredMinute = { x: 1, e: 2, g: { errors: { n: 1 } } };
    const rare = (from: number) => (at: number, variant: string) => {
      const isBad = variant === 'treatment' && last(from, at);
      return at % (3 * MINUTE) === 0 || isBad ? third : { x: 1, e: 1 };
    };
    expect(alarms(counts(20, rare(0)))).toEqual([]);
    // An hour may be chance, two are an alarm.
    expect(alarms(counts(20, rare(60)))).toEqual([]);
    const found = watched(counts(20, rare(120))).filter(({ state }) => state === 'alarm');
    expect(found).toMatchObject([{ kind: 'events_share', metric_id: 'errors', window: HOUR }]);
  });

  it('holds traffic against that of the last hour where no earlier days are known: the day itself is no alarm', () => {
    // Too little in five minutes, and more with every hour.
    const morning = (at: number): StoredMinute => ({ x: Math.max(1, 7 - (UNTIL - at) / HOUR), e: 1 });
    const few = watched(counts(20, (at) => (at % (4 * MINUTE) === 0 ? morning(at) : null)));
    expect(few.find(({ kind }) => kind === 'traffic')).toMatchObject({ state: 'too_little_data' });
    expect(alarms(counts(20, (at) => ({ ...STEADY, ...morning(at) })))).toEqual([]);
  });
});

describe('the same time of earlier days and weeks', () => {
  /** Each day at noon, traffic is three times what it is at eleven. */
  const noon = (at: number): StoredMinute =>
    at % DAY_MS >= 11.5 * HOUR && at % DAY_MS < 14 * HOUR ? times(3, 'x') : STEADY;
  const atLags = (days: readonly number[], of = noon): MinutesDocument[] =>
    days.flatMap((day) => counts(18, of, UNTIL + 2 * HOUR - day * DAY_MS));

  it('are what traffic is held against, where there are any', () => {
    const today = counts(14, noon);
    expect(alarms(today)).toEqual(['traffic']);
    for (const [days, baseline] of [
      [[7, 14, 21], 'week'],
      [[1, 2, 3], 'day'],
    ] as const) {
      const series = watched([...atLags(days), ...today]).find(({ kind }) => kind === 'traffic');
      expect(series).toMatchObject({ state: 'usual', baseline });
    }
  });

  it('do not hide that what always comes does not come today', () => {
    const today = counts(14, () => STEADY);
    expect(alarms(today)).toEqual([]);
    expect(alarms([...atLags([7, 14, 21]), ...today])).toEqual(['traffic']);
  });

  it('are asked only where two of them are known', () => {
    const series = watched([...atLags([7]), ...counts(14, noon)]).find(({ kind }) => kind === 'traffic');
    expect(series).toMatchObject({ state: 'alarm', baseline: 'recent' });
  });
});

describe('what is read', () => {
  it('is bounded, and kept for as long as it is read', () => {
    const hours = [...recentHours(UNTIL), ...LAGS.flatMap(({ ms }) => likeHours(UNTIL, ms))];
    expect(hours.length).toBeLessThan(160);
    expect(Math.max(...hours)).toBeLessThan(UNTIL);
    expect(UNTIL - Math.min(...hours)).toBeLessThan(MINUTES_KEPT_MS);
  });

  it('does without days where two of the weeks are known for the whole time', () => {
    const [{ ms: weeks }] = LAGS as [(typeof LAGS)[number]];
    expect(reachBack(likeHours(UNTIL, weeks), UNTIL, weeks)).toBe(true);
    expect(reachBack(likeHours(UNTIL, weeks.slice(0, 1)), UNTIL, weeks)).toBe(false);
    const second = likeHours(UNTIL, weeks.slice(1, 2)).slice(8);
    expect(reachBack([...likeHours(UNTIL, weeks.slice(0, 1)), ...second], UNTIL, weeks)).toBe(false);
  });

  it('are windows that are over: nothing that is folded later changes them', () => {
    expect(closedUntil(UNTIL)).toBe(UNTIL - 5 * MINUTE);
    expect(closedUntil(UNTIL + 30_000)).toBe(UNTIL);
  });
});
