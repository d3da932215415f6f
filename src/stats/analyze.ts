import { compare } from './compare.js';
import { decidingVariance } from './deciding-variance.js';
import type { Comparison, Evidence } from './evidence.js';
import type { ExactInput } from './input.js';
import { sequence } from './intervals.js';
import { pairOf } from './pair.js';
import { groupsOf, segmentEvidence } from './segments.js';
import { sampleRatio } from './srm.js';

/**
 * Evidence from sums: the same input gives the same numbers, bit for bit. Never NaN, never Infinity. Every metric of the
 * input is in it, with every treatment.
 *
 * @param bayes false leaves out the Bayesian readout. No decision reads it, and it takes most of the time
 */
export function evidenceOf(input: ExactInput, { bayes = true } = {}): Evidence {
  const treatments = treatmentsOf(input);
  const guardrails =
    input.metrics.filter((metric) => metric.role === 'guardrail').length *
    treatments.length *
    groupsOf(input);
  return {
    srm: srmOf(input),
    metrics: input.metrics.map((metric) => ({
      metric_id: metric.metric_id,
      role: metric.role,
      kind: metric.kind,
      comparisons: treatments.map((variant) => compare(input, metric, variant, { guardrails, bayes })),
    })),
    ...(input.segments && { segments: segmentEvidence(input, treatments, guardrails) }),
  };
}

/** A primary of one treatment, under other confidence sequences than the evidence has. */
export interface OtherSequences {
  metric_id: string;
  variant: string;
  /** One for each α that was asked for. */
  sequences: Comparison['sequence'][];
}

/** The primaries' confidence sequences at other errors. */
export function primarySequences(input: ExactInput, alphas: readonly number[]): OtherSequences[] {
  const primaries = input.metrics.filter((metric) => metric.role === 'primary');
  return primaries.flatMap((metric) =>
    treatmentsOf(input).map((variant) => {
      const pair = pairOf(input, metric, variant);
      const variance = decidingVariance(pair, 0);
      const sequences = alphas.map((alpha) => sequence(pair, variance, alpha));
      return { metric_id: metric.metric_id, variant, sequences };
    }),
  );
}

/** All arms but the control, in the order of the allocation. */
export function treatmentsOf({ allocation, control }: ExactInput): string[] {
  return Object.keys(allocation).filter((variant) => variant !== control);
}

function srmOf({ allocation, metrics, units }: ExactInput): Evidence['srm'] {
  const largest = (variant: string): bigint =>
    metrics.reduce((most, { arms }) => (arms[variant]!.n > most ? arms[variant]!.n : most), 0n);
  // Sorted, so that the order of the arms does not change a bit of the result.
  const variants = Object.keys(allocation).sort();
  return sampleRatio(
    variants.map((variant) => Number(units ? units[variant]! : largest(variant))),
    variants.map((variant) => allocation[variant]!),
  );
}
