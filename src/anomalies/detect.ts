import type { WatchState } from '../model/anomaly.js';
import { HOUR_MS } from '../model/time.js';
import { median, type Shape } from './shapes.js';

/**
 * A window is unusual so many standard deviations away, of what moved the earlier windows or of counting, whichever is more.
 * Chosen by `npm run bench:anomalies`.
 */
export const DEVIATIONS = 4;

/** Earlier windows that a window is held against, at most and at least. */
const MOST_EARLIER = 36;
export const LEAST_EARLIER = 12;
/** A new level that has lasted so long is the usual one from then on, ms. */
export const ACCEPTED_AFTER_MS = 6 * HOUR_MS;
/** Makes of a median absolute deviation a standard deviation, of values that are normal. */
const TO_SIGMA = 1.4826;

export interface Watch<Point> {
  shape: Shape<Point>;
  /** The least effect that is worth an alarm, however certain it is; as the shape measures it. */
  least_effect: number;
  /** So many earlier windows are enough, where a series goes up and down with the day and nothing is known of other days. */
  most_earlier?: number;
  /** Whether only more than usual is unusual. */
  only_more?: boolean;
  /** So many unusual windows in a row, on the same side, are an alarm. */
  in_a_row: number;
  /** The windows in their order, without gaps. */
  points: readonly { at: number; point: Point; fresh: boolean }[];
}

/** One window as it is shown. */
export interface WatchedPoint {
  at: number;
  value: number | null;
  /** Null where nothing is known to be usual. */
  expected: number | null;
  /** In standard deviations; null where there was too little to say. */
  deviation: number | null;
  state: WatchState;
}

/**
 * Walks through the windows of a series. A window is held against those before it that were usual, so what is unusual does
 * not become the measure of itself. An alarm is over when as many windows in a row were usual as it took to raise it, or
 * when the new level has become the usual one.
 *
 * @param watch.points `fresh` of the first window after something that moves the level by itself: nothing before it counts
 * @param deviations how many standard deviations away a window is unusual
 */
export function walk<Point>(
  watch: Watch<Point>,
  deviations = DEVIATIONS,
): { points: WatchedPoint[]; since: number | null } {
  const walker = new Walker(watch, deviations);
  return { points: watch.points.map((one) => walker.take(one)), since: walker.since };
}

const NOTHING_OUTSIDE = { sign: 0, from: null, points: [] };

class Walker<Point> {
  /** When the alarm began, ms since the epoch; null without one. */
  since: number | null = null;
  private usual: Point[] = [];
  /** What was unusual in a row, or what came since an alarm began. */
  private outside: { sign: number; from: number | null; points: Point[] } = NOTHING_OUTSIDE;
  /** Windows of the alarm in a row that were usual. */
  private inside = 0;

  constructor(
    private readonly watch: Watch<Point>,
    private readonly deviations: number,
  ) {}

  take({ at, point, fresh }: Watch<Point>['points'][number]): WatchedPoint {
    const { shape, most_earlier = MOST_EARLIER } = this.watch;
    if (fresh) this.begin([]);
    else if (this.since !== null && at - this.since >= ACCEPTED_AFTER_MS) this.begin(this.outside.points);
    const deviation = deviationOf(shape, point, this.usual.slice(-most_earlier));
    const sign = deviation === null ? 0 : this.sideOf(deviation);
    if (sign !== 0) this.takeUnusual(at, point, sign);
    else this.takeUsual(point, deviation !== null);
    return {
      at,
      value: shape.value(point),
      expected: deviation?.expected ?? null,
      deviation: deviation?.sigmas ?? null,
      state: this.stateNow(deviation !== null),
    };
  }

  private begin(usual: Point[]): void {
    [this.usual, this.outside, this.inside, this.since] = [usual, NOTHING_OUTSIDE, 0, null];
  }

  /** 1 of more than usual, −1 of less, 0 of what is usual. */
  private sideOf({ sigmas, effect }: Deviation): number {
    const { least_effect, only_more = false } = this.watch;
    const isUnusual = Math.abs(sigmas) >= this.deviations && Math.abs(effect) >= least_effect;
    return isUnusual && (sigmas > 0 || !only_more) ? Math.sign(sigmas) : 0;
  }

  private takeUnusual(at: number, point: Point, sign: number): void {
    const isOtherSide = sign !== this.outside.sign && this.since === null;
    const before = isOtherSide ? NOTHING_OUTSIDE : this.outside;
    this.outside = { sign, from: before.from ?? at, points: [...before.points, point] };
    this.inside = 0;
    if (this.outside.points.length >= this.watch.in_a_row) this.since ??= this.outside.from;
  }

  /** @param isSeen false of a window that there is too little of to say anything: it ends no alarm */
  private takeUsual(point: Point, isSeen: boolean): void {
    if (isSeen) this.inside += 1;
    if (this.since !== null && this.inside < this.watch.in_a_row) {
      this.outside = { ...this.outside, points: [...this.outside.points, point] };
      return;
    }
    [this.outside, this.inside, this.since] = [NOTHING_OUTSIDE, 0, null];
    this.usual.push(point);
  }

  private stateNow(isSeen: boolean): WatchState {
    if (this.since !== null) return 'alarm';
    if (!isSeen) return 'too_little_data';
    return this.outside.from === null ? 'usual' : 'unusual';
  }
}

interface Deviation {
  sigmas: number;
  effect: number;
  expected: number;
}

/** Null where the earlier windows, or this one, have too little in them. */
function deviationOf<Point>(shape: Shape<Point>, point: Point, earlier: readonly Point[]): Deviation | null {
  if (earlier.length < LEAST_EARLIER) return null;
  const center = shape.center(earlier);
  if (center === null || !Number.isFinite(center) || !shape.suffices(point, center)) return null;
  const like = earlier.filter((one) => shape.suffices(one, center));
  if (like.length < LEAST_EARLIER) return null;
  const spread = median(like.map((one) => Math.abs(shape.deviation(one, center))));
  const sigmas = shape.deviation(point, center) / Math.max(1, TO_SIGMA * (spread ?? 0));
  return { sigmas, effect: shape.effect(point, center), expected: shape.expected(point, center) };
}
