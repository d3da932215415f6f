import type { SeriesName, WatchBaseline, WatchState } from '../model/anomaly.js';
import { HOUR_MS } from '../model/time.js';
import { DEVIATIONS, LEAST_EARLIER, walk, type Watch, type WatchedPoint } from './detect.js';
import { LAGS, LEAST_LAGS, WINDOWS, type WindowLength } from './reach.js';
import { seriesOf, type LevelSeries, type Series, type WatchedArms } from './series-list.js';
import { MEAN, median, type Level } from './shapes.js';
import type { Minutes, Window } from './windows.js';

/** What is watched of an experiment. */
export interface Watching extends WatchedArms {
  /** When the allocation changed: what all arms do together moves with it. Ms since the epoch. */
  changes: readonly number[];
  /** Nothing changes before this moment any more, ms since the epoch. */
  until: number;
}

/** One series as it stands. */
export interface WatchedSeries extends SeriesName {
  state: WatchState;
  /** Of the alarm: beginning of its first window, ms since the epoch; null without one. */
  since: number | null;
  /** Length of a window, ms. */
  window: number;
  baseline: WatchBaseline;
  /** The windows, oldest first. */
  points: WatchedPoint[];
}

/** The least effects that are worth an alarm. Those of levels, arms and means are factors, those of flaws differences of shares. */
const LEAST = {
  traffic: Math.log(1.5),
  share: Math.log(1.3),
  gap: 0,
  events: Math.log(2),
  events_share: Math.log(1.5),
  values: Math.log(1.25),
  values_ratio: Math.log(1.25),
  late: 0.1,
  duplicates: 0.1,
  crossovers: 0.02,
} as const satisfies Record<SeriesName['kind'], number>;

/** Of levels where nothing is known of other days: as much comes and goes with the time of day. */
const LEAST_BY_DAY = Math.log(1.7);

/** How much it takes to raise an alarm; others than the product's are for measuring. */
export interface Sensitivity {
  deviations: number;
  windows: readonly WindowLength[];
}

const SENSITIVITY: Sensitivity = { deviations: DEVIATIONS, windows: WINDOWS };

/** Every series of an experiment, held against what is usual for it. */
export function watchedSeries(
  minutes: Minutes,
  watching: Watching,
  { deviations, windows }: Sensitivity = SENSITIVITY,
): WatchedSeries[] {
  const lengths = windows.map((one) => new Windows(minutes, watching, one, deviations));
  return seriesOf(watching).map((series) => {
    const found = lengths.map((one) => one.watch(series));
    return (
      found.find(({ state }) => state === 'alarm') ??
      found.find(({ state }) => state !== 'too_little_data') ??
      found[0]!
    );
  });
}

/** The windows of one length that are over. */
class Windows {
  private readonly windows: Window[];
  private readonly length: number;
  private readonly earlier = new Map<number, Window>();

  constructor(
    private readonly minutes: Minutes,
    private readonly watching: Watching,
    private readonly of: WindowLength,
    private readonly deviations: number,
  ) {
    const { length, lookback } = of;
    this.length = length;
    const end = Math.floor(watching.until / length) * length;
    const first = minutes.firstAfter(end - lookback);
    const from = first === null ? end : Math.ceil(first / length) * length;
    const count = Math.max(0, (end - from) / length);
    this.windows = Array.from({ length: count }, (_, n) => minutes.window(from + n * length, length));
  }

  watch(series: Series): WatchedSeries {
    const { kind, metric_id, variant } = series;
    const name: SeriesName = {
      kind,
      ...(metric_id !== undefined && { metric_id }),
      ...(variant !== undefined && { variant }),
    };
    const { baseline, points, since } = this.walked(series);
    const state = points.at(-1)?.state ?? 'too_little_data';
    return { ...name, state, since, window: this.length, baseline, points };
  }

  private walked(series: Series): {
    baseline: WatchBaseline;
    points: WatchedPoint[];
    since: number | null;
  } {
    const { in_a_row } = this.of;
    const least_effect = LEAST[series.kind];
    const recent = { baseline: 'recent' as const };
    switch (series.reads) {
      case 'level':
        return this.walkedLevels(series, least_effect);
      case 'share': {
        const { shape, share, only_more } = series;
        const watch = { shape, least_effect, only_more, in_a_row, points: this.steady(share) };
        return { ...recent, ...walk(watch, this.deviations) };
      }
      case 'mean': {
        const watch = { shape: MEAN, least_effect, in_a_row, points: this.steady(series.mean) };
        return { ...recent, ...walk(watch, this.deviations) };
      }
    }
  }

  private walkedLevels(
    { kind, shape, count }: LevelSeries,
    least_effect: number,
  ): { baseline: WatchBaseline; points: WatchedPoint[]; since: number | null } {
    const { in_a_row } = this.of;
    const { baseline, points } = this.levels(count);
    if (baseline !== 'recent')
      return { baseline, ...walk({ shape, points, least_effect, in_a_row }, this.deviations) };
    // What goes up and down with the day is like that of the last hour, and of no longer time: mornings would be alarms.
    if (kind !== 'gap' && this.length * LEAST_EARLIER > HOUR_MS) return { baseline, points: [], since: null };
    const least = kind === 'gap' ? least_effect : Math.max(least_effect, LEAST_BY_DAY);
    const watch = { shape, points, in_a_row, most_earlier: LEAST_EARLIER, least_effect: least };
    return { baseline, ...walk(watch, this.deviations) };
  }

  /** Arms against each other, and shares of all: no change of the allocation moves them within an epoch. */
  private steady<Point>(read: (window: Window) => Point): Watch<Point>['points'] {
    return this.windows.map((window) => ({ at: window.at, point: read(window), fresh: false }));
  }

  /** Each window with what it was at earlier times that are like it, where enough of those are known. */
  private levels(count: (window: Window) => number): {
    baseline: WatchBaseline;
    points: Watch<Level>['points'];
  } {
    for (const { baseline, ms } of LAGS) {
      const seasons = this.windows.map(({ at }) => this.seasonAt(at, ms, count));
      // The newest window and most of the others must have one, or the series would be watched by fits and starts.
      const known = seasons.filter((season) => season > 0).length;
      if ((seasons.at(-1) ?? 0) > 0 && known > 0.8 * seasons.length)
        return { baseline, points: this.withSeasons(count, seasons) };
    }
    return {
      baseline: 'recent',
      points: this.withSeasons(
        count,
        this.windows.map(() => 1),
      ),
    };
  }

  private withSeasons(count: (window: Window) => number, seasons: readonly number[]): Watch<Level>['points'] {
    return this.windows.map((window, index) => ({
      at: window.at,
      point: { count: count(window), season: seasons[index]! },
      fresh: this.isFresh(window),
    }));
  }

  private isFresh({ at }: Window): boolean {
    return this.watching.changes.some((change) => change > at - this.length && change < at + this.length);
  }

  /** What it was then, the windows around included, at the median of the earlier times; 0 where too few are known. */
  private seasonAt(at: number, lags: readonly number[], count: (window: Window) => number): number {
    const { length } = this;
    const known = lags.filter((lag) => this.minutes.isKnown(at - lag - length, at - lag + 2 * length));
    if (known.length < LEAST_LAGS) return 0;
    const counts = known.map((lag) => {
      const around = [-length, 0, length].map((shift) => count(this.earlierWindow(at - lag + shift)));
      return around.reduce((all, one) => all + one, 0) / around.length;
    });
    return median(counts)!;
  }

  private earlierWindow(at: number): Window {
    const known = this.earlier.get(at) ?? this.minutes.window(at, this.length);
    this.earlier.set(at, known);
    return known;
  }
}
