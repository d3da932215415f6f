import { betaReadout, CREDIBLE_LEVEL, normalReadout } from './bayes.js';
import { decidingVariance } from './deciding-variance.js';
import { normalUpperTail, tTwoSided } from './distributions.js';
import type { Comparison, NoteCode } from './evidence.js';
import { guardrail } from './guardrail.js';
import type { ExactInput, ExactMetric } from './input.js';
import { absolute, criticalValue, finalTest, hasLift, relative, sequence } from './intervals.js';
import { novelty } from './novelty.js';
import {
  countsOf,
  cupedReadout,
  isRate,
  pairOf,
  pooledTestVariance,
  valueOf,
  welchDf,
  type Pair,
} from './pair.js';
import { alphaOfHarm } from './segments.js';

/** Compares one treatment with the control, for one metric. `options.guardrails` is G: guardrail metrics × treatments. */
export function compare(
  input: ExactInput,
  metric: ExactMetric,
  variant: string,
  options: { guardrails: number; bayes: boolean },
): Comparison {
  const pair = pairOf(input, metric, variant);
  const comparison: Comparison = {
    variant,
    control_value: valueOf(pair.control),
    value: valueOf(pair.treatment),
    difference: pair.difference,
    standard_error: pair.standardError,
    ...displayed(pair),
    ...deciding(pair),
    bayes: options.bayes ? bayes(pair) : NO_READOUT,
    ...(metric.role === 'primary' &&
      input.segments && {
        sequence_of_harm: sequence(pair, decidingVariance(pair, 0), alphaOfHarm(input)),
      }),
    ...(metric.role === 'guardrail' && { guardrail: guardrail(pair, options.guardrails) }),
    ...(pair.cuped && { cuped: cupedReadout(pair, pair.cuped) }),
    ...(metric.days && { novelty: novelty(input, metric, variant) }),
  };
  const notes = notesOf(pair, comparison);
  return notes.length > 0 ? { ...comparison, notes } : comparison;
}

/** The classical tests and intervals, from the unpooled or pooled variance. No decision rests on them. */
function displayed(pair: Pair): Pick<Comparison, 'z' | 'p_value' | 'welch_df' | 'relative' | 'absolute'> {
  const level = levelOf(pair);
  const df = isMean(pair) ? welchDf(pair) : null;
  const z = zOf(pair);
  const critical = isMean(pair) && df === null ? null : criticalValue(level, df);
  return {
    z,
    p_value: isRate(pair) ? pooledPValue(pair) : z === null ? null : twoSided(z, df),
    ...(isMean(pair) && { welch_df: df }),
    relative: relative(pair, critical, level),
    absolute: absolute(pair, critical, level),
  };
}

/** What decides, all from the deciding variance V_0. */
function deciding(pair: Pair): Pick<Comparison, 'estimate' | 'valid_now' | 'final' | 'sequence'> {
  const variance = decidingVariance(pair, 0);
  const always = sequence(pair, variance);
  const once = finalTest(pair, variance, isMean(pair) ? finalDf(pair) : null, twoSided);
  const kind = pair.input.at_horizon ? 'final' : 'sequence';
  const { lower, upper, relative_lower, relative_upper } = kind === 'final' ? once : always;
  return {
    estimate: estimate(pair, variance),
    valid_now: { kind, lower, upper, relative_lower, relative_upper },
    final: once,
    sequence: always,
  };
}

/** Welch's degrees of freedom; without a spread, those of all units. */
function finalDf(pair: Pair): number {
  return welchDf(pair) ?? pair.nC + pair.nT - 2;
}

/**
 * d·τ²/(τ²+V_0), the posterior mean of the difference if true differences are normal around 0 with standard deviation
 * τ: that of past experiments, or the least effect that the plan is after. Source: Gelman, Hill (2007), Data Analysis
 * Using Regression, § 18.
 */
function estimate({ difference, mC, metric, input }: Pair, variance: number | null): number | null {
  const spread = metric.prior_sd ?? (input.mde !== undefined && mC !== null ? input.mde * Math.abs(mC) : 0);
  if (!spread || !variance) return null;
  return difference! / (1 + variance / (spread * spread));
}

/** Primaries at 1 − α final, guardrails at 1 − α guardrail, secondaries at 0.95. */
function levelOf({ input: { alpha }, metric: { role } }: Pair): number {
  switch (role) {
    case 'primary':
      return 1 - alpha.final;
    case 'guardrail':
      return 1 - alpha.guardrail;
    case 'secondary':
      return 0.95;
  }
}

function isMean({ metric }: Pair): boolean {
  return metric.statistics.estimator.method === 'mean';
}

function zOf({ difference, standardError }: Pair): number | null {
  return difference === null || !standardError ? null : difference / standardError;
}

/** p-value of Student's t with `df` degrees of freedom, of the normal distribution if that is null. */
function twoSided(z: number, df: number | null): number {
  return df === null ? Math.min(1, 2 * normalUpperTail(Math.abs(z))) : tTwoSided(z, df);
}

/** The pooled z test of two rates. */
function pooledPValue(pair: Pair): number | null {
  const { difference, standardError } = pair;
  if (difference === null || standardError === null) return null;
  const variance = pooledTestVariance(pair);
  return variance === 0 ? null : twoSided(difference / Math.sqrt(variance), null);
}

const NO_READOUT: Comparison['bayes'] = {
  chance_to_win: null,
  expected_loss: null,
  credible: { level: CREDIBLE_LEVEL, lower: null, upper: null },
};

function bayes(pair: Pair): Comparison['bayes'] {
  const { control, treatment, difference, standardError, metric, strata, cuped } = pair;
  const sign = metric.direction === 'increase' ? 1 : -1;
  if (standardError === null || difference === null) return NO_READOUT;
  if (isRate(pair) && !strata && !cuped) {
    return betaReadout(countsOf(control), countsOf(treatment), difference, sign);
  }
  return standardError === 0 ? NO_READOUT : normalReadout(difference, standardError, sign);
}

/** Why fields are null. */
function notesOf(pair: Pair, { relative, sequence, final }: Comparison): NoteCode[] {
  const { control, treatment, standardError, mC, metric } = pair;
  const notes: NoteCode[] = [];
  if (control.n < 2n || treatment.n < 2n) notes.push('too_few_units');
  if (metric.awaits_threshold) return [...notes, 'no_threshold'];
  const noDenominator = [control, treatment].some((arm) => arm.n > 0n && arm.value === null);
  if (noDenominator) notes.push('zero_denominator');
  if (standardError === 0) notes.push('zero_variance');
  if (mC === 0) notes.push('control_is_zero');
  if (!hasLift(pair)) return [...notes, 'beyond_margin'];
  const limits = [sequence, final].some((one) => one.lower !== null && one.relative_lower === null);
  if (standardError && mC && (!relative.bounded || limits)) notes.push('unbounded');
  return notes;
}
