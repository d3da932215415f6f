import type { WatchBaseline } from '../model/anomaly.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/time.js';

export interface WindowLength {
  /** Ms; divides the hour. */
  length: number;
  /** How far back the windows go that are held against one another, ms. */
  lookback: number;
  /** So many unusual windows in a row are an alarm. */
  in_a_row: number;
}

/** An alarm of any counts: long windows see what is too small for short ones, later. */
export const WINDOWS: readonly WindowLength[] = [
  { length: 5 * MINUTE_MS, lookback: 14 * HOUR_MS, in_a_row: 3 },
  { length: 20 * MINUTE_MS, lookback: 14 * HOUR_MS, in_a_row: 3 },
  { length: HOUR_MS, lookback: 20 * HOUR_MS, in_a_row: 2 },
];
const SHORTEST_MS = Math.min(...WINDOWS.map(({ length }) => length));
const LOOKBACK_MS = Math.max(...WINDOWS.map(({ lookback }) => lookback));
/** Earlier times that are like the present one, the better first: same day of the week, same time of day. */
export const LAGS: readonly { baseline: Exclude<WatchBaseline, 'recent'>; ms: readonly number[] }[] = [
  { baseline: 'week', ms: [7 * DAY_MS, 14 * DAY_MS, 21 * DAY_MS] },
  { baseline: 'day', ms: [DAY_MS, 2 * DAY_MS, 3 * DAY_MS] },
];
/** Of these earlier times so many must be known. */
export const LEAST_LAGS = 2;
/** Counts are kept so long: the longest lag, and how far back windows go from there. */
export const MINUTES_KEPT_MS = 23 * DAY_MS;
/** A window is over once everything received this long after it is folded: the clocks of processes differ. */
const SETTLE_MS = 30_000;

/** End of the last window in which nothing changes any more, ms since the epoch. @param folded_until everything received before is folded */
export function closedUntil(folded_until: number): number {
  return Math.floor((folded_until - SETTLE_MS) / SHORTEST_MS) * SHORTEST_MS;
}

/** Beginnings of the hours whose windows are held against one another, ms since the epoch. */
export function recentHours(until: number): number[] {
  return hoursBetween(until - LOOKBACK_MS, until);
}

/** Beginnings of the hours of earlier times that are like those, ms since the epoch. */
export function likeHours(until: number, lags: readonly number[]): number[] {
  const hours = lags.flatMap((lag) =>
    hoursBetween(until - LOOKBACK_MS - lag - HOUR_MS, until - lag + HOUR_MS),
  );
  return [...new Set(hours)];
}

/** Whether enough of these earlier times are known, from the first to the last window. @param hours that have counts */
export function reachBack(hours: readonly number[], until: number, lags: readonly number[]): boolean {
  const known = lags.filter((lag) =>
    hours.some((at) => at <= until - LOOKBACK_MS - lag && at > until - LOOKBACK_MS - lag - 2 * HOUR_MS),
  );
  return known.length >= LEAST_LAGS;
}

function hoursBetween(from: number, to: number): number[] {
  const first = Math.floor(from / HOUR_MS);
  return Array.from(
    { length: Math.max(0, Math.ceil(to / HOUR_MS) - first) },
    (_, n) => (first + n) * HOUR_MS,
  );
}
