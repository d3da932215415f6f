import { Activity } from './activity.js';
import type { Draws, Returns, SimulatedArm } from './arm.js';

/** Denominators (requests) of a simulated unit at the planned end: 5 in the mean, with twice the variance of a Poisson. */
const DENOMINATORS = { mean: 5, between: 5, within: 5 };

/** The part of `SimulatedUnits` that a ratio has. */
export interface RatioUnits {
  /** Y per D; null while it is not known what counts towards Y. */
  share: number | null;
  /** Variance of y − share·d of a unit at the planned end. */
  residual(share: number): number;
  /** The threshold of a quantile is frozen when this share of the control's D is beyond it. */
  shareWhenFrozen?: number;
  /** Nothing can be negative. */
  isCount: boolean;
  returns: Returns;
}

/**
 * Units that have D denominators each, and Y = share·D + chance. D adds up as the values of a mean do (`SimulatedMean`),
 * and Y's chance with it. The first moments are random; the second moments are those that are expected of units with
 * these sums, because the number of denominators is a guess anyway.
 */
export class SimulatedRatio implements SimulatedArm {
  private readonly activity: Activity;
  private share: number | null;
  private shared = 0;
  private sharedByStart = 0;
  private own = 0;
  private drawnActivity = 0;
  /** Σ(y − share·d), up to where Σg was when it was drawn. */
  private chance = 0;
  private drawnChance = 0;

  constructor(
    private readonly scale: number,
    private readonly units: RatioUnits,
    private readonly draws: Draws,
  ) {
    this.share = units.share;
    this.activity = new Activity(units.returns);
  }

  arrive(n: number, at: number): void {
    this.activity.arrive(n, at);
    const shared = Math.sqrt(n * DENOMINATORS.between) * this.draws.normal();
    this.shared += shared;
    this.sharedByStart += at * shared;
  }

  goOn(at: number): void {
    this.activity.goOn(at);
  }

  /** From now on so much of D counts towards Y. Of the control, it is known how much did so far. */
  count(share: number, isControl: boolean): void {
    this.share = share;
    this.chance = 0;
    this.drawnChance = 0;
    if (!isControl) return;
    this.chance = (this.units.shareWhenFrozen! - share) * this.denominators();
    this.drawnChance = this.activity.total();
  }

  sums(): Record<string, number> {
    const { activity, share, scale, units } = this;
    const { n } = activity;
    const total = activity.total();
    const sum_d = this.denominators();
    const [average, squared] = n === 0 ? [0, 0] : [total / n, activity.squares() / n];
    const { mean, between, within } = DENOMINATORS;
    const dd = n * (between * squared + within * average + mean * mean * Math.max(0, squared - average ** 2));
    const square = (a: number, b: number): number => (n === 0 ? 0 : (a / n) * b);
    const ofD = { sum_d, sum_dd: Math.ceil(dd + square(sum_d, sum_d)) };
    if (share === null) return ofD;
    const residual = units.residual(share);
    const grown = Math.max(0, total - this.drawnChance);
    if (grown > 0) this.chance += Math.sqrt(residual * grown) * this.draws.normal();
    this.drawnChance = Math.max(total, this.drawnChance);
    const y = share * sum_d + this.chance;
    const sum_y = Math.round((units.isCount ? Math.max(0, y) : y) * scale);
    const yy = (share * share * dd + residual * total) * scale * scale;
    return {
      ...ofD,
      sum_y,
      sum_yy: Math.ceil(yy + square(sum_y, sum_y)),
      sum_yd: Math.round(share * dd * scale + square(sum_y, sum_d)),
    };
  }

  private denominators(): number {
    const { activity } = this;
    const total = activity.total();
    const grown = Math.max(0, total - this.drawnActivity);
    if (grown > 0) this.own += Math.sqrt(DENOMINATORS.within * grown) * this.draws.normal();
    this.drawnActivity = Math.max(total, this.drawnActivity);
    const shared = activity.weigh(this.shared, this.sharedByStart);
    return Math.max(0, Math.round(DENOMINATORS.mean * total + shared + this.own));
  }
}

/**
 * Variance of y − share·d at the planned end: from the standard deviation of (y − share·d)/D̄ where it is known, else
 * that of d trials, or of a Poisson number where more than one comes with each denominator.
 */
export function residualOf(share: number, standard_deviation: number): number {
  const { mean } = DENOMINATORS;
  if (standard_deviation > 0) return (standard_deviation * mean) ** 2;
  const size = Math.abs(share);
  return mean * (size <= 1 && share >= 0 ? share * (1 - share) : size);
}
