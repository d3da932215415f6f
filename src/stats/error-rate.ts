import { betaCdf, logBeta, logBetaCdf } from './distributions.js';

/** Total weight of the Beta prior; its mean is the treatment's share of the allocation. */
const PRIOR = 20;

export interface ErrorRateEvidence {
  log_e_harm: number;
  log_e_non_inferior: number;
  /** One-sided for harm, exact. */
  p_value: number;
}

/**
 * Of all units that err, the number in the treatment is binomial; at the margin its rate is
 * θ₀ = w_T(1+m)/(w_T(1+m)+w_C). This gives an exact e-process from the first unit on, with a Beta prior that is
 * restricted to the harmful (or the harmless) side.
 *
 * @param errors units that erred in treatment and control
 * @param weights of treatment and control in the allocation
 * @param margin relative
 */
export function errorRateEvidence(
  errors: { treatment: number; control: number },
  weights: { treatment: number; control: number },
  margin: number,
): ErrorRateEvidence {
  const { treatment: s, control: f } = errors;
  const harmed = weights.treatment * (1 + margin);
  const theta = harmed / (harmed + weights.control);
  const a = (PRIOR * weights.treatment) / (weights.treatment + weights.control);
  const b = PRIOR - a;
  const bound = logBeta(a + s, b + f) - logBeta(a, b) - s * Math.log(theta) - f * Math.log1p(-theta);
  const upper = (x: number, y: number): number => logBetaCdf(1 - theta, y, x);
  const lower = (x: number, y: number): number => logBetaCdf(theta, x, y);
  return {
    log_e_harm: bound + upper(a + s, b + f) - upper(a, b),
    log_e_non_inferior: bound + lower(a + s, b + f) - lower(a, b),
    p_value: s === 0 ? 1 : betaCdf(theta, s, f + 1),
  };
}
