import type { HarmExclusion } from './evidence.js';
import { guardrail } from './guardrail.js';
import type { ExactInput, ExactMetric } from './input.js';
import { countsOf, pairOf, type Pair } from './pair.js';

/** How often the limit of an error rate without errors may be wrong, at whatever number of looks. */
const ALPHA = 0.05;

/**
 * Evidence that a guardrail's relative harm is below `harm`.
 *
 * @param floor the rate of errors below which nobody minds a relative harm: where no arm has an error, there is no other
 *   way to exclude one
 */
export function exclusion(
  input: ExactInput,
  metric: ExactMetric,
  variant: string,
  harm: number,
  floor: number,
): HarmExclusion {
  const { statistics, margin = 0 } = metric;
  // A quantile's sums count against one margin: what is proven for it holds for every larger harm, and for no smaller.
  const isFixed = statistics.guardrail === 'margin_in_sums';
  const pair = pairOf(input, isFixed ? metric : { ...metric, margin: harm }, variant);
  const log_e = isFixed && harm < margin ? null : guardrail(pair, 1).log_e_non_inferior;
  return {
    harm,
    log_e,
    error_free_limit: statistics.guardrail === 'exact' ? errorFreeLimit(pair, floor) : null,
  };
}

/**
 * Upper limit of the treatment's rate after n units without an error, valid at every n: 1 − (α·b/(b+n))^(1/n), from the
 * beta-binomial martingale with the prior Beta(1, b), b = 1/floor. Null where there was an error, or no unit.
 */
function errorFreeLimit({ control, treatment }: Pair, floor: number): number | null {
  const [errors, n] = [countsOf(control).y + countsOf(treatment).y, Number(treatment.n)];
  if (errors > 0 || n === 0) return null;
  const b = 1 / floor;
  return -Math.expm1(Math.log((ALPHA * b) / (b + n)) / n);
}
