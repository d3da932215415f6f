import { Random } from '../../src/rehearsal/random.js';
import { primarySequences } from '../../src/stats/analyze.js';
import { normalQuantile } from '../../src/stats/distributions.js';
import type { Comparison } from '../../src/stats/evidence.js';
import type { ExactInput } from '../../src/stats/input.js';
import { SEQUENTIAL_COST } from '../../src/stats/power.js';
import { ALPHA, compared, inputOf, type Design } from './looks.js';
import { revenue, rates, type Population, type Units } from './populations.js';
import { atLeast, atMost, figure, nearOne, rate, type Row, type Subject } from './row.js';

const LOOKS = 28;
/** Of each arm at the horizon. */
const UNITS = 20_000;
const MEAN = 1_000_000;
const SPREAD = 300_000;
/** Of the lift at the horizon. */
const STANDARD_ERROR = (SPREAD / MEAN) * Math.sqrt(2 / UNITS);

/** Normal values by their sums, which are drawn at once for all units of a day. */
class Day implements Units {
  private readonly arm = { n: 0, sum: 0, sum_sq: 0 };

  constructor(
    private readonly random: Random,
    private readonly mean: number,
  ) {}

  add(units: number): void {
    const { arm, random } = this;
    const sum = Math.round(units * this.mean + Math.sqrt(units) * SPREAD * random.normal());
    arm.n += units;
    arm.sum += sum;
    arm.sum_sq += Math.ceil(SPREAD ** 2 * random.chiSquare(units - 1) + sum ** 2 / units) + 1;
  }

  sums() {
    const { n, sum, sum_sq } = this.arm;
    return { n: BigInt(n), sum: BigInt(sum), sum_sq: BigInt(sum_sq) };
  }
}

/** Daily looks until `at` says how it ended, or until the last day. */
function daily<T>(
  random: Random,
  lift: number,
  days: number,
  design: Partial<Design>,
  at: (comparison: Comparison, day: number, input: ExactInput) => T | null,
): T | null {
  const arms = [new Day(random, MEAN), new Day(random, MEAN * (1 + lift))] as const;
  const own: Design = { kind: 'mean', shares: [1, 1], planned_units: 2 * UNITS, ...design };
  for (let day = 1; day <= days; day += 1) {
    for (const arm of arms)
      arm.add(Math.round((UNITS * day) / LOOKS) - Math.round((UNITS * (day - 1)) / LOOKS));
    const input = inputOf(own, arms);
    const ended = at(compared(input), day, input);
    if (ended !== null) return ended;
  }
  return null;
}

type Side = 'good' | 'bad';

function sideOf({ lower, upper }: { lower: number | null; upper: number | null }): Side | null {
  if (lower !== null && lower > 0) return 'good';
  return upper !== null && upper < 0 ? 'bad' : null;
}

function finalSide({ final }: Comparison): Side | null {
  if (final.p_value === null || final.p_value > ALPHA.final) return null;
  return final.z! > 0 ? 'good' : 'bad';
}

function ended(lift: number, runs: number, seed: number): Record<Side, number> {
  const random = new Random(seed);
  const found = { good: 0, bad: 0 };
  for (let run = 0; run < runs; run += 1) {
    const side = daily(
      random,
      lift,
      LOOKS,
      {},
      (one, day) => sideOf(one.sequence) ?? (day === LOOKS ? finalSide(one) : null),
    );
    if (side) found[side] += 1;
  }
  return found;
}

function hybrid(scaled: (runs: number) => number): Row[] {
  const [nothing, something] = [scaled(6_000), scaled(4_000)];
  const { good, bad } = ended(0, nothing, 301);
  const found = (normalQuantile(0.975) + normalQuantile(0.8)) * Math.sqrt(SEQUENTIAL_COST) * STANDARD_ERROR;
  const power = ended(found, something, 302).good;
  return [
    atMost('no effect, 28 daily looks: sequence and final test err', 0.05, good + bad, nothing),
    atMost('— ships', 0.025, good, nothing),
    atLeast(
      `effect that a fixed test finds with 0.80, ${SEQUENTIAL_COST} × its units: power`,
      0.79,
      power,
      something,
    ),
  ];
}

/** A person who sees .04 < p < .2 on the day before the horizon plans half as many days again. */
function extended(scaled: (runs: number) => number): Row {
  const runs = scaled(6_000);
  const random = new Random(303);
  const longer = LOOKS * 1.5;
  let errors = 0;
  for (let run = 0; run < runs; run += 1) {
    let horizon = LOOKS;
    const side = daily(random, 0, longer, {}, (one, day, input) => {
      const p = one.final.p_value!;
      if (day === LOOKS - 1 && p > 0.04 && p < 0.2) horizon = longer;
      const early = sideOf(one.sequence);
      if (early || day < horizon) return early;
      const decisive =
        horizon === LOOKS ? finalSide(one) : sideOf(primarySequences(input, [ALPHA.final])[0]!.sequences[0]!);
      return decisive ?? 'undecided';
    });
    errors += side === 'good' || side === 'bad' ? 1 : 0;
  }
  return atMost('no effect, extended by half where .04 < p < .2 on the day before: errs', 0.05, errors, runs);
}

export const horizon: Subject = {
  name: 'horizon',
  rows: (scaled) => [...hybrid(scaled), extended(scaled)],
};

interface Sizes {
  control: number;
  treatment: number;
}

/** The fixed test of row 13 without an effect, each side by itself. */
function fixed(population: Population, { control, treatment }: Sizes, runs: number, seed: number): Row[] {
  const random = new Random(seed);
  const design: Design = {
    kind: population.kind,
    shares: [control, treatment],
    planned_units: control + treatment,
  };
  const found = { good: 0, bad: 0 };
  for (let run = 0; run < runs; run += 1) {
    const arms = population.arms(random, 1);
    arms[0].add(control);
    arms[1].add(treatment);
    const side = finalSide(compared(inputOf(design, arms)));
    if (side) found[side] += 1;
  }
  const units = (n: number): string => n.toLocaleString('en');
  return [
    atMost(
      `${population.what}, ${units(control)} and ${units(treatment)} units: ships`,
      ALPHA.final / 2,
      found.good,
      runs,
    ),
    atMost('— rolls back', ALPHA.final / 2, found.bad, runs),
  ];
}

export const fixedTest: Subject = {
  name: 'fixed-test',
  rows: (scaled) => {
    const sizes = (control: number, treatment: number): Sizes => ({ control, treatment });
    const cases: [Population, Sizes, number][] = [
      [revenue(1.5), sizes(1_000, 9_000), 4_000],
      [revenue(1.5), sizes(9_000, 1_000), 4_000],
      [revenue(1.5), sizes(10_000, 90_000), 2_000],
      [revenue(1.5), sizes(90_000, 10_000), 2_000],
      [revenue(1.5), sizes(5_000, 95_000), 2_000],
      [revenue(1.5), sizes(5_000, 5_000), 4_000],
      [revenue(2), sizes(9_000, 1_000), 4_000],
      [rates(0.01), sizes(1_000, 9_000), 8_000],
      [rates(0.001), sizes(95_000, 5_000), 8_000],
    ];
    return cases.flatMap(([population, size, runs], index) =>
      fixed(population, size, scaled(runs), 320 + index),
    );
  },
};

interface Ended {
  truth: number;
  raw: number;
  estimate: number;
  isCovered: boolean;
}

/** Runs that row 10 ends with a winner, and how often `valid_now` ever excluded the truth in any run. */
function earlyWinners(
  truthOf: (random: Random) => number,
  design: Partial<Design>,
  runs: number,
  seed: number,
): { winners: Ended[]; missed: number } {
  const random = new Random(seed);
  const winners: Ended[] = [];
  let missed = 0;
  for (let run = 0; run < runs; run += 1) {
    const truth = truthOf(random);
    const one = daily(random, truth, LOOKS - 1, design, (comparison): Ended | null => {
      const { valid_now, sequence, difference, estimate } = comparison;
      if (sideOf(sequence) === null) return null;
      const isCovered = valid_now.lower! <= truth * MEAN && truth * MEAN <= valid_now.upper!;
      return { truth, raw: difference! / MEAN, estimate: estimate! / MEAN, isCovered };
    });
    if (one && !one.isCovered) missed += 1;
    if (one && one.raw > 0) winners.push(one);
  }
  return { winners, missed };
}

/** The least effect that the plan of this simulation finds with a power of 0.80. */
const MDE = (normalQuantile(0.975) + normalQuantile(0.8)) * Math.sqrt(SEQUENTIAL_COST) * STANDARD_ERROR;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function winnersCurse(factor: number, runs: number, seed: number): Row[] {
  const { winners, missed } = earlyWinners(() => MDE * factor, { mde: MDE }, runs, seed);
  const over = (of: (one: Ended) => number): string => (mean(winners.map(of)) / (MDE * factor)).toFixed(2);
  return [
    rate(`true lift ${factor} × the planned one: ships early`, winners.length, runs),
    figure(
      '— raw lift over the truth',
      over((one) => one.raw),
      winners.length,
    ),
    figure(
      '— `estimate` over the truth, τ = planned lift',
      over((one) => one.estimate),
      winners.length,
    ),
    atMost('— `valid_now` after the early stop misses the truth, of all runs', ALPHA.interim, missed, runs),
  ];
}

/** True lifts that are normal with standard deviation τ: among early winners truth and estimate agree on average. */
function calibrated(factor: number, runs: number, seed: number): Row[] {
  const tau = MDE * factor;
  const { winners, missed } = earlyWinners(
    (random) => tau * random.normal(),
    { prior_sd: tau * MEAN },
    runs,
    seed,
  );
  return [
    nearOne(
      `true lifts of standard deviation ${factor} × the planned one: mean truth over mean \`estimate\` of early winners`,
      winners.map(({ truth, estimate }) => [truth, estimate]),
    ),
    figure(
      '— mean raw lift over mean truth',
      (mean(winners.map((one) => one.raw)) / mean(winners.map((one) => one.truth))).toFixed(2),
      winners.length,
    ),
    atMost('— `valid_now` after the early stop misses the truth, of all runs', ALPHA.interim, missed, runs),
  ];
}

export const estimates: Subject = {
  name: 'estimate',
  rows: (scaled) => [
    ...[0.5, 1, 2].flatMap((factor, index) => winnersCurse(factor, scaled(5_000), 340 + index)),
    ...[0.5, 1].flatMap((factor, index) => calibrated(factor, scaled(6_000), 350 + index)),
  ],
};
