import { wideInput, wideLimits, type Look } from '../lifecycle/look.js';
import type { Plan } from '../lifecycle/plan.js';
import { SLOTS } from '../assignment/hash.js';
import type { Launch } from '../model/launch.js';
import { marginOf } from '../model/policy.js';
import { evidenceOf } from '../stats/analyze.js';
import type { AnalyzeInput, Checked } from '../stats/input.js';
import type { Random } from './random.js';
import { addUnits, armSums, noSums, type Baseline, type Sums } from './users.js';

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

const DAY_MS = 86_400_000;

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
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      this.begin();
    }
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
    const checked = this.checked(served);
    const { input } = checked;
    const wide = wideInput(this.plan, input);
    const primaries = new Set(wide.metrics.map((metric) => metric.metric_id));
    const metrics = checked.metrics.filter((_, index) => primaries.has(input.metrics[index]!.metric_id));
    return {
      snapshot_id: '',
      at: now,
      revision: served.revision,
      epoch: served.epoch,
      units: Object.fromEntries(
        Object.keys(input.allocation).map((variant) => [variant, this.sums[0]![variant]!.n]),
      ),
      evidence: evidenceOf(checked, { bayes: false }),
      wide: wideLimits(evidenceOf({ ...checked, input: wide, metrics }, { bayes: false })),
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

  private checked({ slots, epoch }: Served): Checked {
    const { launch } = this.world;
    const present = this.variants.filter((variant) => (slots[variant] ?? 0) > 0);
    const pick = <T>(of: (variant: string) => T): Record<string, T> =>
      Object.fromEntries(present.map((variant) => [variant, of(variant)]));
    if (epoch !== this.epoch) {
      this.epoch = epoch;
      this.begin();
    }
    const metrics = launch.metrics.map(({ metric }, index) => ({
      sums: pick((variant) => armSums(metric, this.sums[index]![variant]!)),
      days: [],
      strata: [],
    }));
    const { policy } = launch;
    const input: AnalyzeInput = {
      control: launch.control,
      allocation: pick((variant) => slots[variant]!),
      planned_units: launch.planned_units,
      alpha: { ...policy.alpha, guardrail: policy.guardrails.alpha },
      metrics: launch.metrics.map(({ role, metric: { metric_id, kind, direction, scale } }) => ({
        metric_id,
        role,
        kind,
        direction,
        scale,
        ...(role === 'guardrail' && { margin: marginOf(policy, metric_id) }),
        arms: {},
      })),
    };
    const units = pick((variant) => BigInt(this.sums[0]![variant]!.n));
    return { input, metrics, units };
  }
}
