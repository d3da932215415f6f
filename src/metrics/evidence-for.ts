import type { Look } from '../lifecycle/look.js';
import { floorOf } from '../lifecycle/guardrails.js';
import type { Plan } from '../lifecycle/plan.js';
import { evidenceOf, primarySequences, type OtherSequences } from '../stats/analyze.js';
import type { Evidence } from '../stats/evidence.js';
import type { AnalyzeInput, ExactInput } from '../stats/input.js';
import { exclusion } from '../stats/exclusion.js';
import { sampleRatio } from '../stats/srm.js';
import { parseInput } from '../stats/parse-input.js';
import { KINDS } from './kinds.js';

export interface EvidenceOptions {
  /** false leaves out the Bayesian readout. No decision reads it, and it takes most of the time. */
  bayes?: boolean;
  /** true leaves out what the rows of proven harm do not read: other sequences of the primaries, exclusions of harm. */
  harm_only?: boolean;
}

/** The part of a look that is computed from its sums. */
export type ComputedLook = Pick<Look, 'evidence' | 'limits_at_full_alpha'>;

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
export function evidenceFor(plan: Plan, input: AnalyzeInput, options: EvidenceOptions = {}): ComputedLook {
  if (!isComparison(plan, input)) return NOTHING_COMPARED;
  return evidenceForExact(plan, parseInput(KINDS, input), options);
}

/** The same for an input that is exact already. */
export function evidenceForExact(
  plan: Plan,
  input: ExactInput,
  { bayes = true, harm_only = false }: EvidenceOptions = {},
): ComputedLook {
  if (!isComparison(plan, input)) return NOTHING_COMPARED;
  const evidence = evidenceOf(input, { bayes });
  if (harm_only) return { evidence, limits_at_full_alpha: [] };
  const { interim, final } = plan.policy.alpha;
  const primaries = primarySequences(input, [final, interim + final]);
  return {
    evidence: withPlan(plan, input, evidence, primaries),
    limits_at_full_alpha: primaries.map(({ metric_id, variant, sequences: [, full] }) => ({
      metric_id,
      variant,
      relative_lower: full!.relative_lower,
      relative_upper: full!.relative_upper,
    })),
  };
}

/** Adds what only some plans ask for: the sequence that decides after an `extend`, and the sizes of harm to exclude. */
function withPlan(
  plan: Plan,
  input: ExactInput,
  { metrics, ...rest }: Evidence,
  primaries: readonly OtherSequences[],
): Evidence {
  const harms = plan.policy.ramp.flatMap(({ exclude_harm }) => exclude_harm ?? []);
  const sizes = [...new Set(harms)];
  return {
    ...rest,
    metrics: metrics.map((metric, index) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) => {
        const { variant } = comparison;
        const primary = primaries.find(
          (other) => other.metric_id === metric.metric_id && other.variant === variant,
        );
        const floor = floorOf(plan, metric.metric_id);
        const exclusions = (comparison.guardrail ? sizes : []).map((harm) =>
          exclusion(input, input.metrics[index]!, variant, harm, floor),
        );
        return {
          ...comparison,
          ...(primary && { sequence_at_final: primary.sequences[0]! }),
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
const NOTHING_COMPARED: ComputedLook = {
  evidence: { srm: sampleRatio([], []), metrics: [] },
  limits_at_full_alpha: [],
};

function isComparison({ control }: Plan, { allocation }: Pick<AnalyzeInput, 'allocation'>): boolean {
  return control in allocation;
}
