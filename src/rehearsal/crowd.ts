import type { Look } from '../lifecycle/look.js';
import { SLOTS } from '../assignment/hash.js';
import { laterEpochs } from '../lifecycle/guardrails.js';
import { type Plan } from '../lifecycle/plan.js';
import { exactInputOf, type MeasuredSums } from '../metrics/analyze-input.js';
import { evidenceForExact } from '../metrics/evidence-for.js';
import type { Baseline, SimulatedUnits } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { marginOf } from '../model/policy.js';
import { DAY_MS } from '../model/time.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { Random } from './random.js';

/** What a run simulates: the plan of an experiment, and how its users behave. */
export interface Simulation {
  launch: Launch;
  units_per_day: number;
  baselines: Record<string, Required<Baseline>>;
  /** Relative change of each metric in every treatment; 0 if it is not named. */
  lifts: Record<string, number>;
}

/** What is served: how many slots each variant has, at which revision. */
export interface Served {
  revision: number;
  epoch: number;
  slots: Record<string, number>;
}

/** The sums of one metric in one arm, by name and without `n`. */
type DrawnSums = Record<string, number>;

/** The units exposed so far, as sums of the present epoch. */
export class Crowd {
  private epoch = 0;
  /** By variant. */
  private unitsOf: Record<string, number> = {};
  /** By metric and variant. */
  private sums: Record<string, Record<string, DrawnSums>> = {};
  private readonly variants: string[];
  /** What the units of each variant do, by metric. */
  private readonly behaviour: Record<string, Record<string, SimulatedUnits>>;

  constructor(
    private readonly simulation: Simulation,
    private readonly plan: Plan,
    private readonly random: Random,
  ) {
    this.variants = plan.arms.map((arm) => arm.variant);
    this.behaviour = this.ofArms((variant) =>
      Object.fromEntries(
        simulation.launch.metrics.map((planned) => [
          planned.metric.metric_id,
          behaviourOf(simulation, planned, variant),
        ]),
      ),
    );
    this.begin();
  }

  private begin(): void {
    this.unitsOf = this.ofArms(() => 0);
    this.sums = Object.fromEntries(
      this.simulation.launch.metrics.map(({ metric: { metric_id, kind } }) => {
        const names = Object.keys(KINDS[kind].estimator.sums);
        return [metric_id, this.ofArms(() => Object.fromEntries(names.map((name) => [name, 0])))];
      }),
    );
  }

  private ofArms<T>(of: (variant: string) => T): Record<string, T> {
    return Object.fromEntries(this.variants.map((variant) => [variant, of(variant)]));
  }

  units(): number {
    return this.variants.reduce((sum, variant) => sum + this.unitsOf[variant]!, 0);
  }

  /** Adds the units that arrive within `ms`, split by the slots of the present allocation. */
  arrive({ epoch, slots }: Served, ms: number): void {
    this.follow(epoch);
    const { launch, units_per_day } = this.simulation;
    for (const variant of this.variants) {
      const n = this.random.poisson((units_per_day * ms * (slots[variant] ?? 0)) / DAY_MS / SLOTS);
      if (n === 0) continue;
      this.unitsOf[variant]! += n;
      for (const { metric } of launch.metrics) this.draw(n, metric, variant);
    }
  }

  /** Adds the sums of one metric over `n` new units. */
  private draw(n: number, metric: Metric, variant: string): void {
    const { metric_id, kind } = metric;
    const drawn = KINDS[kind].simulate(n, metric, this.behaviour[variant]![metric_id]!, this.random);
    const sums = this.sums[metric_id]![variant]!;
    for (const name of Object.keys(drawn)) sums[name]! += drawn[name]!;
  }

  look(served: Served, now: number): Look {
    this.follow(served.epoch);
    const input = exactInputOf(
      this.simulation.launch,
      this.measured(),
      served.slots,
      served.epoch === 0 ? {} : { later_epochs: laterEpochs(this.plan) },
    );
    return {
      snapshot_id: '',
      at: now,
      revision: served.revision,
      epoch: served.epoch,
      units: Object.fromEntries(
        Object.keys(input.allocation).map((variant) => [variant, this.unitsOf[variant]!]),
      ),
      ...evidenceForExact(this.plan, input, { bayes: false }),
      running_p: {},
      quantiles: {},
      crossed_over: 0,
      last_event_at: now,
      backlog_ms: 0,
      folded_until: now,
      stale_guardrails: [],
      silent_guardrails: [],
      flag_enabled: true,
      freezes: [],
    };
  }

  private measured(): MeasuredSums {
    const units = this.ofArms((variant) => BigInt(this.unitsOf[variant]!));
    const metrics = Object.entries(this.sums).map(([metric_id, arms]) => [
      metric_id,
      this.ofArms((variant) => exactSums(units[variant]!, arms[variant]!)),
    ]);
    return { units, metrics: Object.fromEntries(metrics) as MeasuredSums['metrics'], days: {} };
  }

  /** A new epoch starts without units. */
  private follow(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.begin();
  }
}

function behaviourOf(
  { launch, baselines, lifts }: Simulation,
  { role, metric: { metric_id } }: Launch['metrics'][number],
  variant: string,
): SimulatedUnits {
  const baseline = baselines[metric_id]!;
  if (variant === launch.control) return { ...baseline, lift: 0, margin: 0 };
  const margin = role === 'guardrail' ? marginOf(launch.policy, metric_id) : 0;
  return { ...baseline, lift: lifts[metric_id] ?? 0, margin };
}

function exactSums(n: bigint, drawn: DrawnSums): ArmSums {
  const sums: Record<string, bigint> & { n: bigint } = { n };
  for (const name of Object.keys(drawn)) sums[name] = BigInt(drawn[name]!);
  return sums;
}
