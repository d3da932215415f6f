import { Random } from '../../src/rehearsal/random.js';
import { batches, compared, enrol, inputOf, sharesText, type Design, type Shares } from './looks.js';
import {
  clusteredLatency,
  clusteredRatio,
  exponentialValues,
  mostlyOne,
  rates,
  revenue,
  type Population,
  type Units,
} from './populations.js';
import { atMost, type Row, type Subject } from './row.js';

const ALPHA = 0.05;

interface Case {
  population: Population;
  shares: Shares;
  margin: number;
  direction?: Design['direction'];
  planned_units?: number;
  runs: number;
}

/** Units of epoch 0, and of the two later ones: a roll-out step with equal arms, then a watch with 5 % held back. */
const UNITS = 10_000;
const LATER: readonly { shares: Shares; units: number }[] = [
  { shares: [50, 50], units: 2_000 },
  { shares: [5, 95], units: 10_000 },
];

/** A treatment exactly at its margin, through a whole life: whether harm, and whether safety, is ever "proven". */
class Life {
  harm = false;
  nonInferior = false;
  private readonly random: Random;

  constructor(
    private readonly one: Case,
    random: Random,
  ) {
    this.random = random;
    this.pass(one.shares, UNITS);
    for (const { shares, units } of LATER) this.pass(shares, units, LATER.length);
  }

  private pass(shares: Shares, units: number, later_epochs?: number): void {
    const { population, margin, direction = 'decrease', planned_units = UNITS } = this.one;
    const design: Design = {
      kind: population.kind,
      shares,
      planned_units,
      role: 'guardrail',
      direction,
      margin,
    };
    if (later_epochs !== undefined) design.later_epochs = later_epochs;
    const factor = direction === 'decrease' ? 1 + margin : 1 - margin;
    const arms = population.arms(this.random, factor);
    // Safety is proven once, to ship, on the evidence of epoch 0.
    const isFirst = later_epochs === undefined;
    for (const batch of batches(units)) {
      if (this.harm && (this.nonInferior || !isFirst)) return;
      enrol(this.random, arms, shares, batch);
      if (!(population.ready?.(arms) ?? true)) continue;
      this.look(design, arms, isFirst);
    }
  }

  private look(design: Design, arms: readonly [Units, Units], isFirst: boolean): void {
    const { harm, non_inferior } = compared(inputOf(design, arms)).guardrail!;
    this.harm ||= harm;
    if (isFirst) this.nonInferior ||= non_inferior;
  }
}

function atMargin(one: Case, seed: number): Row[] {
  const { population, shares, direction = 'decrease', margin, planned_units, runs } = one;
  const random = new Random(seed);
  let [harms, safe] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const life = new Life(one, random);
    harms += life.harm ? 1 : 0;
    safe += life.nonInferior ? 1 : 0;
  }
  const far = planned_units === undefined ? '' : `, N\* ${planned_units.toLocaleString('en')}`;
  const worse = direction === 'decrease' ? 'more' : 'less';
  const what = `${population.what}, exactly ${margin * 100} % ${worse}, arms ${sharesText(shares)}${far}`;
  return [
    atMost(`${what}: harm "proven", whole life`, ALPHA, harms, runs),
    atMost('— safety "proven"', ALPHA, safe, runs),
  ];
}

/** Each kind of metric, with equal arms and with a holdback of 5 %; mirrored where less is the harm. */
function usual(scaled: (runs: number) => number): Case[] {
  const halves: Shares = [50, 50];
  const watch: Shares = [5, 95];
  const harmful = [
    { population: rates(0.02, 'error_rate'), margin: 0.2, runs: scaled(1_000) },
    { population: exponentialValues, margin: 0.1, runs: scaled(500) },
    { population: clusteredRatio, margin: 0.1, runs: scaled(500) },
    { population: clusteredLatency(0.2), margin: 0.2, runs: scaled(250) },
  ].flatMap((one) => [halves, watch].map((shares): Case => ({ ...one, shares })));
  const mirrored = [exponentialValues, clusteredRatio, rates(0.02)].map((population): Case => ({
    population,
    shares: halves,
    margin: 0.1,
    direction: 'increase',
    runs: scaled(500),
  }));
  return [...harmful, ...mirrored];
}

/** Where former versions of the tests erred: .41, .18 and .47 instead of .05. */
function worst(scaled: (runs: number) => number): Case[] {
  const runs = scaled(1_000);
  const [few, many]: Shares[] = [
    [10, 90],
    [90, 10],
  ];
  return [
    { population: rates(0.01), shares: few!, margin: 0.1, runs },
    { population: rates(0.01), shares: many!, margin: 0.1, runs },
    { population: rates(0.01), shares: few!, margin: 0.1, direction: 'increase', runs },
    { population: rates(0.01), shares: many!, margin: 0.1, direction: 'increase', runs },
    { population: revenue(1.5), shares: few!, margin: 0.1, runs },
    { population: revenue(1.5), shares: many!, margin: 0.1, direction: 'increase', runs },
    { population: mostlyOne(1), shares: [50, 50], margin: 0.1, runs },
    { population: mostlyOne(5), shares: [50, 50], margin: 0.1, runs },
    { population: mostlyOne(1), shares: few!, margin: 0.1, direction: 'increase', runs },
    ...[0.9, 0.95, 0.97].map((p): Case => ({
      population: rates(p),
      shares: [50, 50],
      margin: 0.1,
      direction: 'increase',
      runs,
    })),
    { population: rates(0.97), shares: many!, margin: 0.02, direction: 'increase', runs },
    { population: exponentialValues, shares: [50, 50], margin: 0.1, planned_units: 3_040_000, runs },
    { population: rates(0.01), shares: [10, 90], margin: 0.1, planned_units: 3_040_000, runs },
  ];
}

export const guardrails: Subject = {
  name: 'guardrails',
  rows: (scaled) => usual(scaled).flatMap((one, index) => atMargin(one, 200 + index)),
};

export const worstCases: Subject = {
  name: 'worst-cases',
  rows: (scaled) => worst(scaled).flatMap((one, index) => atMargin(one, 211 + index)),
};
