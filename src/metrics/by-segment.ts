import { treatmentsOf } from '../stats/analyze.js';
import { compare } from '../stats/compare.js';
import type { Comparison } from '../stats/evidence.js';
import { heterogeneity, type Heterogeneity } from '../stats/heterogeneity.js';
import type { AnalyzeInput, ExactInput, ExactSegment } from '../stats/input.js';
import { benjaminiHochberg } from '../stats/multiplicity.js';
import { parseInput } from '../stats/parse-input.js';
import { groupsOf, inputOfSegment } from '../stats/segments.js';
import { KINDS } from './kinds.js';
import type { MetricRole } from '../model/metric.js';

/** At most this share of what is called a discovery is none, on average. */
const FALSE_DISCOVERY_RATE = 0.05;

/** What the units of one segment did. Exploratory: nothing ships for one segment by itself. */
export interface SegmentResult {
  segment: string;
  /** By variant. */
  units: Record<string, number>;
  metrics: { metric_id: string; role: MetricRole; comparisons: SegmentComparison[] }[];
}

/** One treatment against the control in one segment. Values are in the metric's own unit. Null means no answer. */
export interface SegmentComparison extends Pick<
  Comparison,
  'variant' | 'control_value' | 'value' | 'difference' | 'sequence' | 'notes'
> {
  lift: number | null;
  /** Of guardrails. */
  guardrail?: { margin: number; log_e_harm: number | null; p_value: number | null };
  /** By Benjamini and Hochberg over all metrics and treatments in all segments. */
  discovery: boolean;
  /** Against all units outside of the segment. */
  heterogeneity: (Heterogeneity & { differs: boolean }) | null;
}

/** A comparison before its p-values are held against all others. */
interface Measured {
  comparison: Comparison;
  heterogeneity: Heterogeneity | null;
}

/**
 * The results of each segment, in the order of the definition; empty where the experiment has none, or where nothing is
 * compared.
 *
 * @param input the sums of one look
 * @param options.at_horizon whether it is the look of the fixed test, at which tests that are valid once hold. At any other
 *   look those count that are valid at every one
 */
export function resultsBySegment(input: AnalyzeInput, { at_horizon = false } = {}): SegmentResult[] {
  if (!input.segments || !(input.control in input.allocation)) return [];
  const exact = parseInput(KINDS, input);
  const measured = exact.segments!.map((segment) => measuredIn(exact, segment));
  const all = measured.flatMap(({ metrics }) => metrics.flatMap(({ comparisons }) => comparisons));
  const effects = discoveriesAmong(all, ({ comparison: { final, sequence } }) =>
    at_horizon ? final.p_value : sequence.p_value,
  );
  const differences = discoveriesAmong(all, ({ heterogeneity: found }) =>
    at_horizon ? (found?.p_value ?? null) : (found?.sequential_p ?? null),
  );
  return measured.map(({ segment, units, metrics }) => ({
    segment,
    units,
    metrics: metrics.map(({ comparisons, ...metric }) => ({
      ...metric,
      comparisons: comparisons.map((one) => told(one, effects.has(one), differences.has(one))),
    })),
  }));
}

function measuredIn(input: ExactInput, segment: ExactSegment) {
  const own = inputOfSegment(input, segment);
  const treatments = treatmentsOf(input);
  const guardrails =
    input.metrics.filter(({ role }) => role === 'guardrail').length * treatments.length * groupsOf(input);
  return {
    segment: segment.segment,
    units: Object.fromEntries(Object.entries(segment.units).map(([variant, n]) => [variant, Number(n)])),
    metrics: own.metrics.map((metric, index) => ({
      metric_id: metric.metric_id,
      role: metric.role,
      comparisons: treatments.map((variant): Measured => ({
        comparison: compare(own, metric, variant, { guardrails, bayes: false }),
        heterogeneity: heterogeneity(input, input.metrics[index]!, segment, variant),
      })),
    })),
  };
}

/** Those whose p-value is a discovery among all that have one. */
function discoveriesAmong(
  all: readonly Measured[],
  pOf: (one: Measured) => number | null,
): ReadonlySet<Measured> {
  const tested = all.filter((one) => pOf(one) !== null);
  const found = benjaminiHochberg(
    tested.map((one) => pOf(one)!),
    FALSE_DISCOVERY_RATE,
  );
  return new Set(tested.filter((_, index) => found[index]));
}

function told(
  { comparison, heterogeneity: found }: Measured,
  discovery: boolean,
  differs: boolean,
): SegmentComparison {
  const { variant, control_value, value, difference, relative, sequence, guardrail, notes } = comparison;
  return {
    variant,
    control_value,
    value,
    difference,
    lift: relative.lift,
    sequence,
    ...(guardrail && {
      guardrail: {
        margin: guardrail.margin,
        log_e_harm: guardrail.log_e_harm,
        p_value: guardrail.p_value,
      },
    }),
    discovery,
    heterogeneity: found && { ...found, differs },
    ...(notes && { notes }),
  };
}
