import { describe, expect, it } from 'vitest';
import type { Returns } from '../../src/metrics/simulated/arm.js';
import { meanOf, squaredActivity } from '../../src/metrics/simulated/activity.js';
import { planOf } from '../../src/lifecycle/plan.js';
import type { Baseline } from '../../src/metrics/kind.js';
import type { Launch } from '../../src/model/launch.js';
import type { PolicyDocument } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { Crowd, type People, type Simulation } from '../../src/rehearsal/crowd.js';
import { Random } from '../../src/rehearsal/random.js';
import { returnsOf } from '../../src/rehearsal/returns.js';
import { run } from '../../src/rehearsal/run.js';
import { launch } from './launch.js';
import { Users, type User } from './users.js';

const POLICY: Partial<PolicyDocument> = {
  ramp: [{ coverage: 25, min_dwell: '2d' }, { coverage: 100 }],
  min_duration: '3d',
  min_units_per_variant: 100,
  rollout: [{ coverage: 100 }],
  holdback: 0,
};

/** A way that users behave, and how the rehearsal is told of it. */
interface Case {
  launch: Launch;
  simulation: Simulation;
  userOf(random: Random): (variant: string) => User;
}

const RETURNS_PER_DAY = 0.5;

function caseOf(
  metric: string,
  plan: Parameters<typeof launch>[0],
  units_per_day: number,
  baselineAt: (returns: Returns) => Required<Baseline>,
  lift: number,
  userOf: (random: Random, returns: Returns, lift: number) => User,
): Case {
  const frozen = launch({ ...plan, metrics: [`${metric}:primary`], policy: { ...POLICY, ...plan?.policy } });
  const returns = returnsOf(frozen, units_per_day, RETURNS_PER_DAY);
  const baselines = { [metric]: baselineAt(returns) };
  return {
    launch: frozen,
    simulation: { launch: frozen, units_per_day, baselines, returns, lifts: { [metric]: lift } },
    userOf: (random) => (variant) => userOf(random, returns, variant === 'control' ? 0 : lift),
  };
}

const intensities = new Map<number, number>();

/** Clicks a visit, such that `wanted` of the users have clicked at the planned end. */
function intensityOf(wanted: number, { ages, per_day }: Returns): number {
  let intensity = intensities.get(wanted) ?? 0;
  while (meanOf(ages, (age) => -Math.expm1(-intensity * (1 + per_day * age))) < wanted) intensity += 0.0001;
  intensities.set(wanted, intensity);
  return intensity;
}

/** Clicks at a constant rate. */
function clicking(random: Random, returns: Returns, lift: number): User {
  const intensity = intensityOf(0.3 * (1 + lift), returns);
  return { before: 0, events: (visits) => Array<number>(random.poisson(intensity * visits)).fill(1) };
}

/** Comes back within the week, or not. */
function retained(random: Random, _: Returns, lift: number): User {
  const comes = random.uniform() < 0.3 * (1 + lift);
  return { before: 0, events: () => [], later: comes ? [1 + 5.9 * random.uniform()] : [] };
}

const SESSIONS = 2;
const [VALUE_A, SD_A] = [10, 5];

/** The moments of the users below at the planned end. */
function spending(returns: Returns) {
  const visits = meanOf(returns.ages, (age) => 1 + returns.per_day * age);
  const squared = squaredActivity(returns);
  const value = VALUE_A * SESSIONS * visits;
  const between = (SD_A * SESSIONS * visits) ** 2;
  const within = SESSIONS * visits * (VALUE_A ** 2 + SD_A ** 2);
  const rest = within + between * squared;
  const standard_deviation = Math.sqrt(rest + value ** 2 * (squared - 1));
  return { value, between, visits, standard_deviation, correlation: (between * squared) / rest };
}

/** Has a Poisson number of sessions, each of the user's own length; what it did before is alike. */
function engaged(random: Random, returns: Returns, lift: number): User {
  const { between, visits, standard_deviation, correlation } = spending(returns);
  const length = VALUE_A + SD_A * random.normal();
  const before = Math.sqrt(Math.max(0, (between / (correlation * standard_deviation)) ** 2 - between));
  return {
    before: length * SESSIONS * visits + before * random.normal(),
    events: (worth) =>
      Array.from({ length: random.poisson(SESSIONS * worth) }, () => length + VALUE_A * lift),
  };
}

const CASES: Record<string, Case> = {
  'a proportion that grows': caseOf(
    'click_through_rate',
    { days: 10, planned_units: 2_000, mde: 0.1 },
    220,
    () => ({ value: 0.3, standard_deviation: 0, correlation: 0 }),
    0.16,
    clicking,
  ),
  'retention within a window': caseOf(
    'user_retention',
    { days: 14, planned_units: 2_000, mde: 0.1 },
    300,
    () => ({ value: 0.3, standard_deviation: 0, correlation: 0 }),
    0.2,
    retained,
  ),
  'a mean that adds up, with a covariate': caseOf(
    'engagement_time',
    { days: 10, planned_units: 2_000, mde: 0.1 },
    220,
    (returns) => {
      const { value, standard_deviation, correlation } = spending(returns);
      return { value, standard_deviation, correlation };
    },
    0.07,
    engaged,
  ),
};

function usersOf(subject: Case, random: Random) {
  const { launch: frozen, simulation } = subject;
  const traffic = { units_per_day: simulation.units_per_day, returns_per_day: RETURNS_PER_DAY };
  return (plan: ReturnType<typeof planOf>): People =>
    new Users(frozen, plan, random, traffic, subject.userOf(random));
}

/** The primary's numbers at three moments: before the ramp is over, in the middle and at the planned end. */
function lookedAt(one: Case, people: People): number[] {
  const plan = planOf('e', one.launch);
  const days = (plan.end_at - plan.start_at) / DAY_MS;
  const stretches = [
    { until: 2, slots: { control: 1_250, treatment: 1_250 } },
    { until: days * 0.7, slots: { control: 5_000, treatment: 5_000 } },
    { until: days, slots: { control: 5_000, treatment: 5_000 } },
  ];
  let now = 0;
  return stretches.flatMap(({ until, slots }) => {
    const served = { revision: 1, epoch: 0, slots };
    people.arrive(served, (until - now) * DAY_MS);
    now = until;
    const look = people.look(served, plan.start_at + until * DAY_MS);
    const { control_value, difference, standard_error, cuped } = look.evidence.metrics[0]!.comparisons[0]!;
    return [
      people.units(),
      control_value ?? 0,
      difference ?? 0,
      standard_error ?? 0,
      cuped?.variance_saved ?? 0,
    ];
  });
}

function momentsOf(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}

describe.each(Object.entries(CASES))('%s', { timeout: 240_000 }, (_, one) => {
  it('has the numbers that users one by one have, at each of three looks, and together', () => {
    const plan = planOf('e', one.launch);
    const [many, few] = [200, 40];
    const drawn = Array.from({ length: many }, (_, n) =>
      lookedAt(one, new Crowd(one.simulation, plan, new Random(1_000 + n))),
    );
    const counted = Array.from({ length: few }, (_, n) =>
      lookedAt(one, usersOf(one, new Random(9_000 + n))(plan)),
    );
    for (const index of drawn[0]!.keys()) {
      const [a, b] = [drawn, counted].map((all) => momentsOf(all.map((numbers) => numbers[index]!)));
      const error = Math.sqrt(a!.variance / many + b!.variance / few);
      expect(Math.abs(a!.mean - b!.mean), `mean ${index}`).toBeLessThanOrEqual(4 * error + 0.005 * b!.mean);
      // The ratio of two variances of normal values lies within these limits but for one in 10,000.
      // The drawn squares are those of normal values: how much standard errors vary is not promised.
      if (b!.variance === 0 || index % 5 > 2) continue;
      expect(a!.variance / b!.variance, `variance ${index}`).toBeGreaterThan(0.4);
      expect(a!.variance / b!.variance, `variance ${index}`).toBeLessThan(2.5);
    }
    // What was seen early is part of what is seen at the end.
    const together = [drawn, counted].map((all) => {
      const [middle, end] = [7, 12].map((index) => all.map((numbers) => numbers[index]!));
      const sums = momentsOf(middle!.map((value, n) => value + end![n]!)).variance;
      const [x, y] = [momentsOf(middle!).variance, momentsOf(end!).variance];
      return (sums - x - y) / 2 / Math.sqrt(x * y);
    });
    expect(Math.abs(together[0]! - together[1]!)).toBeLessThan(0.25);
  });

  it('ships as often as with users one by one', () => {
    const [many, few] = [120, 40];
    const shipped = (runs: number, runOf: (random: Random) => ReturnType<typeof run>): number =>
      Array.from({ length: runs }, (_, n) => runOf(new Random(50_000 + n))).filter(
        ({ outcome }) => outcome === 'shipped',
      ).length / runs;
    const drawn = shipped(many, (random) => run(one.simulation, random));
    const counted = shipped(few, (random) => run(one.simulation, random, usersOf(one, random)));
    const pooled = (drawn * many + counted * few) / (many + few);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / many + 1 / few));
    expect(pooled).toBeGreaterThan(0.2);
    expect(pooled).toBeLessThan(0.9);
    expect(Math.abs(drawn - counted)).toBeLessThan(3 * error);
  });
});
