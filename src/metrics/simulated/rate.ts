import { meanOf } from './activity.js';
import { lifted, type Draws, type Returns, type SimulatedArm, type SimulatedUnits } from './arm.js';

/**
 * Units that have done something or not. Events come as a Poisson process: with the intensity η at the first exposure and
 * r·η on each later day. Then all units without an event are alike, however long they have been there, and the number of
 * those that get one is binomial: what is drawn is exactly what so many units would do. η is such that the share at the
 * planned end is the lifted value. Units that differ in η, as real ones do, have their events a little earlier.
 */
export class SimulatedRate implements SimulatedArm {
  private n = 0;
  private successes = 0;
  private now = 0;
  private readonly intensity: number;

  constructor(
    private readonly name: string,
    private readonly units: SimulatedUnits,
    private readonly draws: Draws,
  ) {
    this.intensity = intensityOf(lifted(units), units.returns);
  }

  arrive(n: number, at: number): void {
    this.goOn(at);
    this.n += n;
    this.successes += this.draws.binomial(n, shareAt(this.intensity));
  }

  goOn(at: number): void {
    const visits = this.units.returns.per_day * (at - this.now);
    this.now = at;
    if (visits === 0) return;
    this.successes += this.draws.binomial(this.n - this.successes, shareAt(this.intensity * visits));
  }

  sums(): Record<string, number> {
    return { [this.name]: this.successes };
  }
}

/** The share with at least one event where `expected` are expected. */
function shareAt(expected: number): number {
  return -Math.expm1(-expected);
}

/** η such that `share` of the units have an event at the planned end: by bisection. */
function intensityOf(share: number, { per_day, ages }: Returns): number {
  if (share <= 0) return 0;
  if (share >= 1) return Infinity;
  const most = -Math.log1p(-share);
  if (per_day === 0) return most;
  let [low, high] = [0, most];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (meanOf(ages, (age) => shareAt(middle * (1 + per_day * age))) < share) low = middle;
    else high = middle;
  }
  return high;
}
