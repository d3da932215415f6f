import { compare } from './compare.js';
import type { Evidence } from './evidence.js';
import type { ExactInput } from './input.js';
import { sampleRatio } from './srm.js';

/**
 * Evidence from sums: the same input gives the same numbers, bit for bit. Never NaN, never Infinity.
 *
 * @param bayes false leaves out the Bayesian readout, which no decision reads and which takes nine tenths of the time
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
  // In an order of its own, so that the arms' order changes no bit of it.
  const variants = Object.keys(allocation).sort();
  return sampleRatio(
    variants.map((variant) => Number(units ? units[variant]! : largest(variant))),
    variants.map((variant) => allocation[variant]!),
  );
}
