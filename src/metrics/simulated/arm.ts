/** Random numbers for a simulation. */
export interface Draws {
  normal(): number;
  binomial(n: number, p: number): number;
  chiSquare(df: number): number;
}

/** How units come back after their first exposure. */
export interface Returns {
  /** Visits of a unit on each later day, for each visit that the first exposure is. 0: it does everything at once. */
  per_day: number;
  /** How long units have been in the experiment at its planned end, days: a sample of equally likely ages. */
  ages: readonly number[];
}

/** Units whose whole value is there with the first exposure, or once their window has passed. */
export const AT_ONCE: Returns = { per_day: 0, ages: [0] };

/** What simulated units of one arm do: a `Baseline`, and what becomes of it. */
export interface SimulatedUnits {
  value: number;
  standard_deviation: number;
  correlation: number;
  /** Change of the value, relative to its size: +0.1 takes −10 to −9. */
  lift: number;
  /** As in `ArmContext`. */
  margin: number;
  returns: Returns;
}

/**
 * The units of one arm as sums, which change while time passes. Times are days since any one moment; they never go back.
 * Sums are integers as doubles; sums of squares and products belong together as those of real units do.
 */
export interface SimulatedArm {
  /** `n` units have their first exposure. */
  arrive(n: number, at: number): void;
  /** The units so far go on doing what they do. */
  goOn(at: number): void;
  /** The sums without `n`, by name; without those that need a threshold while there is none. */
  sums(): Readonly<Record<string, number>>;
  /**
   * Only for kinds with a threshold: it is frozen now.
   *
   * @param share of the control's requests that will be slower, in the long run
   * @param isControl the control's own requests so far are what it was frozen from
   */
  freeze?(share: number, isControl: boolean): void;
}

/** The value with the treatment. */
export function lifted({ value, lift }: Pick<SimulatedUnits, 'value' | 'lift'>): number {
  return value + Math.abs(value) * lift;
}
