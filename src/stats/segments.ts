import { decidingVariance } from './deciding-variance.js';
import type { SegmentEvidence } from './evidence.js';
import { guardrail } from './guardrail.js';
import type { ExactInput, ExactMetric, ExactSegment } from './input.js';
import { sequence } from './intervals.js';
import { pairOf } from './pair.js';

/** 1 + S: among so many groups of units the errors of harm are shared, all units together being one of them. */
export function groupsOf({ segments = [] }: Pick<ExactInput, 'segments'>): number {
  return 1 + segments.length;
}

/** α of the sequences by which a primary proves harm, in all units together and in each segment. */
export function alphaOfHarm(input: Pick<ExactInput, 'segments' | 'alpha'>): number {
  return input.alpha.interim / groupsOf(input);
}

/** The design of an input with the units of a segment in place of all units. */
export function inputOfSegment(
  { segments: _, ...design }: ExactInput,
  { units, metrics }: ExactSegment,
): ExactInput {
  return { ...design, units, metrics };
}

/**
 * What may prove harm to the units of each segment. Segments may overlap: the errors are shared among them by Bonferroni,
 * which asks for nothing.
 *
 * @param guardrails G·(1 + S): guardrail metrics × treatments × groups of units
 */
export function segmentEvidence(
  input: ExactInput,
  treatments: readonly string[],
  guardrails: number,
): SegmentEvidence[] {
  return (input.segments ?? []).map((segment) => {
    const own = inputOfSegment(input, segment);
    const ofRole = (role: ExactMetric['role']) => own.metrics.filter((metric) => metric.role === role);
    return {
      segment: segment.segment,
      guardrails: ofRole('guardrail').flatMap((metric) =>
        treatments.map((variant) => {
          const { margin, log_e_harm, p_value } = guardrail(pairOf(own, metric, variant), guardrails);
          return { metric_id: metric.metric_id, variant, margin, log_e_harm, p_value };
        }),
      ),
      primaries: ofRole('primary').flatMap((metric) =>
        treatments.map((variant) => {
          const pair = pairOf(own, metric, variant);
          const { lower, upper } = sequence(pair, decidingVariance(pair, 0), alphaOfHarm(input));
          return { metric_id: metric.metric_id, variant, lower, upper };
        }),
      ),
      units: Object.fromEntries(Object.entries(segment.units).map(([variant, n]) => [variant, Number(n)])),
    };
  });
}
