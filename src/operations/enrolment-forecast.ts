import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';

/** What a forecast needs of a launch. */
export type Schedule = Pick<Launch, 'start_at' | 'end_at' | 'policy' | 'metrics'>;

/**
 * Units that count by the planned end, if every step of the ramp takes its dwell time and no longer.
 *
 * @param units_per_day eligible units that come each day
 */
export function expectedUnits(schedule: Schedule, units_per_day: number): number {
  const { start_at, end_at, policy } = schedule;
  return Math.floor(units_per_day * fullDays(policy.ramp, end_at - start_at - longestWindow(schedule)));
}

/** Days from the start until this many units count: they have come, and the window of the metric has passed. */
export function daysUntil(
  { policy }: Pick<Schedule, 'policy'>,
  units: number,
  units_per_day: number,
  window = 0,
): number {
  let [missing, days] = [units / units_per_day, window / DAY_MS];
  for (const { coverage, min_dwell = 0 } of policy.ramp.slice(0, -1)) {
    const [share, length] = [coverage / 100, min_dwell / DAY_MS];
    if (missing <= share * length) return days + missing / share;
    missing -= share * length;
    days += length;
  }
  return days + missing;
}

/** The days at full coverage that enrol as many units as the ramp does within `length` ms. */
function fullDays(ramp: Launch['policy']['ramp'], length: number): number {
  let [left, days] = [Math.max(0, length) / DAY_MS, 0];
  for (const [index, { coverage, min_dwell = 0 }] of ramp.entries()) {
    const step = index === ramp.length - 1 ? left : Math.min(left, min_dwell / DAY_MS);
    days += (step * coverage) / 100;
    left -= step;
  }
  return days;
}

/** Units of the last days before the end do not count where a primary has a window, ms. */
function longestWindow({ metrics }: Pick<Schedule, 'metrics'>): number {
  return Math.max(
    0,
    ...metrics.filter(({ role }) => role === 'primary').map(({ metric }) => metric.window ?? 0),
  );
}
