import type { Returns } from './arm.js';

/**
 * How far the units of an arm have come. A unit that is t days in the experiment has g(t) = (1 + r·t)/(1 + r·Ā) of what
 * a unit has on average at the planned end: one visit with its first exposure, r on each later day, Ā the mean age at the
 * end. g is linear in t, so Σg and Σg² over all units follow from Σ1, Σt and Σt² of the first exposures.
 */
export class Activity {
  n = 0;
  private now = 0;
  private sumOfStarts = 0;
  private squaresOfStarts = 0;
  private readonly atTheEnd: number;

  constructor(private readonly returns: Returns) {
    const { per_day, ages } = returns;
    this.atTheEnd = meanOf(ages, (age) => 1 + per_day * age);
  }

  arrive(n: number, at: number): void {
    this.now = at;
    this.n += n;
    this.sumOfStarts += n * at;
    this.squaresOfStarts += n * at * at;
  }

  goOn(at: number): void {
    this.now = at;
  }

  /** Σg over the units. */
  total(): number {
    return this.weigh(this.n, this.sumOfStarts);
  }

  /** Σg² over the units. */
  squares(): number {
    const { returns, now, atTheEnd } = this;
    const [r, visits] = [returns.per_day, 1 + returns.per_day * now];
    const sum = this.n * visits * visits - 2 * r * visits * this.sumOfStarts + r * r * this.squaresOfStarts;
    return sum / (atTheEnd * atTheEnd);
  }

  /** Σg·u over units with values u, from Σu and Σ(first exposure)·u. */
  weigh(values: number, valuesByStart: number): number {
    const r = this.returns.per_day;
    return (values * (1 + r * this.now) - r * valuesByStart) / this.atTheEnd;
  }
}

/** The mean of g² at the planned end, where the mean of g is 1. */
export function squaredActivity({ per_day, ages }: Returns): number {
  const mean = meanOf(ages, (age) => 1 + per_day * age);
  return meanOf(ages, (age) => (1 + per_day * age) ** 2) / (mean * mean);
}

export function meanOf(ages: readonly number[], of: (age: number) => number): number {
  return ages.reduce((sum, age) => sum + of(age), 0) / ages.length;
}
