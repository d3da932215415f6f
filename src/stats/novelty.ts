export interface Novelty {
  /** Change of the difference per day, in the metric's unit. */
  slope: number;
  z: number;
  days: number;
}

/** The difference between two arms among the units first exposed on one day. */
export interface DailyDifference {
  day: number;
  difference: number;
  variance: number;
}

const FEWEST_DAYS = 3;

/**
 * Regression of the daily difference on the day, weighted by 1/variance; null with fewer than three days.
 * Source: Draper, Smith (1998), Applied Regression Analysis, § 9.2.
 */
export function noveltyOf(days: readonly DailyDifference[]): Novelty | null {
  const known = days.filter(({ variance }) => variance > 0);
  if (known.length < FEWEST_DAYS) return null;
  const weighted = (of: (daily: DailyDifference) => number): number =>
    known.reduce((sum, daily) => sum + of(daily) / daily.variance, 0);
  const weight = weighted(() => 1);
  const day = weighted((daily) => daily.day) / weight;
  const difference = weighted((daily) => daily.difference) / weight;
  const spread = weighted((daily) => (daily.day - day) ** 2);
  const together = weighted((daily) => (daily.day - day) * (daily.difference - difference));
  if (spread === 0) return null;
  return { slope: together / spread, z: together / Math.sqrt(spread), days: known.length };
}
