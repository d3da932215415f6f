import { Random } from '../../src/rehearsal/random.js';
import { normalQuantile } from '../../src/stats/distributions.js';
import { compared, enrol, inputOf, sharesText, type Shares } from './looks.js';
import { normalValues, rates, revenue, type Population } from './populations.js';
import { atMost, rate, type Row, type Subject } from './row.js';

const PEEKS = 1_000;
const BATCH = 20;
const ALPHA = 0.05;
const NAIVE = normalQuantile(1 - ALPHA / 2);

/** A thousand peeks at arms without a difference: how often the sequence excludes zero, and a fixed test beside it. */
function peeking(population: Population, shares: Shares, runs: number, seed: number): Row[] {
  const random = new Random(seed);
  const { kind } = population;
  const design = { kind, shares, planned_units: PEEKS * BATCH, alpha: { interim: ALPHA } };
  let [errors, naive] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const arms = population.arms(random, 1);
    let [isWrong, isNaivelyWrong] = [false, false];
    for (let peek = 0; peek < PEEKS && !(isWrong && isNaivelyWrong); peek += 1) {
      enrol(random, arms, shares, BATCH);
      const { sequence, z } = compared(inputOf(design, arms));
      if (sequence.lower === null || sequence.upper === null) continue;
      isWrong ||= sequence.lower > 0 || sequence.upper < 0;
      isNaivelyWrong ||= Math.abs(z ?? 0) >= NAIVE;
    }
    errors += isWrong ? 1 : 0;
    naive += isNaivelyWrong ? 1 : 0;
  }
  const what = `no effect, 1,000 peeks, ${population.what}, arms ${sharesText(shares)}`;
  return [
    atMost(`${what}: the sequence errs`, ALPHA, errors, runs),
    rate('— a fixed test at each peek', naive, runs),
  ];
}

const POPULATIONS = [normalValues, revenue(1.5), rates(0.001), rates(0.01)];
const SHARES: Shares[] = [
  [50, 50],
  [10, 90],
  [90, 10],
];

export const sequences: Subject = {
  name: 'sequence',
  rows: (scaled) =>
    POPULATIONS.flatMap((population, p) =>
      SHARES.flatMap((shares, s) => peeking(population, shares, scaled(500), 100 + 10 * p + s)),
    ),
};
