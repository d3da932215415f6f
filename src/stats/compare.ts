import { adjusted, cupedOf, type Cuped } from './cuped.js';
import { betaReadout, normalReadout } from './bayes.js';
import { normalQuantile, normalUpperTail, tQuantileOf, tTwoSided } from './distributions.js';
import { errorRateEvidence } from './error-rate.js';
import type { Comparison, GuardrailEvidence, NoteCode } from './evidence.js';
import type { AnalyzeInput, MetricInput } from './input.js';
import { add, divide, fraction, subtract, toNumber, type Rational } from './rational.js';
import { noveltyOf, type Novelty } from './novelty.js';
import { logOneSidedE, sequenceMultiplier, sequencePValue } from './sequential.js';
import { momentsOf, type ArmSums, type Moments } from './sufficient.js';

/** A rate that should rise can fall by less than all of itself. */
const LARGEST_DECREASE = 0.999;

/** Everything that the comparison of two arms rests on, exact where it is a difference. */
interface Pair {
  metric: MetricInput;
  input: AnalyzeInput;
  variant: string;
  control: Moments;
  treatment: Moments;
  controlSums: ArmSums;
  treatmentSums: ArmSums;
  nC: number;
  nT: number;
  mC: number | null;
  difference: number | null;
  /** Variances of the two values; null where there are fewer than two units in either arm. */
  vC: number | null;
  vT: number | null;
  /** √(v_T + v_C), taken exactly before the root. */
  standardError: number | null;
  cuped: Cuped | null;
}

/** One treatment against the control, for one metric. `options.guardrails` is G: guardrail metrics × treatments. */
export function compare(
  input: AnalyzeInput,
  metric: MetricInput,
  sums: Record<string, ArmSums>,
  days: readonly Record<string, ArmSums>[],
  variant: string,
  options: { guardrails: number; bayes: boolean },
): Comparison {
  const pair = pairOf(input, metric, sums, variant);
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

function pairOf(
  input: AnalyzeInput,
  metric: MetricInput,
  sums: Record<string, ArmSums>,
  variant: string,
): Pair {
  const controlSums = sums[input.control]!;
  const treatmentSums = sums[variant]!;
  const scale = BigInt(metric.scale ?? 1);
  const cuped = cupedOf(sums);
  const of = (arm: ArmSums): Moments =>
    cuped && arm.kind === 'mean' ? adjusted(arm, scale, cuped) : momentsOf(arm, scale);
  const control = of(controlSums);
  const treatment = of(treatmentSums);
  const variances = control.variance && treatment.variance;
  return {
    metric,
    input,
    variant,
    control,
    treatment,
    controlSums,
    treatmentSums,
    nC: Number(control.n),
    nT: Number(treatment.n),
    mC: valueOf(control),
    difference: control.value && treatment.value ? toNumber(subtract(treatment.value, control.value)) : null,
    vC: variances ? toNumber(control.variance!) : null,
    vT: variances ? toNumber(treatment.variance!) : null,
    standardError: variances ? Math.sqrt(toNumber(add(control.variance!, treatment.variance!))) : null,
    cuped,
  };
}

function valueOf({ value }: Moments): number | null {
  return value && toNumber(value);
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

/** Welch–Satterthwaite. */
function welchDf({ vC, vT, nC, nT }: Pair): number | null {
  if (vC === null || vT === null || vC + vT === 0) return null;
  const sum = vC + vT;
  const [c, t] = [vC / sum, vT / sum];
  return 1 / ((c * c) / (nC - 1) + (t * t) / (nT - 1));
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

/** The pooled z test of two proportions; its square is the χ² statistic of the two by two table. */
function pooledPValue({ control, treatment, difference, standardError }: Pair): number | null {
  if (!control.value || !treatment.value || difference === null || standardError === null) return null;
  const n = control.n + treatment.n;
  const y = successes(control) + successes(treatment);
  const variance = toNumber(fraction(y * (n - y), n * control.n * treatment.n));
  return variance === 0 ? null : twoSided(difference / Math.sqrt(variance));
}

/** Σy of a proportion, whose value is Σy/n. */
function successes({ value }: Moments): bigint {
  return value!.n;
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

/** The pooled variance of m_T − q·m_C that every kind has: as if both arms had one variance per unit. */
function pooledVariance({ vC, vT, nC, nT }: Pair, q: number): number {
  return ((1 / nT + 1 / nC) * ((nT - 1) * nT * vT! + q * q * (nC - 1) * nC * vC!)) / (nT + nC - 2);
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
  const { control, treatment, controlSums, treatmentSums, difference, standardError, metric } = pair;
  const sign = metric.direction === 'increase' ? 1 : -1;
  if (standardError === null || difference === null) return NO_READOUT;
  if (controlSums.kind === 'proportion' || controlSums.kind === 'error_rate') {
    return betaReadout(counts(control, controlSums), counts(treatment, treatmentSums), sign);
  }
  return standardError === 0 ? NO_READOUT : normalReadout(sign * difference, standardError);
}

function counts(moments: Moments, sums: ArmSums): { n: number; y: number } {
  const y = sums.kind === 'proportion' ? sums.sum : sums.kind === 'error_rate' ? sums.errors : 0n;
  return { n: Number(moments.n), y: Number(y) };
}

function cupedReadout(
  { controlSums, treatmentSums, control, treatment, metric }: Pair,
  { theta }: Cuped,
): NonNullable<Comparison['cuped']> {
  const scale = BigInt(metric.scale ?? 1);
  const [rawC, rawT] = [momentsOf(controlSums, scale).variance, momentsOf(treatmentSums, scale).variance];
  const raw = rawC && rawT && add(rawC, rawT);
  const left: Rational | null =
    control.variance && treatment.variance && add(control.variance, treatment.variance);
  return {
    theta: toNumber(theta),
    variance_saved: raw && left && raw.n !== 0n ? toNumber(divide(subtract(raw, left), raw)) : null,
  };
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
  const evidence = metric.kind === 'error_rate' ? exact(pair, margin) : approximate(pair, z);
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

function exact(
  { input, variant, control, treatment, controlSums, treatmentSums, metric }: Pair,
  margin: number,
): EValues {
  return errorRateEvidence(
    { treatment: counts(treatment, treatmentSums).y, control: counts(control, controlSums).y },
    { treatment: input.allocation[variant]!, control: input.allocation[input.control]! },
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
  const variance = Math.max(vT + q * q * vC, pooledAtMargin(pair, q));
  return (harmful * (difference - r * mC)) / Math.sqrt(variance);
}

function pooledAtMargin(pair: Pair, q: number): number {
  const { metric, control, treatment, nC, nT } = pair;
  if (metric.kind !== 'proportion' && metric.kind !== 'error_rate') return pooledVariance(pair, q);
  const total = Number(successes(control) + successes(treatment));
  const p = total / (q * nT + nC);
  const shifted = Math.min(1, q * p);
  return (shifted * (1 - shifted)) / nT + (q * q * p * (1 - p)) / nC;
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
