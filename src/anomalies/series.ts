import type { SeriesName, WatchBaseline, WatchState } from '../model/anomaly.js';
import {
  LEAST_EARLIER,
  SENSITIVITY,
  walk,
  type Sensitivity,
  type Watch,
  type WatchedPoint,
} from './detect.js';
import { LAGS, LEAST_LAGS, LOOKBACK_MS, WINDOWS_MS } from './reach.js';
import { seriesOf, type Series, type WatchedArms } from './series-list.js';
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

/** Every series of an experiment, held against what is usual for it: long windows see what is too small for short ones. */
export function watchedSeries(
  minutes: Minutes,
  watching: Watching,
  sensitivity: Sensitivity = SENSITIVITY,
): WatchedSeries[] {
  const lengths = WINDOWS_MS.map((length) => new Windows(minutes, watching, length));
  return seriesOf(watching).map((series) => {
    const found = lengths.map((windows) => windows.watch(series, sensitivity));
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
  private readonly earlier = new Map<number, Window>();

  constructor(
    private readonly minutes: Minutes,
    private readonly watching: Watching,
    private readonly length: number,
  ) {
    const end = Math.floor(watching.until / length) * length;
    const first = minutes.firstAfter(end - LOOKBACK_MS);
    const from = first === null ? end : Math.ceil(first / length) * length;
    const count = Math.max(0, (end - from) / length);
    this.windows = Array.from({ length: count }, (_, n) => minutes.window(from + n * length, length));
  }

  watch(series: Series, sensitivity: Sensitivity): WatchedSeries {
    const { kind, metric_id, variant } = series;
    const name: SeriesName = {
      kind,
      ...(metric_id !== undefined && { metric_id }),
      ...(variant !== undefined && { variant }),
    };
    const { baseline, points, since } = this.walked(series, sensitivity);
    const state = points.at(-1)?.state ?? 'too_little_data';
    return { ...name, state, since, window: this.length, baseline, points };
  }

  private walked(
    series: Series,
    sensitivity: Sensitivity,
  ): { baseline: WatchBaseline; points: WatchedPoint[]; since: number | null } {
    const least_effect = LEAST[series.kind];
    const recent = { baseline: 'recent' as const };
    switch (series.reads) {
      case 'level': {
        const { shape, count } = series;
        const { baseline, points } = this.levels(count);
        const watch =
          baseline === 'recent'
            ? {
                ...{ shape, points, most_earlier: LEAST_EARLIER },
                least_effect: Math.max(least_effect, series.kind === 'gap' ? 0 : LEAST_BY_DAY),
              }
            : { shape, points, least_effect };
        return { baseline, ...walk(watch, sensitivity) };
      }
      case 'share': {
        const { shape, share, only_more } = series;
        const points = this.steady(share);
        return { ...recent, ...walk({ shape, least_effect, only_more, points }, sensitivity) };
      }
      case 'mean':
        return {
          ...recent,
          ...walk({ shape: MEAN, least_effect, points: this.steady(series.mean) }, sensitivity),
        };
    }
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
