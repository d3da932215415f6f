import { harmThreshold, suspectThreshold } from '../../src/lifecycle/guardrails.js';
import type { Plan } from '../../src/lifecycle/plan.js';
import { marginOf, policySchema, standardPolicy, type Policy } from '../../src/model/policy.js';
import { DAY_MS } from '../../src/model/time.js';
import { Random } from '../../src/rehearsal/random.js';
import { errorRateEvidence } from '../../src/stats/error-rate.js';
import { quantile } from '../figures.js';
import { planOfFamily } from './plans.js';
import { figure, type Row, type Subject } from './row.js';

const POLICY: Policy = policySchema.parse(standardPolicy);
const MARGIN = marginOf(POLICY, 'error_rate');
const BASES = [0.001, 0.01, 0.1];
/** How many times the control's rate the treatment's is. */
const RATIOS = [1.1, 1.5, 2, 4];
const FAMILIES = [1, 4];

export interface Errors {
  control: number;
  treatment: number;
}

export function evidence({ control, treatment }: Errors): { log_e_harm: number; p_value: number } {
  return errorRateEvidence(
    [{ errors: { treatment, control }, weights: { treatment: 1, control: 1 } }],
    MARGIN,
  );
}

/**
 * Units that err until harm is proven. Which arm such a unit is in depends on nothing but the ratio of the rates, so the
 * base rate does not matter. Looked at after each one, and once there are many after 0.5 % more.
 */
export function errorsUntilProof(random: Random, ratio: number, threshold: number): number {
  const errors = { control: 0, treatment: 0 };
  for (let total = 1; ; total += 1) {
    errors[random.uniform() < ratio / (1 + ratio) ? 'treatment' : 'control'] += 1;
    if (total % Math.ceil(total / 200) === 0 && evidence(errors).log_e_harm >= threshold) return total;
  }
}

/** How many units of both arms it takes until so many have erred, each with probability `rate`. */
export function unitsFor(random: Random, errors: number, rate: number): number {
  if (errors > 1_000) return errors / rate + (Math.sqrt(errors * (1 - rate)) / rate) * random.normal();
  let units = 0;
  for (let n = 0; n < errors; n += 1)
    units += 1 + Math.floor(Math.log(1 - random.uniform()) / Math.log(1 - rate));
  return units;
}

/** Wald's (1945) bound: the mean of no sequential test is below ln(threshold)/KL, even if it knows the size of the harm. */
function waldBound(ratio: number, threshold: number): number {
  const [theta, boundary] = [ratio / (1 + ratio), (1 + MARGIN) / (2 + MARGIN)];
  const divergence =
    theta * Math.log(theta / boundary) + (1 - theta) * Math.log((1 - theta) / (1 - boundary));
  return threshold / divergence;
}

export function rounded(value: number): string {
  return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
}

function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}

function harmText(ratio: number): string {
  return ratio < 2 ? `+${percent(ratio - 1)}` : `${ratio} ×`;
}

export const harmUnits: Subject = {
  name: 'harm-units',
  rows: (scaled) =>
    FAMILIES.flatMap((family, f) =>
      RATIOS.flatMap((ratio, r): Row[] => {
        const runs = scaled(ratio < 1.5 ? 400 : 1_000);
        const threshold = harmThreshold(planOfFamily(POLICY, family), 0);
        const random = new Random(400 + 10 * f + r);
        const errors = Array.from({ length: runs }, () => errorsUntilProof(random, ratio, threshold));
        return BASES.map((base) => {
          const rate = (base * (1 + ratio)) / 2;
          const units = errors.map((count) => unitsFor(random, count, rate));
          const [middle, late] = [quantile(units, 0.5), quantile(units, 0.9)].map(rounded);
          const bound = rounded(waldBound(ratio, threshold) / rate);
          return figure(
            `units until errors ${harmText(ratio)} are rolled back, base ${percent(base)}, G = ${family}: median / p90 / Wald's bound`,
            `${middle} / ${late} / ${bound}`,
            runs,
          );
        });
      }),
    ),
};

/** The days until proof under a policy's ramp, in which a suspicion holds the step; null if not within the longest time. */
function daysUntilProof(
  random: Random,
  plan: Plan,
  { base, ratio, perDay }: { base: number; ratio: number; perDay: number },
): number | null {
  const { ramp, poll, max_duration } = plan.policy;
  const [threshold, suspect] = [harmThreshold(plan, 0), suspectThreshold(plan)];
  const errors = { control: 0, treatment: 0 };
  let [step, dwelt, isSuspect] = [0, 0, false];
  for (let now = 0; now < max_duration;) {
    const isLast = step === ramp.length - 1;
    const ms = isLast ? poll.running : poll.ramping;
    const expected = (((perDay * ms) / DAY_MS) * ramp[step]!.coverage) / 200;
    const [c, t] = [random.poisson(expected * base), random.poisson(expected * base * ratio)];
    now += ms;
    if (!isSuspect) dwelt += ms;
    if (c + t > 0) {
      errors.control += c;
      errors.treatment += t;
      const { log_e_harm, p_value } = evidence(errors);
      if (log_e_harm >= threshold) return now / DAY_MS;
      isSuspect = p_value < suspect;
    }
    if (!isLast && !isSuspect && dwelt >= (ramp[step]!.min_dwell ?? 0)) [step, dwelt] = [step + 1, 0];
  }
  return null;
}

function days(values: readonly (number | null)[], q: number): string {
  const value = quantile(
    values.map((one) => one ?? Infinity),
    q,
  );
  if (value === Infinity) return 'not in 28 days';
  return value < 1 ? `${(value * 24).toFixed(1)} h` : `${value.toFixed(1)} d`;
}

export const harmDays: Subject = {
  name: 'harm-days',
  rows: (scaled) =>
    BASES.flatMap((base, b) =>
      RATIOS.flatMap((ratio, r) =>
        [1_000, 10_000, 100_000].map((perDay, d) => {
          const runs = scaled(100);
          const random = new Random(500 + 100 * b + 10 * r + d);
          const plan = planOfFamily(POLICY, 4);
          const found = Array.from({ length: runs }, () =>
            daysUntilProof(random, plan, { base, ratio, perDay }),
          );
          const missed = found.filter((one) => one === null).length / runs;
          return figure(
            `\`standard\`, errors ${harmText(ratio)}, base ${percent(base)}, G = 4, ${perDay.toLocaleString('en')} eligible units a day: ` +
              'median / p90 / never within 28 days',
            `${days(found, 0.5)} / ${days(found, 0.9)} / ${missed.toFixed(2)}`,
            runs,
          );
        }),
      ),
    ),
};
