import { harmThreshold } from '../../src/lifecycle/guardrails.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import { marginOf, policySchema, standardPolicy, type Policy } from '../../src/model/policy.js';
import { Random } from '../../src/rehearsal/random.js';
import { quantile } from '../figures.js';
import { errorsUntilProof, evidence, rounded, unitsFor, type Errors } from './harm.js';
import { planOfFamily } from './plans.js';
import { atMost, figure, type Row, type Subject } from './row.js';

const POLICY: Policy = policySchema.parse(standardPolicy);
const MARGIN = marginOf(POLICY, 'error_rate');
const MOST = 8;
/** G. */
const FAMILY = 4;
/** The broken segment's share of units, and how many times as many errors its treatment has. */
const SHARE = 0.05;
const RATIO = 10;
const BASES = [0.001, 0.005, 0.01];

function planWith(segments: number): Plan {
  const names = Array.from({ length: segments }, (_, n) => `segment-${n}`);
  return { ...planOfFamily(POLICY, FAMILY), ...(segments > 0 && { segments: names }) };
}

/** Units until a segment with ten times the errors is found: by all units together, and by the segment itself. */
function found(base: number, runs: number, seed: number): Row[] {
  const random = new Random(seed);
  const middle = (values: readonly number[]): string =>
    `${rounded(quantile(values, 0.5))} / ${rounded(quantile(values, 0.9))}`;
  const all = 1 - SHARE + SHARE * RATIO;
  const whole = Array.from({ length: runs }, () => {
    const errors = errorsUntilProof(random, all, harmThreshold(planWith(0), 0));
    return unitsFor(random, errors, (base * (1 + all)) / 2);
  });
  const own = Array.from({ length: runs }, () => {
    const errors = errorsUntilProof(random, RATIO, harmThreshold(planWith(MOST), 0));
    return unitsFor(random, errors, (base * (1 + RATIO)) / 2) / SHARE;
  });
  const what = `units until errors ${RATIO} × in ${SHARE * 100} % of units are rolled back, base ${base * 100} %, G = ${FAMILY}: median / p90`;
  return [
    figure(`${what}, by one guardrail over all units`, middle(whole), runs),
    figure(`— by ${MOST} segments, one of them the broken one`, middle(own), runs),
  ];
}

/** Erring units of a life, at most; by then hardly any false alarm is still to come. */
const ERRORS = 2_000;

/**
 * The treatment is worse by exactly the margin, in all units and in every segment: how often any of them proves harm. The
 * segments overlap: a unit is in each by itself, with chances from 5 to 50 %.
 */
function falseAlarms(runs: number, seed: number): Row {
  const random = new Random(seed);
  const threshold = harmThreshold(planWith(MOST), 0) - Math.log(FAMILY);
  const shares = [0.05, 0.05, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5];
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const groups = Array.from({ length: 1 + MOST }, (): Errors => ({ control: 0, treatment: 0 }));
    let isProven = false;
    for (let n = 0; n < ERRORS && !isProven; n += 1) {
      const arm = random.uniform() < (1 + MARGIN) / (2 + MARGIN) ? 'treatment' : 'control';
      isProven = groups.some((group, place) => {
        if (place > 0 && random.uniform() >= shares[place - 1]!) return false;
        group[arm] += 1;
        // Only one more of the treatment's can bring the proof.
        return arm === 'treatment' && evidence(group).log_e_harm >= threshold;
      });
    }
    alarms += isProven ? 1 : 0;
  }
  return atMost(
    `${MOST} overlapping segments, errors worse by exactly the margin, G = 1: any group of units proves harm before shipping`,
    Number((0.8 * POLICY.guardrails.alpha).toPrecision(6)),
    alarms,
    runs,
  );
}

export const segments: Subject = {
  name: 'segments',
  rows: (scaled) => [
    ...BASES.flatMap((base, n) => found(base, scaled(1_000), 700 + n)),
    falseAlarms(scaled(1_000), 710),
  ],
};
