import { normalUpperTail } from './distributions.js';
import { errorRateEvidence, type ErrorRateEvidence } from './error-rate.js';
import type { GuardrailEvidence } from './evidence.js';
import { countsOf, isRate, pooledRateVariance, pooledVariance, type Pair } from './pair.js';
import { logOneSidedE } from './sequential.js';

/** A rate that should rise can fall by less than all of itself. */
const LARGEST_DECREASE = 0.999;

/** Evidence for and against harm beyond the margin. `guardrails` is G: guardrail metrics × treatments. */
export function guardrail(pair: Pair, guardrails: number): GuardrailEvidence {
  const { metric, input } = pair;
  const alpha = input.alpha.guardrail;
  const margin = metric.margin!;
  const z = harmfulZ(pair, margin);
  const isExact = metric.statistics.guardrail === 'exact';
  const evidence = isExact ? exact(pair, margin, z) : approximate(pair, z);
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
  const parts = (pair.strata ?? [{ pair }]).map((part) => exactOf(part.pair, margin));
  const sum = (log: (part: ErrorRateEvidence) => number): number =>
    parts.reduce((total, part) => total + log(part), 0);
  return {
    log_e_harm: sum((part) => part.log_e_harm),
    log_e_non_inferior: sum((part) => part.log_e_non_inferior),
    p_value: pair.strata ? z && normalUpperTail(z) : parts[0]!.p_value,
  };
}

function exactOf({ input, variant, control, treatment, allocation, metric }: Pair, margin: number) {
  return errorRateEvidence(
    { treatment: countsOf(treatment).y, control: countsOf(control).y },
    { treatment: allocation[variant]!, control: allocation[input.control]! },
    metric.direction === 'decrease' ? margin : -Math.min(margin, LARGEST_DECREASE),
  );
}

/** Z against the boundary m_C ± margin·|m_C|, positive on the harmful side. */
function harmfulZ(pair: Pair, margin: number): number | null {
  const { metric, difference, mC, vC, vT, standardError } = pair;
  if (difference === null || mC === null || vC === null || vT === null || !standardError) return null;
  const harmful = metric.direction === 'decrease' ? 1 : -1;
  const hasMargin = metric.statistics.guardrail === 'margin_in_sums';
  const r = hasMargin ? 0 : harmful * margin * (mC < 0 ? -1 : 1);
  const q = 1 + r;
  const variance = Math.max(
    vT + q * q * vC,
    isRate(pair) ? pooledRateVariance(pair, q) : pooledVariance(pair, q),
  );
  return (harmful * (difference - r * mC)) / Math.sqrt(variance);
}
