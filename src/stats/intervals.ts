import { normalQuantile, tQuantileOf } from './distributions.js';
import type { Comparison, Limits } from './evidence.js';
import type { Pair } from './pair.js';
import { divide, subtract, toNumber } from './rational.js';
import { sequenceMultiplier, sequencePValue } from './sequential.js';

interface Interval {
  lower: number;
  upper: number;
}

export const NO_LIMITS: Limits = { lower: null, upper: null, relative_lower: null, relative_upper: null };

/**
 * Fieller's interval of the relative lift, {r : |m_T − (1+r)·m_C| ≤ c·√(v_T + (1+r)²·v_C)}, relative to |m_C|: where
 * the control is below zero, the limits of r are multiplied by −1 and exchanged. Null if it is not a bounded interval.
 * Source: Fieller (1954), J. R. Statist. Soc. B 16, 175–185.
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
  const [least, greatest] = [Math.min(...roots), Math.max(...roots)];
  return mC < 0 ? { lower: 0 - greatest, upper: 0 - least } : { lower: least, upper: greatest };
}

/**
 * Whether the difference over the control is a lift. It is none where the margin is in the sums: then the values of the
 * treatments are told beyond the margin, and those of the control without it.
 */
export function hasLift({ metric }: Pair): boolean {
  return metric.role !== 'guardrail' || metric.statistics.guardrail !== 'margin_in_sums';
}

/** The fixed-sample interval of the lift, for display. */
export function relative(pair: Pair, critical: number | null, level: number): Comparison['relative'] {
  const { difference, mC, vC, vT, standardError } = pair;
  if (!hasLift(pair)) return { lift: null, lower: null, upper: null, level, bounded: false };
  const interval =
    critical !== null && difference !== null && mC && vC !== null && vT !== null && standardError
      ? fieller(difference, mC, vT, vC, critical)
      : null;
  return {
    lift: liftOf(pair),
    lower: interval?.lower ?? null,
    upper: interval?.upper ?? null,
    level,
    bounded: interval !== null,
  };
}

/** d/|m_C|. */
function liftOf({ control, treatment }: Pair): number | null {
  if (!control.value || !treatment.value || control.value.n === 0n) return null;
  const ratio = toNumber(divide(subtract(treatment.value, control.value), control.value));
  // 0 − 0 is 0; −0 would not survive JSON.
  return control.value.n < 0n ? 0 - ratio : ratio;
}

/** The fixed-sample interval of the difference, for display. */
export function absolute(pair: Pair, critical: number | null, level: number): Comparison['absolute'] {
  const { difference, standardError } = pair;
  if (difference === null || !standardError || critical === null) return { lower: null, upper: null, level };
  return {
    lower: difference - critical * standardError,
    upper: difference + critical * standardError,
    level,
  };
}

/**
 * The limits d ± c·√V. The relative ones are Fieller's with both variances multiplied by V/(v_T+v_C); without a spread
 * in the arms they are the absolute ones over |m_C|.
 *
 * @param variance V_0, greater than 0
 */
function limitsOf(pair: Pair, variance: number, critical: number): Limits {
  const { difference, mC, vC, vT } = pair;
  const half_width = critical * Math.sqrt(variance);
  const [lower, upper] = [difference! - half_width, difference! + half_width];
  if (!mC || !hasLift(pair)) return { ...NO_LIMITS, lower, upper };
  const unpooled = vT! + vC!;
  const inflation = variance / unpooled;
  const interval =
    unpooled === 0
      ? { lower: lower / Math.abs(mC), upper: upper / Math.abs(mC) }
      : fieller(difference!, mC, vT! * inflation, vC! * inflation, critical);
  return { lower, upper, relative_lower: interval?.lower ?? null, relative_upper: interval?.upper ?? null };
}

/**
 * The confidence sequence, valid at every look.
 *
 * @param variance V_0
 * @param alpha how often it may err, at whatever number of looks
 */
export function sequence(
  pair: Pair,
  variance: number | null,
  alpha = pair.input.alpha.interim,
): Comparison['sequence'] {
  const { nC, nT, difference, input } = pair;
  if (!variance) return { alpha, half_width: null, ...NO_LIMITS, p_value: null };
  const units = nC + nT;
  const c = sequenceMultiplier(alpha, input.planned_units, units);
  return {
    alpha,
    half_width: c * Math.sqrt(variance),
    ...limitsOf(pair, variance, c),
    p_value: sequencePValue(alpha, input.planned_units, units, difference! / Math.sqrt(variance)),
  };
}

/**
 * The fixed test that decides, valid once: Student's t for means, normal otherwise.
 *
 * @param variance V_0
 * @param twoSided p-value of a Z
 * @param df of Student's t; null takes the normal distribution
 */
export function finalTest(
  pair: Pair,
  variance: number | null,
  df: number | null,
  twoSided: (z: number, df: number | null) => number,
): Comparison['final'] {
  if (!variance) return { z: null, p_value: null, ...NO_LIMITS };
  const z = pair.difference! / Math.sqrt(variance);
  const critical = criticalValue(1 - pair.input.alpha.final, df);
  return { z, p_value: twoSided(z, df), ...limitsOf(pair, variance, critical) };
}

/** Half the width of an interval in standard errors: Student's with `df` degrees of freedom, normal if that is null. */
export function criticalValue(level: number, df: number | null): number {
  const p = (1 + level) / 2;
  return df === null ? normalQuantile(p) : tQuantileOf(p, df);
}
