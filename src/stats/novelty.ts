import type { ArmSums } from './arm-sums.js';
import type { Moments } from './estimators.js';
import type { ExactInput, ExactMetric } from './input.js';
import { divide, multiply, subtract, toNumber } from './rational.js';

export interface Novelty {
  /** Change of ln(m_T/m_C) per day. */
  slope: number;
  z: number;
  days: number;
}

/** ln(m_T/m_C) among the units first exposed on one day, and its variance. */
export interface DailyLift {
  day: number;
  log_ratio: number;
  variance: number;
}

const FEWEST_DAYS = 3;
/** With fewer units a day in an arm, their means say nothing. */
const UNITS_A_DAY = 100n;

/**
 * Whether the effect on newcomers changes from day to day. A lift and not a difference, because units of earlier days
 * may have had more time. The spread κ = s²/m² is that of all days together: each day's own, of skewed values, finds a
 * slope in .05 instead of .01 of constant lifts.
 */
export function novelty(input: ExactInput, metric: ExactMetric, variant: string): Novelty | null {
  const days = metric.awaits_threshold ? [] : metric.days!;
  const spread = [input.control, variant].map((arm) => relativeVariance(metric, days, arm));
  const [ofControl, ofTreatment] = spread;
  if (ofControl == null || ofTreatment == null) return null;
  return slopeOf(
    days.flatMap(({ day, arms }): DailyLift[] => {
      const [control, treatment] = [arms[input.control]!, arms[variant]!].map((arm) =>
        momentsOf(metric, arm),
      );
      const log_ratio = logRatio(control!, treatment!);
      if (log_ratio === null || control!.n < UNITS_A_DAY || treatment!.n < UNITS_A_DAY) return [];
      const variance = ofTreatment / Number(treatment!.n) + ofControl / Number(control!.n);
      return [{ day, log_ratio, variance }];
    }),
  );
}

function momentsOf({ statistics, scale }: ExactMetric, arm: ArmSums): Moments {
  return statistics.estimator.moments(arm, scale);
}

/** κ: the variance of one unit over the squared value, of an arm over all days; null if it has none. */
function relativeVariance(
  metric: ExactMetric,
  days: readonly { arms: Record<string, ArmSums> }[],
  variant: string,
): number | null {
  const names = ['n', ...Object.keys(metric.statistics.estimator.sums)];
  const whole = Object.fromEntries(
    names.map((name) => [name, days.reduce((sum, { arms }) => sum + arms[variant]![name]!, 0n)]),
  ) as ArmSums;
  const { n, value, variance } = momentsOf(metric, whole);
  if (!value || !variance || value.n === 0n) return null;
  return Number(n) * toNumber(divide(variance, multiply(value, value)));
}

/** ln(m_T/m_C); null unless both are of one sign. */
function logRatio({ value: control }: Moments, { value: treatment }: Moments): number | null {
  if (!control || !treatment || control.n * treatment.n <= 0n) return null;
  return Math.log1p(toNumber(divide(subtract(treatment, control), control)));
}

/**
 * Regression of the daily lift on the day, weighted by 1/variance; null with fewer than three days. Source: Draper,
 * Smith (1998), Applied Regression Analysis, § 9.2.
 */
export function slopeOf(days: readonly DailyLift[]): Novelty | null {
  const known = days.filter(({ variance }) => variance > 0);
  if (known.length < FEWEST_DAYS) return null;
  const weighted = (of: (daily: DailyLift) => number): number =>
    known.reduce((sum, daily) => sum + of(daily) / daily.variance, 0);
  const weight = weighted(() => 1);
  const day = weighted((daily) => daily.day) / weight;
  const lift = weighted((daily) => daily.log_ratio) / weight;
  const spread = weighted((daily) => (daily.day - day) ** 2);
  const together = weighted((daily) => (daily.day - day) * (daily.log_ratio - lift));
  if (spread === 0) return null;
  return { slope: together / spread, z: together / Math.sqrt(spread), days: known.length };
}
