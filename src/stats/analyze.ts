import { compare } from './compare.js';
import type { Evidence } from './evidence.js';
import type { ExactInput } from './input.js';
import { sampleRatio } from './srm.js';

/**
 * Evidence from sums: the same input gives the same numbers, bit for bit. Never NaN, never Infinity.
 *
 * @param bayes false leaves out the Bayesian readout. No decision reads it, and it takes most of the time
 */
export function evidenceOf(input: ExactInput, { bayes = true } = {}): Evidence {
  const treatments = Object.keys(input.allocation).filter((variant) => variant !== input.control);
  const guardrails = input.metrics.filter((metric) => metric.role === 'guardrail').length * treatments.length;
  return {
    srm: srmOf(input),
    metrics: input.metrics.map((metric) => ({
      metric_id: metric.metric_id,
      role: metric.role,
      kind: metric.kind,
      comparisons: treatments.map((variant) => compare(input, metric, variant, { guardrails, bayes })),
    })),
  };
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
