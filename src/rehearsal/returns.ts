import { AT_ONCE, type Returns } from '../metrics/simulated/arm.js';
import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';

/** Into so many stretches of time the plan is cut, and so many ages are kept. */
const STRETCHES = 400;
const AGES = 40;

/**
 * How units come back, and how long they will have been in the experiment at its end: the first exposures that are
 * expected under the policy's ramp, of units that come for the first time at an even rate and come back `per_day` times a
 * day. The end is the date, or the day on which the sample is expected to be complete.
 */
export function returnsOf(launch: Launch, units_per_day: number, per_day: number): Returns {
  if (per_day === 0) return AT_ONCE;
  const { policy, start_at, end_at, sample_size = Infinity } = launch;
  const days = (end_at - start_at) / DAY_MS;
  const stretch = days / STRETCHES;
  const exposed: number[] = [];
  let [coverage, waiting, total] = [0, 0, 0];
  for (let at = stretch / 2; at < days; at += stretch) {
    const covered = coverageAt(launch, at);
    waiting += (covered - coverage) * units_per_day * at;
    coverage = covered;
    const back = waiting * -Math.expm1(-per_day * stretch);
    waiting -= back;
    exposed.push(covered * units_per_day * stretch + back);
    total += exposed.at(-1)!;
    if (total >= sample_size && at * DAY_MS >= policy.min_duration) break;
  }
  return { per_day, ages: agesOf(exposed, stretch, total) };
}

/** Quantiles of the ages, which are equally likely. */
function agesOf(exposed: readonly number[], stretch: number, total: number): number[] {
  const ages: number[] = [];
  let before = 0;
  for (const [index, units] of exposed.entries()) {
    before += units;
    while (ages.length < AGES && before >= ((ages.length + 0.5) / AGES) * total) {
      ages.push((exposed.length - index - 0.5) * stretch);
    }
  }
  return ages.length > 0 ? ages : [0];
}

/** The share of the eligible units that the ramp enrols `at` days after the start, if no step is held up. */
function coverageAt({ policy: { ramp } }: Launch, at: number): number {
  let until = 0;
  for (const { coverage, min_dwell = 0 } of ramp.slice(0, -1)) {
    until += min_dwell / DAY_MS;
    if (at < until) return coverage / 100;
  }
  return ramp.at(-1)!.coverage / 100;
}
