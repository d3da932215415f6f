import { EXCLUDED } from '../../src/lifecycle/decisions/ramp.js';
import { harmThreshold, suspectThreshold } from '../../src/lifecycle/guardrails.js';
import { policySchema, standardPolicy } from '../../src/model/policy.js';
import { Random } from '../../src/rehearsal/random.js';
import { exclusion } from '../../src/stats/exclusion.js';
import type { ArmSums } from '../../src/stats/arm-sums.js';
import { logOneSidedE } from '../../src/stats/sequential.js';
import { sampleRatio } from '../../src/stats/srm.js';
import { batches, compared, enrol, inputOf, sharesText, type Design, type Shares } from './looks.js';
import { planOfFamily } from './plans.js';
import { exponentialValues, rates, revenue, type Population } from './populations.js';
import { atMost, figure, rate, type Row, type Subject } from './row.js';

const NOVELTY_Z = 2.58;
const DAYS = 28;

/** How often the slope over the days of first exposure blocks a lift of 10 % that stays, or fades to nothing. */
function slope(population: Population, shares: Shares, fades: boolean, runs: number, seed: number): Row {
  const random = new Random(seed);
  const perDay = 2_000;
  const whole = shares[0] + shares[1];
  let blocked = 0;
  for (let run = 0; run < runs; run += 1) {
    const days = Array.from({ length: DAYS }, (_, day) => {
      const lift = fades ? 0.1 * (1 - day / (DAYS - 1)) : 0.1;
      const arms = population.arms(random, 1 + lift);
      for (const side of [0, 1] as const) arms[side].add(Math.round((perDay * shares[side]) / whole));
      return { day, arms: { control: arms[0].sums(), treatment: arms[1].sums() } };
    });
    const design: Design = { kind: population.kind, shares, planned_units: perDay * DAYS };
    const sums = (arm: 'control' | 'treatment') => ({
      add: () => {},
      sums: () => added(days.map((one) => one.arms[arm])),
    });
    const input = inputOf(design, [sums('control'), sums('treatment')]);
    input.metrics[0]!.days = days;
    const { novelty } = compared(input);
    if (novelty && Math.abs(novelty.z) > NOVELTY_Z) blocked += 1;
  }
  const what = `${population.what}, arms ${sharesText(shares)}`;
  return fades
    ? rate(`${what}: a lift that fades from 10 % to 0 is found`, blocked, runs)
    : atMost(`${what}: a constant lift of 10 % is blocked`, 0.02, blocked, runs);
}

function added(sums: readonly ArmSums[]): ArmSums {
  const names = Object.keys(sums[0]!);
  return Object.fromEntries(
    names.map((name) => [name, sums.reduce((sum, one) => sum + one[name]!, 0n)]),
  ) as ArmSums;
}

export const noveltySlope: Subject = {
  name: 'novelty',
  rows: (scaled) => {
    const halves: Shares = [50, 50];
    const cases: [Population, Shares, boolean][] = [
      [exponentialValues, halves, false],
      [revenue(1.5), halves, false],
      [rates(0.3), halves, false],
      [rates(0.3), [10, 90], false],
      [rates(0.3), halves, true],
      [exponentialValues, halves, true],
    ];
    return cases.map(([population, shares, fades], index) =>
      slope(population, shares, fades, scaled(1_000), 600 + index),
    );
  },
};

/** A true harm of exactly the size that a step of the ramp wants excluded: how often the step is taken nevertheless. */
function excluded(population: Population, harm: number, margin: number, runs: number, seed: number): Row {
  const random = new Random(seed);
  const design: Design = {
    kind: population.kind,
    shares: [50, 50],
    planned_units: 40_000,
    role: 'guardrail',
    direction: 'decrease',
    margin,
  };
  let errors = 0;
  for (let run = 0; run < runs; run += 1) {
    const arms = population.arms(random, 1 + harm);
    const isExcluded = batches(40_000).some((batch) => {
      enrol(random, arms, [50, 50], batch);
      const input = inputOf(design, arms);
      return (exclusion(input, input.metrics[0]!, 'treatment', harm, 0.001).log_e ?? -Infinity) >= EXCLUDED;
    });
    errors += isExcluded ? 1 : 0;
  }
  return atMost(
    `${population.what}, true harm ${harm * 100} %: \`exclude_harm\` ${harm} lets the step pass`,
    0.05,
    errors,
    runs,
  );
}

/** The treatment errs at exactly the floor, the control never: how often "no errors yet" counts as safe. */
function errorFree(runs: number, seed: number): Row {
  const random = new Random(seed);
  const floor = 0.001;
  const design: Design = {
    kind: 'error_rate',
    shares: [50, 50],
    planned_units: 20_000,
    role: 'guardrail',
    margin: 0.05,
  };
  let errors = 0;
  for (let run = 0; run < runs; run += 1) {
    const first = 1 + Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - floor));
    // Without an error before it, the limit falls with every unit: the last of those looks decides.
    const n = BigInt(first - 1);
    const arm = { add: () => {}, sums: () => ({ n, errors: 0n }) };
    const input = inputOf({ ...design, direction: 'decrease' }, [arm, arm]);
    const { error_free_limit } = exclusion(input, input.metrics[0]!, 'treatment', 0.5, floor);
    errors += error_free_limit !== null && error_free_limit < floor ? 1 : 0;
  }
  return atMost(
    'treatment errs at the floor of 0.1 %: "surely below the floor" before its first error',
    0.05,
    errors,
    runs,
  );
}

export const exclusions: Subject = {
  name: 'exclude-harm',
  rows: (scaled) => [
    excluded(rates(0.01, 'error_rate'), 0.5, 0.05, scaled(1_000), 620),
    excluded(exponentialValues, 0.2, 0.1, scaled(1_000), 621),
    errorFree(scaled(20_000), 622),
  ],
};

const PLAN = planOfFamily(policySchema.parse(standardPolicy), 6);

/** Four arms and two guardrails without any effect, looked at through a ramp: how often a suspicion holds it. */
function suspicion(runs: number, seed: number): Row[] {
  const random = new Random(seed);
  const limit = suspectThreshold(PLAN);
  const [units, schedule] = [10_000, batches(10_000)];
  let [ever, atEnd] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const metrics = [
      { population: rates(0.01, 'error_rate'), margin: 0.05 },
      { population: exponentialValues, margin: 0.1 },
    ].map(({ population, margin }) => {
      const [control, ...others] = [0, 1].flatMap(() => population.arms(random, 1));
      return { kind: population.kind, margin, control: control!, treatments: others };
    });
    let [isHeld, wasHeld] = [false, false];
    for (const batch of schedule) {
      for (const { control, treatments } of metrics)
        for (const arm of [control, ...treatments]) arm.add(batch);
      isHeld = metrics.some(({ kind, margin, control, treatments }) => {
        const design: Design = {
          kind,
          shares: [1, 1],
          planned_units: 4 * units,
          role: 'guardrail',
          direction: 'decrease',
          margin,
        };
        return treatments.some(
          (arm) => (compared(inputOf(design, [control, arm])).guardrail!.p_value ?? 1) < limit,
        );
      });
      wasHeld ||= isHeld;
    }
    ever += wasHeld ? 1 : 0;
    atEnd += isHeld ? 1 : 0;
  }
  return [
    atMost('4 arms, 2 guardrails, no effect: one look is suspicious', 0.01, atEnd, runs),
    rate(`— any of ${schedule.length} looks is`, ever, runs),
  ];
}

/** Standard errors beyond the margin that prove harm, where far more units were planned than came. */
function blindness(): Row[] {
  const threshold = harmThreshold(planOfFamily(PLAN.policy, 4), 0);
  const bar = (planned: number, units: number): number => {
    let [low, high] = [0, 100];
    while (high - low > 1e-4) {
      const middle = (low + high) / 2;
      if (logOneSidedE(0.05, planned, units, middle) >= threshold) high = middle;
      else low = middle;
    }
    return high;
  };
  return [5_000, 20_000, 100_000].map((units) =>
    figure(
      `N\\* 3,040,000, ${units.toLocaleString('en')} units, G = 4: standard errors that prove harm (with N\\* as many as came)`,
      `${bar(3_040_000, units).toFixed(2)} (${bar(units, units).toFixed(2)})`,
      1,
    ),
  );
}

export const suspicions: Subject = {
  name: 'suspicion',
  rows: (scaled) => [...suspicion(scaled(500), 630), ...blindness()],
};

/** A fair split, looked at every ten units. */
function fairSplit(shares: Shares, runs: number, seed: number): Row {
  const random = new Random(seed);
  const share = shares[1] / (shares[0] + shares[1]);
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const units = [0, 0];
    let isAlarm = false;
    for (let peek = 0; peek < 1_000 && !isAlarm; peek += 1) {
      const treated = random.binomial(10, share);
      units[0]! += 10 - treated;
      units[1]! += treated;
      isAlarm = sampleRatio(units, shares).alarm;
    }
    alarms += isAlarm ? 1 : 0;
  }
  return atMost(
    `fair split ${sharesText(shares)}, 1,000 peeks, one every 10 units: SRM alarms`,
    0.001,
    alarms,
    runs,
  );
}

export const sampleRatios: Subject = {
  name: 'srm',
  rows: (scaled) => [fairSplit([50, 50], scaled(8_000), 640), fairSplit([5, 95], scaled(8_000), 641)],
};
