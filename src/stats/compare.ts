import { betaReadout, normalReadout } from './bayes.js';
import { normalQuantile, normalUpperTail, tQuantileOf, tTwoSided } from './distributions.js';
import type { Comparison, NoteCode } from './evidence.js';
import { guardrail } from './guardrail.js';
import type { ExactInput, ExactMetric } from './input.js';
import { absolute, relative, sequence } from './intervals.js';
import { noveltyOf, type Novelty } from './novelty.js';
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

/** Compares one treatment with the control, for one metric. `options.guardrails` is G: guardrail metrics × treatments. */
export function compare(
  input: ExactInput,
  metric: ExactMetric,
  variant: string,
  options: { guardrails: number; bayes: boolean },
): Comparison {
  const pair = pairOf(input, metric, variant);
  const level = levelOf(input, metric);
  const isMean = metric.statistics.estimator.method === 'mean';
  const df = isMean ? welchDf(pair) : null;
  const z = zOf(pair);
  const critical = criticalValue(level, isMean, df);
  const comparison: Comparison = {
    variant,
    control_value: valueOf(pair.control),
    value: valueOf(pair.treatment),
    difference: pair.difference,
    standard_error: pair.standardError,
    z,
    p_value: pValue(pair, z, df),
    ...(isMean && { welch_df: df }),
    relative: relative(pair, critical, level),
    absolute: absolute(pair, critical, level),
    sequence: sequence(pair),
    bayes: options.bayes ? bayes(pair) : NO_READOUT,
    ...(metric.role === 'guardrail' && { guardrail: guardrail(pair, options.guardrails) }),
    ...(pair.cuped && { cuped: cupedReadout(pair, pair.cuped) }),
    ...(metric.days && { novelty: novelty(input, metric, variant, metric.days) }),
  };
  const notes = notesOf(pair, comparison);
  return notes.length > 0 ? { ...comparison, notes } : comparison;
}

/** Primaries at 1 − α final, guardrails at 1 − α guardrail, secondaries at 0.95. */
function levelOf({ alpha }: ExactInput, { role }: ExactMetric): number {
  switch (role) {
    case 'primary':
      return 1 - alpha.final;
    case 'guardrail':
      return 1 - alpha.guardrail;
    case 'secondary':
      return 0.95;
  }
}

function zOf({ difference, standardError }: Pair): number | null {
  return difference === null || !standardError ? null : difference / standardError;
}

function criticalValue(level: number, student: boolean, df: number | null): number | null {
  if (!student) return normalQuantile((1 + level) / 2);
  return df === null ? null : tQuantileOf((1 + level) / 2, df);
}

function pValue(pair: Pair, z: number | null, df: number | null): number | null {
  switch (pair.metric.statistics.estimator.method) {
    case 'mean':
      return z === null || df === null ? null : tTwoSided(z, df);
    case 'ratio':
      return z === null ? null : twoSided(z);
    case 'rate':
      return pooledPValue(pair);
  }
}

function twoSided(z: number): number {
  return Math.min(1, 2 * normalUpperTail(Math.abs(z)));
}

/** The pooled z test of two rates. */
function pooledPValue(pair: Pair): number | null {
  const { control, treatment, difference, standardError } = pair;
  if (!control.value || !treatment.value || difference === null || standardError === null) return null;
  const variance = pooledTestVariance(pair);
  return variance === 0 ? null : twoSided(difference / Math.sqrt(variance));
}

const NO_READOUT = { chance_to_win: null, expected_loss: null };

function bayes(pair: Pair): Comparison['bayes'] {
  const { control, treatment, difference, standardError, metric, strata } = pair;
  const sign = metric.direction === 'increase' ? 1 : -1;
  if (standardError === null || difference === null) return NO_READOUT;
  if (isRate(pair) && !strata) return betaReadout(countsOf(control), countsOf(treatment), sign);
  return standardError === 0 ? NO_READOUT : normalReadout(sign * difference, standardError);
}

/** With fewer units a day in an arm, the variance of that day says nothing. */
const UNITS_A_DAY = 100n;

function novelty(
  input: ExactInput,
  metric: ExactMetric,
  variant: string,
  days: NonNullable<ExactMetric['days']>,
): Novelty | null {
  return noveltyOf(
    days.flatMap(({ day, arms }) => {
      const pair = pairOf(input, metric, variant, { arms, strata: [] });
      const { control, treatment, difference, standardError } = pair;
      if (control.n < UNITS_A_DAY || treatment.n < UNITS_A_DAY) return [];
      if (difference === null || standardError === null) return [];
      return [{ day, difference, variance: standardError ** 2 }];
    }),
  );
}

function notesOf(pair: Pair, comparison: Comparison): NoteCode[] {
  const { control, treatment, standardError, mC } = pair;
  const notes: NoteCode[] = [];
  if (control.n < 2n || treatment.n < 2n) notes.push('too_few_units');
  const noDenominator = [control, treatment].some((arm) => arm.n > 0n && arm.value === null);
  if (noDenominator) notes.push('zero_denominator');
  if (standardError === 0) notes.push('zero_variance');
  if (mC === 0) notes.push('control_is_zero');
  const { relative, sequence } = comparison;
  const bounded = relative.bounded && (sequence.half_width === null || sequence.relative_lower !== null);
  if (standardError && mC && !bounded) notes.push('unbounded');
  return notes;
}
