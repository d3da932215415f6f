import { betaReadout, normalReadout } from './bayes.js';
import { normalQuantile, normalUpperTail, tQuantileOf, tTwoSided } from './distributions.js';
import { errorRateEvidence, type ErrorRateEvidence } from './error-rate.js';
import type { Comparison, GuardrailEvidence, NoteCode } from './evidence.js';
import type { AnalyzeInput, MetricInput, MetricSums } from './input.js';
import { noveltyOf, type Novelty } from './novelty.js';
import {
  countsOf,
  cupedReadout,
  isRate,
  pairOf,
  pooledRateVariance,
  pooledTestVariance,
  pooledVariance,
  valueOf,
  welchDf,
  type Pair,
} from './pair.js';
import { divide, subtract, toNumber } from './rational.js';
import { logOneSidedE, sequenceMultiplier, sequencePValue } from './sequential.js';
import type { ArmSums } from './arm-sums.js';

/** A rate that should rise can fall by less than all of itself. */
const LARGEST_DECREASE = 0.999;

/** One treatment against the control, for one metric. `options.guardrails` is G: guardrail metrics × treatments. */
export function compare(
  input: AnalyzeInput,
  metric: MetricInput,
  { sums, days, strata }: MetricSums,
  variant: string,
  options: { guardrails: number; bayes: boolean },
): Comparison {
  const pair = pairOf(input, metric, sums, variant, strata);
  const level = levelOf(input, metric);
  const df = metric.kind === 'mean' ? welchDf(pair) : null;
  const z = zOf(pair);
  const critical = criticalValue(level, metric.kind === 'mean', df);
  const comparison: Comparison = {
    variant,
    control_value: valueOf(pair.control),
    value: valueOf(pair.treatment),
    difference: pair.difference,
    standard_error: pair.standardError,
    z,
    p_value: pValue(pair, z, df),
    ...(metric.kind === 'mean' && { welch_df: df }),
    relative: relative(pair, critical, level),
    absolute: absolute(pair, critical, level),
    sequence: sequence(pair),
    bayes: options.bayes ? bayes(pair) : NO_READOUT,
    ...(metric.role === 'guardrail' && { guardrail: guardrail(pair, options.guardrails) }),
    ...(pair.cuped && { cuped: cupedReadout(pair, pair.cuped) }),
    ...(metric.days && { novelty: novelty(input, metric, days, variant) }),
  };
  const notes = notesOf(pair, comparison);
  return notes.length > 0 ? { ...comparison, notes } : comparison;
}

/** Primaries at 1 − α final, guardrails at 1 − α guardrail, secondaries at 0.95. */
function levelOf({ alpha }: AnalyzeInput, { role }: MetricInput): number {
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
  switch (pair.metric.kind) {
    case 'mean':
      return z === null || df === null ? null : tTwoSided(z, df);
    case 'ratio':
    case 'quantile':
      return z === null ? null : twoSided(z);
    case 'proportion':
    case 'error_rate':
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

interface Interval {
  lower: number;
  upper: number;
}

/**
 * Fieller's interval of the relative lift, {r : |m_T − (1+r)·m_C| ≤ c·√(v_T + (1+r)²·v_C)}; null where it is not
 * a bounded interval. Source: Fieller (1954), J. R. Statist. Soc. B 16, 175–185.
 */
function fieller(difference: number, mC: number, vT: number, vC: number, c: number): Interval | null {
  const cc = c * c;
  const lead = mC * mC - cc * vC;
  if (!(lead > 0)) return null;
  const mT = mC + difference;
  const discriminant = cc * (mT * mT * vC + mC * mC * vT - cc * vT * vC);
  if (discriminant < 0) return null;
  const middle = difference * mC + cc * vC;
  const far = middle >= 0 ? middle + Math.sqrt(discriminant) : middle - Math.sqrt(discriminant);
  const last = difference * difference - cc * (vT + vC);
  const roots = [far / lead, far === 0 ? 0 : last / far];
  return { lower: Math.min(...roots), upper: Math.max(...roots) };
}

function relative(pair: Pair, critical: number | null, level: number): Comparison['relative'] {
  const { control, treatment, difference, mC, vC, vT, standardError } = pair;
  const lift =
    control.value && treatment.value && control.value.n !== 0n
      ? toNumber(divide(subtract(treatment.value, control.value), control.value))
      : null;
  const interval =
    critical !== null && difference !== null && mC && vC !== null && vT !== null && standardError
      ? fieller(difference, mC, vT, vC, critical)
      : null;
  return {
    lift,
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
    level,
    bounded: interval !== null,
  };
}

function absolute(pair: Pair, critical: number | null, level: number): Comparison['absolute'] {
  const { difference, standardError } = pair;
  if (difference === null || !standardError || critical === null) return { lower: null, upper: null, level };
  return {
    lower: difference - critical * standardError,
    upper: difference + critical * standardError,
    level,
  };
}

/** The confidence sequence takes the greater of the unpooled and the pooled variance, lest unequal arms break it. */
function sequence(pair: Pair): Comparison['sequence'] {
  const { difference, standardError, vC, vT, mC, nC, nT, input } = pair;
  const alpha = input.alpha.interim;
  const none = {
    alpha,
    half_width: null,
    lower: null,
    upper: null,
    relative_lower: null,
    relative_upper: null,
    p_value: null,
  };
  if (difference === null || !standardError || vC === null || vT === null) return none;
  const unpooled = standardError * standardError;
  const variance = Math.max(unpooled, pooledVariance(pair, 1));
  const units = nC + nT;
  const c = sequenceMultiplier(alpha, input.planned_units, units);
  const half_width = c * Math.sqrt(variance);
  const inflation = variance / unpooled;
  const interval = mC ? fieller(difference, mC, vT * inflation, vC * inflation, c) : null;
  return {
    alpha,
    half_width,
    lower: difference - half_width,
    upper: difference + half_width,
    relative_lower: interval?.lower ?? null,
    relative_upper: interval?.upper ?? null,
    p_value: sequencePValue(alpha, input.planned_units, units, difference / Math.sqrt(variance)),
  };
}

const NO_READOUT = { chance_to_win: null, expected_loss: null };

function bayes(pair: Pair): Comparison['bayes'] {
  const { controlSums, treatmentSums, difference, standardError, metric, strata } = pair;
  const sign = metric.direction === 'increase' ? 1 : -1;
  if (standardError === null || difference === null) return NO_READOUT;
  if (isRate(pair) && !strata) return betaReadout(countsOf(controlSums), countsOf(treatmentSums), sign);
  return standardError === 0 ? NO_READOUT : normalReadout(sign * difference, standardError);
}

/** Fewer units than these, of one day in one arm, have a variance that says nothing. */
const UNITS_A_DAY = 100n;

function novelty(
  input: AnalyzeInput,
  metric: MetricInput,
  days: readonly Record<string, ArmSums>[],
  variant: string,
): Novelty | null {
  return noveltyOf(
    days.flatMap((sums, index) => {
      const { control, treatment, difference, standardError } = pairOf(input, metric, sums, variant);
      if (control.n < UNITS_A_DAY || treatment.n < UNITS_A_DAY) return [];
      if (difference === null || standardError === null) return [];
      return [{ day: metric.days![index]!.day, difference, variance: standardError ** 2 }];
    }),
  );
}

/** Evidence for and against harm beyond the margin. `guardrails` is G: guardrail metrics × treatments. */
function guardrail(pair: Pair, guardrails: number): GuardrailEvidence {
  const { metric, input } = pair;
  const alpha = input.alpha.guardrail;
  const margin = metric.margin!;
  const z = harmfulZ(pair, margin);
  const evidence = metric.kind === 'error_rate' ? exact(pair, margin, z) : approximate(pair, z);
  const { log_e_harm, log_e_non_inferior } = evidence;
  return {
    margin,
    z,
    ...evidence,
    harm: log_e_harm !== null && log_e_harm >= Math.log(guardrails / alpha),
    non_inferior: log_e_non_inferior !== null && log_e_non_inferior >= Math.log(1 / alpha),
  };
}

type EValues = Pick<GuardrailEvidence, 'log_e_harm' | 'log_e_non_inferior' | 'p_value'>;

function approximate({ input, nC, nT }: Pair, z: number | null): EValues {
  if (z === null) return { log_e_harm: null, log_e_non_inferior: null, p_value: null };
  const e = (score: number): number =>
    logOneSidedE(input.alpha.guardrail, input.planned_units, nC + nT, score);
  return { log_e_harm: e(z), log_e_non_inferior: e(-z), p_value: normalUpperTail(z) };
}

/** Stratum by stratum: e-values of independent strata multiply. Their common p-value is that of Z. */
function exact(pair: Pair, margin: number, z: number | null): EValues {
  const parts = (pair.strata ?? [{ pair }]).map(({ pair: one }) => exactOf(one, margin));
  const sum = (of: (one: ErrorRateEvidence) => number): number =>
    parts.reduce((log, one) => log + of(one), 0);
  return {
    log_e_harm: sum((one) => one.log_e_harm),
    log_e_non_inferior: sum((one) => one.log_e_non_inferior),
    p_value: pair.strata ? z && normalUpperTail(z) : parts[0]!.p_value,
  };
}

function exactOf({ input, variant, controlSums, treatmentSums, allocation, metric }: Pair, margin: number) {
  return errorRateEvidence(
    { treatment: countsOf(treatmentSums).y, control: countsOf(controlSums).y },
    { treatment: allocation[variant]!, control: allocation[input.control]! },
    metric.direction === 'decrease' ? margin : -Math.min(margin, LARGEST_DECREASE),
  );
}

/** Z against the boundary m_C ± margin·|m_C|, positive on the harmful side. */
function harmfulZ(pair: Pair, margin: number): number | null {
  const { metric, difference, mC, vC, vT, standardError } = pair;
  if (difference === null || mC === null || vC === null || vT === null || !standardError) return null;
  const harmful = metric.direction === 'decrease' ? 1 : -1;
  // The slow requests of a quantile are counted against a threshold that has the margin in it already.
  const r = metric.kind === 'quantile' ? 0 : harmful * margin * (mC < 0 ? -1 : 1);
  const q = 1 + r;
  const variance = Math.max(
    vT + q * q * vC,
    isRate(pair) ? pooledRateVariance(pair, q) : pooledVariance(pair, q),
  );
  return (harmful * (difference - r * mC)) / Math.sqrt(variance);
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
