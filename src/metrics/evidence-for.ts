import type { Look } from '../lifecycle/look.js';
import { floorOf } from '../lifecycle/guardrails.js';
import type { Plan } from '../lifecycle/plan.js';
import { evidenceOf, primarySequences } from '../stats/analyze.js';
import type { Evidence } from '../stats/evidence.js';
import type { AnalyzeInput, ExactInput } from '../stats/input.js';
import { exclusion } from '../stats/exclusion.js';
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
  const evidence = evidenceOf(input, { bayes });
  if (!wide) return { evidence, wide: [] };
  return { evidence: withPlan(plan, input, evidence), wide: wideLimits(plan, input) };
}

/** Adds what only some plans ask for: the sequence that decides after an `extend`, and the sizes of harm to exclude. */
function withPlan(plan: Plan, input: ExactInput, { srm, metrics }: Evidence): Evidence {
  const sequences = primarySequences(input, plan.policy.alpha.final);
  const harms = plan.policy.ramp.flatMap(({ exclude_harm }) => exclude_harm ?? []);
  const sizes = [...new Set(harms)];
  return {
    srm,
    metrics: metrics.map((metric, index) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) => {
        const { variant } = comparison;
        const final = sequences.find(
          (other) => other.metric_id === metric.metric_id && other.variant === variant,
        );
        const floor = floorOf(plan, metric.metric_id);
        const exclusions = (comparison.guardrail ? sizes : []).map((harm) =>
          exclusion(input, input.metrics[index]!, variant, harm, floor),
        );
        return {
          ...comparison,
          ...(final && { sequence_at_final: final.sequence }),
          ...(comparison.guardrail &&
            exclusions.length > 0 && { guardrail: { ...comparison.guardrail, exclusions } }),
        };
      }),
    })),
  };
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
