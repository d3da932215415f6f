import type { Look } from '../lifecycle/look.js';
import type { Plan } from '../lifecycle/plan.js';
import { evidenceOf, primarySequences } from '../stats/analyze.js';
import type { Evidence } from '../stats/evidence.js';
import type { AnalyzeInput, ExactInput } from '../stats/input.js';
import { sampleRatio } from '../stats/srm.js';
import { parseInput } from '../stats/parse-input.js';
import { KINDS } from './kinds.js';

export interface EvidenceOptions {
  /** false leaves out the Bayesian readout. No decision reads it, and it takes most of the time. */
  bayes?: boolean;
  /** false leaves `wide` empty. Only the decision to give up on an effect reads it. */
  wide?: boolean;
}

/**
 * The evidence from sums in JSON. docs/statistics.md has the contract.
 *
 * @throws {AnalyzeInputError} naming every wrong field
 */
export function analyze(value: unknown, options: Pick<EvidenceOptions, 'bayes'> = {}): Evidence {
  return evidenceOf(parseInput(KINDS, value), options);
}

/**
 * The part of a look that is computed from its sums, under a plan.
 *
 * @throws {AnalyzeInputError} naming every wrong field
 */
export function evidenceFor(
  plan: Plan,
  input: AnalyzeInput,
  options: EvidenceOptions = {},
): Pick<Look, 'evidence' | 'wide'> {
  if (!isComparison(plan, input)) return NOTHING_COMPARED;
  return evidenceForExact(plan, parseInput(KINDS, input), options);
}

/** The same for an input that is exact already. */
export function evidenceForExact(
  plan: Plan,
  input: ExactInput,
  { bayes = true, wide = true }: EvidenceOptions = {},
): Pick<Look, 'evidence' | 'wide'> {
  if (!isComparison(plan, input)) return NOTHING_COMPARED;
  return { evidence: evidenceOf(input, { bayes }), wide: wide ? wideLimits(plan, input) : [] };
}

/**
 * The evidence where nobody is served the control any more, as after shipping without a holdback. The control's sums
 * from before are of another time: compared with them, true winners were rolled back and doubled errors stayed hidden.
 */
const NOTHING_COMPARED: Pick<Look, 'evidence' | 'wide'> = {
  evidence: { srm: sampleRatio([], []), metrics: [] },
  wide: [],
};

function isComparison({ control }: Plan, { allocation }: Pick<AnalyzeInput, 'allocation'>): boolean {
  return control in allocation;
}

/** The limits of the primaries' sequences at α = interim + final. */
function wideLimits({ policy }: Plan, input: ExactInput): Look['wide'] {
  const sequences = primarySequences(input, policy.alpha.interim + policy.alpha.final);
  return sequences.map(({ metric_id, variant, sequence: { relative_lower, relative_upper } }) => ({
    metric_id,
    variant,
    relative_lower,
    relative_upper,
  }));
}
