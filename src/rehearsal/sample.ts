import { KINDS } from '../metrics/kinds.js';
import { AT_ONCE, type Draws, type SimulatedArm, type SimulatedUnits } from '../metrics/simulated/arm.js';
import type { Metric } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { ExactMetric } from '../stats/input.js';

/** What is simulated of one metric in one epoch. Times in ms since the epoch (1970); they never go back. */
export interface Sample {
  arrive(variant: string, n: number, at: number): void;
  /** What the engine would count in a look at `now`. */
  measure(now: number): Measured;
  freeze(share: number): void;
}

interface Measured {
  arms: Record<string, ArmSums>;
  /** Only of metrics with a window: the matured days. */
  days: NonNullable<ExactMetric['days']>;
}

export interface SampleOptions {
  metric: Metric;
  control: string;
  /** By variant. */
  units: Readonly<Record<string, SimulatedUnits>>;
  /** The share beyond the threshold, where one is frozen already. */
  frozen: number | undefined;
}

export function sampleOf(options: SampleOptions, draws: Draws): Sample {
  return options.metric.window === undefined
    ? new GrowingSample(options, draws)
    : new MaturingSample(options, options.metric.window, draws);
}

/** A metric without a window: every unit counts from its first exposure on, and its value goes on growing. */
class GrowingSample implements Sample {
  private readonly arms: Record<string, { n: number; arm: SimulatedArm }>;

  constructor(
    private readonly options: SampleOptions,
    draws: Draws,
  ) {
    this.arms = mapValues(options.units, (_, variant) => ({ n: 0, arm: begun(options, variant, draws) }));
  }

  arrive(variant: string, n: number, at: number): void {
    const one = this.arms[variant]!;
    one.n += n;
    one.arm.arrive(n, at / DAY_MS);
  }

  measure(now: number): Measured {
    const arms = mapValues(this.arms, ({ n, arm }) => {
      arm.goOn(now / DAY_MS);
      return exactSums(n, arm.sums());
    });
    return { arms, days: [] };
  }

  freeze(share: number): void {
    for (const [variant, { arm }] of Object.entries(this.arms))
      arm.freeze?.(share, variant === this.options.control);
  }
}

/**
 * A metric with a window: units count day by day of first exposure, once the window has passed for all of that day. What
 * they have done by then is all that is ever counted of them, so it is drawn then, once.
 */
class MaturingSample implements Sample {
  /** Days that have not matured: units by variant. */
  private readonly waiting = new Map<number, Record<string, number>>();
  private readonly matured: { day: number; units: Record<string, { n: number; arm: SimulatedArm }> }[] = [];
  private counted: Measured;
  private frozen: number | undefined;

  constructor(
    private readonly options: SampleOptions,
    private readonly window: number,
    private readonly draws: Draws,
  ) {
    this.frozen = options.frozen;
    this.counted = { arms: exactOf(this.drawn(mapValues(options.units, () => 0))), days: [] };
  }

  arrive(variant: string, n: number, at: number): void {
    const day = Math.floor(at / DAY_MS);
    const units = this.waiting.get(day) ?? mapValues(this.options.units, () => 0);
    units[variant]! += n;
    this.waiting.set(day, units);
  }

  measure(now: number): Measured {
    for (const [day, units] of this.waiting) {
      if ((day + 1) * DAY_MS + this.window > now) continue;
      this.waiting.delete(day);
      const drawn = this.drawn(units);
      this.matured.push({ day, units: drawn });
      this.count(day, exactOf(drawn));
    }
    return this.counted;
  }

  freeze(share: number): void {
    this.frozen = share;
    this.counted = { arms: exactOf(this.drawn(mapValues(this.options.units, () => 0))), days: [] };
    for (const { day, units } of this.matured) {
      for (const [variant, { arm }] of Object.entries(units))
        arm.freeze?.(share, variant === this.options.control);
      this.count(day, exactOf(units));
    }
  }

  private count(day: number, arms: Record<string, ArmSums>): void {
    const { arms: before, days } = this.counted;
    this.counted = {
      arms: mapValues(before, (sums, variant) => added(sums, arms[variant]!)),
      days: [...days, { day, arms }],
    };
  }

  private drawn(units: Record<string, number>): Record<string, { n: number; arm: SimulatedArm }> {
    return mapValues(units, (n, variant) => {
      const arm = begun({ ...this.options, frozen: this.frozen }, variant, this.draws, true);
      if (n > 0) arm.arrive(n, 0);
      return { n, arm };
    });
  }
}

function begun(
  { metric, units, frozen }: SampleOptions,
  variant: string,
  draws: Draws,
  isComplete = false,
): SimulatedArm {
  const own = units[variant]!;
  const arm = KINDS[metric.kind].simulate(metric, isComplete ? { ...own, returns: AT_ONCE } : own, draws);
  if (frozen !== undefined) arm.freeze?.(frozen, false);
  return arm;
}

function exactOf(arms: Record<string, { n: number; arm: SimulatedArm }>): Record<string, ArmSums> {
  return mapValues(arms, ({ n, arm }) => exactSums(n, arm.sums()));
}

function exactSums(n: number, sums: Readonly<Record<string, number>>): ArmSums {
  const exact: Record<string, bigint> & { n: bigint } = { n: BigInt(n) };
  for (const name of Object.keys(sums)) exact[name] = BigInt(sums[name]!);
  return exact;
}

function added(a: ArmSums, b: ArmSums): ArmSums {
  return mapValues(a, (sum, name) => sum + b[name as 'n']) as ArmSums;
}

function mapValues<T, U>(
  from: Readonly<Record<string, T>>,
  of: (value: T, name: string) => U,
): Record<string, U> {
  const mapped: Record<string, U> = {};
  for (const name of Object.keys(from)) mapped[name] = of(from[name]!, name);
  return mapped;
}
