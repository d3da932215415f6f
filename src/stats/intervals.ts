import type { Comparison } from './evidence.js';
import { pooledVariance, type Pair } from './pair.js';
import { divide, subtract, toNumber } from './rational.js';
import { sequenceMultiplier, sequencePValue } from './sequential.js';

interface Interval {
  lower: number;
  upper: number;
}

/**
 * Fieller's interval of the relative lift, {r : |m_T − (1+r)·m_C| ≤ c·√(v_T + (1+r)²·v_C)}; null if it is not
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

export function relative(pair: Pair, critical: number | null, level: number): Comparison['relative'] {
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

export function absolute(pair: Pair, critical: number | null, level: number): Comparison['absolute'] {
  const { difference, standardError } = pair;
  if (difference === null || !standardError || critical === null) return { lower: null, upper: null, level };
  return {
    lower: difference - critical * standardError,
    upper: difference + critical * standardError,
    level,
  };
}

/** Takes the greater of the unpooled and the pooled variance: with unequal arms either alone may be too small. */
export function sequence(pair: Pair): Comparison['sequence'] {
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
