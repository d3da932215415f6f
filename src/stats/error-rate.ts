import { betaCdf, logBetaSides, logSumExp } from './distributions.js';

/**
 * Shares of two Beta priors and their total weights k; the mean of each is the treatment's share of the allocation. The
 * heavy one finds small harm with fewest errors, the light one sees a disaster early: 10 errors against none.
 */
const PRIORS = [
  { share: 0.8, weight: 20 },
  { share: 0.2, weight: 2 },
] as const;

/** What was counted while the allocation stayed as it was. */
export interface ErrorStage {
  /** Units that erred. */
  errors: { treatment: number; control: number };
  /** Of the arms in the allocation, in any scale. */
  weights: { treatment: number; control: number };
}

export interface ErrorRateEvidence {
  log_e_harm: number;
  log_e_non_inferior: number;
  /** One-sided for harm, exact for a single stage; over several it is that of all their errors at the first split. */
  p_value: number;
}

/**
 * Of all units that err, the number in the treatment is binomial; at the margin its rate is
 * θ₀ = w_T(1+m)/(w_T(1+m)+w_C). This gives an exact e-process from the first unit on, with Beta priors that are
 * restricted to the harmful (or the harmless) side. The e-values of several stages multiply, prior by prior.
 *
 * @param margin relative and signed: below 0 if fewer is worse
 * @param harmful which side of the boundary is harm
 */
export function errorRateEvidence(
  stages: readonly ErrorStage[],
  margin: number,
  harmful: 'more' | 'fewer' = 'more',
): ErrorRateEvidence {
  const sides = { more: [] as number[], fewer: [] as number[] };
  for (const { share, weight } of PRIORS) {
    const own = stages.map((stage) => logEs(stage, margin, weight));
    for (const side of ['more', 'fewer'] as const) {
      sides[side].push(own.reduce((sum, log) => sum + log[side], Math.log(share)));
    }
  }
  const [more, fewer] = [logSumExp(sides.more), logSumExp(sides.fewer)];
  return {
    log_e_harm: harmful === 'more' ? more : fewer,
    log_e_non_inferior: harmful === 'more' ? fewer : more,
    p_value: exactPValue(stages, margin, harmful),
  };
}

function boundary({ weights }: ErrorStage, margin: number): number {
  const shifted = weights.treatment * (1 + margin);
  return shifted / (shifted + weights.control);
}

/** ln E on both sides of the boundary, for one prior. */
function logEs(stage: ErrorStage, margin: number, weight: number): Record<'more' | 'fewer', number> {
  const { treatment: s, control: f } = stage.errors;
  const { weights } = stage;
  const theta = boundary(stage, margin);
  const a = (weight * weights.treatment) / (weights.treatment + weights.control);
  const b = (weight * weights.control) / (weights.treatment + weights.control);
  // E = B(a+s, b+f)·I(a+s, b+f)/(B(a, b)·I(a, b)·θ₀^s·(1−θ₀)^f), in which the kernels of both I cancel the rest.
  const [before, after] = [logBetaSides(theta, a, b), logBetaSides(theta, a + s, b + f)];
  return { more: after.upper - before.upper, fewer: after.lower - before.lower };
}

function exactPValue(stages: readonly ErrorStage[], margin: number, harmful: 'more' | 'fewer'): number {
  const s = stages.reduce((sum, { errors }) => sum + errors.treatment, 0);
  const f = stages.reduce((sum, { errors }) => sum + errors.control, 0);
  const theta = boundary(stages[0]!, margin);
  if (harmful === 'more') return s === 0 ? 1 : betaCdf(theta, s, f + 1);
  return f === 0 ? 1 : betaCdf(1 - theta, f, s + 1);
}
