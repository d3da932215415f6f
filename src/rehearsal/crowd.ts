import type { Look } from '../lifecycle/look.js';
import { SLOTS } from '../assignment/hash.js';
import { laterEpochs } from '../lifecycle/guardrails.js';
import { type Plan } from '../lifecycle/plan.js';
import { exactInputOf, type MeasuredSums } from '../metrics/analyze-input.js';
import { evidenceForExact } from '../metrics/evidence-for.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import { AT_ONCE, type Returns, type SimulatedUnits } from '../metrics/simulated/arm.js';
import type { Launch } from '../model/launch.js';
import { marginOf } from '../model/policy.js';
import { DAY_MS } from '../model/time.js';
import type { Random } from './random.js';
import { sampleOf, type Sample } from './sample.js';

/** What a run simulates: the plan of an experiment, and how its users behave. */
export interface Simulation {
  launch: Launch;
  units_per_day: number;
  baselines: Record<string, Required<Baseline>>;
  /** Change of each metric in every treatment, relative to the size of its value; 0 if it is not named. */
  lifts: Record<string, number>;
  /** By default units do not come back. */
  returns?: Returns;
}

/** What is served: how many slots each variant has, at which revision. */
export interface Served {
  revision: number;
  epoch: number;
  slots: Record<string, number>;
}

/** The users of an experiment: `Crowd`, and in tests real users one by one. */
export interface People {
  /** Lets `ms` pass under what is served. */
  arrive(served: Served, ms: number): void;
  look(served: Served, now: number): Look;
  /** Units in the present epoch. */
  units(): number;
}

/**
 * The units exposed so far, as sums of the present epoch.
 *
 * Units come for the first time as a Poisson process with `units_per_day`, and come back as one with `returns.per_day`
 * each. So units whose slots were not enrolled yet when they came first, or who were exposed only in an earlier epoch,
 * have their first exposure when they return: of those that wait, a binomial number in each stretch of time.
 */
export class Crowd implements People {
  private epoch = 0;
  private now: number;
  /** By variant. */
  private unitsOf: Record<string, number> = {};
  /** Units that were here before their slots were enrolled in this epoch, and have not come back since; by variant. */
  private waiting: Record<string, number> = {};
  /** Slots per variant that the units above are of. */
  private enrolled: Record<string, number> = {};
  /** By metric. */
  private samples: Record<string, Sample> = {};
  /** Share of the control's values beyond the frozen threshold, by metric. */
  private readonly thresholds: Record<string, number> = {};
  private readonly variants: string[];
  private readonly returns: Returns;

  constructor(
    private readonly simulation: Simulation,
    private readonly plan: Plan,
    private readonly random: Random,
  ) {
    this.variants = plan.arms.map((arm) => arm.variant);
    this.returns = simulation.returns ?? AT_ONCE;
    this.now = plan.start_at;
    this.begin();
  }

  private begin(): void {
    const { launch } = this.simulation;
    this.unitsOf = this.ofArms(() => 0);
    this.waiting = this.ofArms(() => 0);
    this.enrolled = this.ofArms(() => 0);
    this.samples = {};
    for (const planned of launch.metrics) {
      const { metric } = planned;
      const units = this.ofArms((variant) => this.behaviour(planned, variant));
      const frozen = this.thresholds[metric.metric_id];
      const options = { metric, control: launch.control, units, frozen };
      this.samples[metric.metric_id] = sampleOf(options, this.random);
    }
  }

  private behaviour({ role, metric }: Launch['metrics'][number], variant: string): SimulatedUnits {
    const { launch, baselines, lifts } = this.simulation;
    const { metric_id } = metric;
    const own = { ...baselines[metric_id]!, returns: this.returns };
    if (variant === launch.control) return { ...own, lift: 0, margin: 0 };
    const margin = role === 'guardrail' ? marginOf(launch.policy, metric_id) : 0;
    return { ...own, lift: lifts[metric_id] ?? 0, margin };
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
    this.enrol(slots);
    const until = this.now + ms;
    // The engine counts by the day of first exposure, so no stretch crosses midnight.
    while (this.now < until) {
      const midnight = (Math.floor(this.now / DAY_MS) + 1) * DAY_MS;
      this.pass(slots, Math.min(until, midnight));
    }
  }

  /** Of newly enrolled slots, those who were here before will come back. */
  private enrol(slots: Served['slots']): void {
    const { returns, random, enrolled } = this;
    const days = (this.now - this.plan.start_at) / DAY_MS;
    for (const variant of this.variants) {
      const more = (slots[variant] ?? 0) - enrolled[variant]!;
      if (more <= 0) continue;
      enrolled[variant]! += more;
      if (returns.per_day === 0) continue;
      this.waiting[variant]! += random.poisson((this.simulation.units_per_day * days * more) / SLOTS);
    }
  }

  /** Lets time pass until `until`, on one day. First exposures are taken to be in the middle of the stretch. */
  private pass(slots: Served['slots'], until: number): void {
    const days = (until - this.now) / DAY_MS;
    const middle = (this.now + until) / 2;
    const comingBack = -Math.expm1(-this.returns.per_day * days);
    for (const variant of this.variants) {
      const share = (slots[variant] ?? 0) / SLOTS;
      if (share === 0) continue;
      const back = this.random.binomial(this.waiting[variant]!, comingBack);
      this.waiting[variant]! -= back;
      const n = back + this.random.poisson(this.simulation.units_per_day * days * share);
      if (n === 0) continue;
      this.unitsOf[variant]! += n;
      for (const sample of Object.values(this.samples)) sample.arrive(variant, n, middle);
    }
    this.now = until;
  }

  look(served: Served, now: number): Look {
    this.follow(served.epoch);
    return lookAt(this.plan, this.simulation.launch, this.measured(now), served, now);
  }

  private measured(now: number): MeasuredSums {
    const measured: MeasuredSums = {
      units: this.ofArms((variant) => BigInt(this.unitsOf[variant]!)),
      metrics: {},
      days: {},
    };
    for (const { metric, role } of this.simulation.launch.metrics) {
      const { metric_id } = metric;
      const sample = this.samples[metric_id]!;
      let { arms, days } = sample.measure(now);
      if (this.freezes(metric_id, metric, arms)) ({ arms, days } = sample.measure(now));
      measured.metrics[metric_id] = arms;
      if (role === 'primary') measured.days[metric_id] = days;
    }
    return measured;
  }

  /** Freezes the threshold of a metric as soon as the control has enough data for one; returns whether it did. */
  private freezes(
    metric_id: string,
    metric: Launch['metrics'][number]['metric'],
    arms: MeasuredSums['metrics'][string],
  ): boolean {
    const { threshold } = KINDS[metric.kind];
    if (threshold === null || this.thresholds[metric_id] !== undefined) return false;
    const sums = Object.entries(arms[this.simulation.launch.control]!);
    const control = Object.fromEntries(sums.map(([name, sum]) => [name, Number(sum)]));
    const share = threshold.simulate(control, metric, this.random);
    if (share === null) return false;
    this.thresholds[metric_id] = share;
    this.samples[metric_id]!.freeze(share);
    return true;
  }

  /** A new epoch starts without units. */
  private follow(epoch: number): void {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.begin();
  }
}

/** A look at what was measured, where all else goes well: nothing is late, held or switched off. */
export function lookAt(
  plan: Plan,
  launch: Launch,
  measured: MeasuredSums,
  served: Served,
  now: number,
): Look {
  const moment = served.epoch === 0 ? {} : { later_epochs: laterEpochs(plan) };
  const input = exactInputOf(launch, measured, served.slots, moment);
  return {
    snapshot_id: '',
    at: now,
    revision: served.revision,
    epoch: served.epoch,
    units: Object.fromEntries(
      Object.keys(input.allocation).map((variant) => [variant, Number(measured.units[variant])]),
    ),
    ...evidenceForExact(plan, input, { bayes: false }),
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
