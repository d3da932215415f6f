import { SLOTS } from '../../src/assignment/hash.js';
import type { Look } from '../../src/lifecycle/look.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import { KINDS } from '../../src/metrics/kinds.js';
import type { StoredSums } from '../../src/metrics/stored-sums.js';
import { totalsId, type TotalsDocument } from '../../src/metrics/totals-document.js';
import { sumTotals } from '../../src/metrics/totals.js';
import type { Launch } from '../../src/model/launch.js';
import { DAY_MS } from '../../src/model/time.js';
import { lookAt, type People, type Served } from '../../src/rehearsal/crowd.js';
import type { Random } from '../../src/rehearsal/random.js';

/** What one user does with one metric. */
export interface User {
  /** The user's number from before the experiment. */
  before: number;
  /** Values of the events within a stretch of time, given how many visits it is worth (1: the first exposure). */
  events(visits: number): number[];
  /** Events to come, days after the first exposure. */
  later?: number[];
}

interface Exposed {
  user: User;
  variant: string;
  slot: number;
  exposed_at: number | null;
  value: number | undefined;
}

/** Users one by one, whose events go through the real folding, totals and evidence. Only the first epoch has users. */
export class Users implements People {
  private readonly users: Exposed[] = [];
  private readonly documents = new Map<string, TotalsDocument>();
  private now: number;
  private exposed = 0;

  constructor(
    private readonly launch: Launch,
    private readonly plan: Plan,
    private readonly random: Random,
    private readonly traffic: { units_per_day: number; returns_per_day: number },
    private readonly userOf: (variant: string) => User,
  ) {
    this.now = plan.start_at;
  }

  units(): number {
    return this.exposed;
  }

  arrive({ epoch, slots }: Served, ms: number): void {
    const until = this.now + ms;
    if (epoch > 0) this.now = until;
    while (this.now < until) {
      const midnight = (Math.floor(this.now / DAY_MS) + 1) * DAY_MS;
      this.pass(slots, Math.min(until, midnight, this.now + DAY_MS / 4));
    }
  }

  private pass(slots: Served['slots'], until: number): void {
    const { random, traffic } = this;
    const days = (until - this.now) / DAY_MS;
    const known = this.users.length;
    for (let more = random.poisson(traffic.units_per_day * days); more > 0; more -= 1) {
      const slot = Math.floor(random.uniform() * SLOTS);
      const arm = this.plan.arms.find(({ from, to }) => slot >= from && slot < to)!;
      const user = this.userOf(arm.variant);
      const { variant } = arm;
      this.users.push({ user, variant, slot: slot - arm.from, exposed_at: null, value: undefined });
    }
    for (const [index, one] of this.users.entries()) {
      if (one.exposed_at !== null) this.fold(one, one.user.events(traffic.returns_per_day * days));
      else if (one.slot < (slots[one.variant] ?? 0)) {
        const isHere = index >= known || random.poisson(traffic.returns_per_day * days) > 0;
        if (isHere) this.expose(one, this.now + random.uniform() * (until - this.now), until);
      }
      const due = one.user.later?.filter((day) => one.exposed_at! + day * DAY_MS <= until) ?? [];
      if (one.exposed_at === null || due.length === 0) continue;
      one.user.later = one.user.later!.filter((day) => !due.includes(day));
      this.fold(one, due);
    }
    this.now = until;
  }

  private expose(one: Exposed, at: number, until: number): void {
    one.exposed_at = at;
    this.exposed += 1;
    const arm = this.armOf(one);
    arm.units = (arm.units ?? 0n) + 1n;
    this.add(one, 1n);
    this.fold(one, one.user.events(1 + (this.traffic.returns_per_day * (until - at)) / DAY_MS));
  }

  /** One more event of a user: what it contributed is taken out of the totals, and what it contributes now is added. */
  private fold(one: Exposed, values: number[]): void {
    if (values.length === 0) return;
    const { metric } = this.launch.metrics[0]!;
    this.add(one, -1n);
    for (const value of values) {
      const event = { value, at: this.now, divides: false, lack: null };
      one.value = KINDS[metric.kind].fold(one.value, event, metric) as number;
    }
    this.add(one, 1n);
  }

  private add(one: Exposed, sign: bigint): void {
    const { metric } = this.launch.metrics[0]!;
    const { metrics } = this.armOf(one);
    const sums = (metrics![metric.metric_id] ??= {}) as Record<string, bigint>;
    const covariate = Math.round(one.user.before * metric.scale);
    for (const [name, amount] of KINDS[metric.kind].contribution(one.value, metric, covariate)) {
      sums[name] = (sums[name] ?? 0n) + sign * amount;
    }
  }

  private armOf({ exposed_at, variant }: Exposed): { units?: bigint; metrics?: Record<string, StoredSums> } {
    const id = totalsId('e', 0, 1, exposed_at!);
    const document = this.documents.get(id) ?? { _id: id, arms: {} };
    this.documents.set(id, document);
    return (document.arms![variant] ??= { metrics: {} });
  }

  look(served: Served, now: number): Look {
    const totals = sumTotals(this.launch, [...this.documents.values()], now, {}, served.epoch);
    return lookAt(this.plan, this.launch, totals, served, now);
  }
}
