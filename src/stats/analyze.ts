import { compare } from './compare.js';
import type { Evidence } from './evidence.js';
import { checkInput, type AnalyzeInput, type Checked, type InputError } from './input.js';
import { sampleRatio } from './srm.js';

/**
 * Evidence from sums: the same input gives the same numbers, bit for bit. Never NaN, never Infinity.
 *
 * @throws {AnalyzeInputError} naming every wrong field
 */
export function analyze(value: unknown, options: { bayes?: boolean } = {}): Evidence {
  const result = checkInput(value);
  if (!result.ok) throw new AnalyzeInputError(result.errors);
  return evidenceOf(result.checked, options);
}

export class AnalyzeInputError extends Error {
  constructor(readonly errors: InputError[]) {
    super(errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.name = 'AnalyzeInputError';
  }
}

/**
 * Evidence from a checked input.
 *
 * @param bayes false leaves out the Bayesian readout, which no decision reads and which is nine tenths of the time
 */
export function evidenceOf({ input, metrics, units }: Checked, { bayes = true } = {}): Evidence {
  const treatments = Object.keys(input.allocation).filter((variant) => variant !== input.control);
  const guardrails = input.metrics.filter((metric) => metric.role === 'guardrail').length * treatments.length;
  return {
    srm: srmOf(input, metrics, units),
    metrics: input.metrics.map((metric, index) => ({
      metric_id: metric.metric_id,
      role: metric.role,
      kind: metric.kind,
      comparisons: treatments.map((variant) =>
        compare(input, metric, metrics[index]!, variant, { guardrails, bayes }),
      ),
    })),
  };
}

function srmOf(input: AnalyzeInput, metrics: Checked['metrics'], units: Checked['units']): Evidence['srm'] {
  const largest = (variant: string): bigint =>
    metrics.reduce((most, { sums }) => (sums[variant]!.n > most ? sums[variant]!.n : most), 0n);
  // In an order of its own, so that the arms' order changes no bit of it.
  const variants = Object.keys(input.allocation).sort();
  return sampleRatio(
    variants.map((variant) => Number(units ? units[variant]! : largest(variant))),
    variants.map((variant) => input.allocation[variant]!),
  );
}

export type { AnalyzeInput };
