import type { Look } from '../lifecycle/look.js';
import { SLOTS, type Plan } from '../lifecycle/plan.js';
import { exactInputOf, type MeasuredSums } from '../metrics/analyze-input.js';
import { evidenceForExact } from '../metrics/evidence-for.js';
import type { Launch } from '../model/launch.js';
import type { Random } from './random.js';
import { addUnits, armSums, noSums, type Baseline, type Sums } from './users.js';
import { DAY_MS } from '../model/time.js';

/** The world that a run takes place in. */
export interface World {
  launch: Launch;
  units_per_day: number;
  baselines: Record<string, Required<Baseline>>;
  /** Relative change of each metric in every treatment; 0 where it is not named. */
  lifts: Record<string, number>;
}

/** What is served: how many slots each variant has, at which revision. */
export interface Served {
  revision: number;
  epoch: number;
  slots: Record<string, number>;
}

/** The units exposed so far, as sums of the present epoch. */
export class Crowd {
  private epoch = 0;
  private sums: Record<string, Sums>[] = [];
  private readonly variants: string[];

  constructor(
    private readonly world: World,
    private readonly plan: Plan,
    private readonly random: Random,
  ) {
    this.variants = plan.arms.map((arm) => arm.variant);
    this.begin();
  }

  private begin(): void {
    this.sums = this.world.launch.metrics.map(() =>
      Object.fromEntries(this.variants.map((variant) => [variant, noSums()])),
    );
  }

  units(): number {
    return this.variants.reduce((sum, variant) => sum + this.sums[0]![variant]!.n, 0);
  }

  /** The newcomers of `ms`, split by the slots of the present allocation. */
  arrive({ epoch, slots }: Served, ms: number): void {
    this.follow(epoch);
    const { launch, baselines, lifts, units_per_day } = this.world;
    for (const variant of this.variants) {
      const n = this.random.poisson((units_per_day * ms * (slots[variant] ?? 0)) / DAY_MS / SLOTS);
      const isControl = variant === this.plan.control;
      launch.metrics.forEach((planned, index) => {
        const { metric_id } = planned.metric;
        const lift = isControl ? 0 : (lifts[metric_id] ?? 0);
        addUnits(
          this.sums[index]![variant]!,
          n,
          planned,
          baselines[metric_id]!,
          { lift, isControl },
          launch,
          this.random,
        );
      });
    }
  }

  look(served: Served, now: number): Look {
    this.follow(served.epoch);
    const input = exactInputOf(this.world.launch, this.measured(), served.slots);
    return {
      snapshot_id: '',
      at: now,
      revision: served.revision,
      epoch: served.epoch,
      units: Object.fromEntries(
        Object.keys(input.allocation).map((variant) => [variant, this.sums[0]![variant]!.n]),
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
    const of = <T>(from: (variant: string) => T): Record<string, T> =>
      Object.fromEntries(this.variants.map((variant) => [variant, from(variant)]));
    return {
      units: of((variant) => BigInt(this.sums[0]![variant]!.n)),
      metrics: Object.fromEntries(
        this.world.launch.metrics.map(({ metric }, index) => [
          metric.metric_id,
          of((variant) => armSums(metric, this.sums[index]![variant]!)),
        ]),
      ),
      days: {},
    };
  }

  /** A new epoch begins with nobody. */
  private follow(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.begin();
  }
}
