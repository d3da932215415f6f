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
 * Regression of the daily difference on the day, weighted by 1/variance; null with less than three days.
 * Source: Draper, Smith (1998), Applied Regression Analysis, § 9.2.
 */
export function noveltyOf(days: readonly DailyDifference[]): Novelty | null {
  const known = days.filter(({ variance }) => variance > 0);
  if (known.length < FEWEST_DAYS) return null;
  const weight = known.reduce((sum, { variance }) => sum + 1 / variance, 0);
  const mean = (of: (one: DailyDifference) => number): number =>
    known.reduce((sum, one) => sum + of(one) / one.variance, 0) / weight;
  const [day, difference] = [mean((one) => one.day), mean((one) => one.difference)];
  const spread = known.reduce((sum, one) => sum + (one.day - day) ** 2 / one.variance, 0);
  const together = known.reduce(
    (sum, one) => sum + ((one.day - day) * (one.difference - difference)) / one.variance,
    0,
  );
  if (spread === 0) return null;
  return { slope: together / spread, z: together / Math.sqrt(spread), days: known.length };
}
