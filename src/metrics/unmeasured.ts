import type { Comparison, Evidence } from '../stats/evidence.js';
import type { AnalyzeInput, MetricInput } from '../stats/input.js';
import { KINDS } from './kinds.js';

/** What a comparison lacks: units, values of the control for its threshold, or anything to divide by. */
export type LackCode = 'too_few_units' | 'no_threshold' | 'zero_denominator';

/** Why a metric of an arm has no difference to the control yet: of what there are too few, and how many there must be. */
export interface Unmeasured {
  metric_id: string;
  /** The treatment that cannot be compared. */
  variant: string;
  code: LackCode;
  /** The arm that lacks something: the treatment, or the control. */
  arm: string;
  have: number;
  need: number;
}

/** The least that has a variance. */
const UNITS_FOR_VARIANCE = 2;

/**
 * Every comparison that has no difference, with what it lacks most. It is empty where everything is measured.
 *
 * @param input the sums that the evidence is of
 */
export function unmeasuredIn({ metrics, control }: AnalyzeInput, evidence: Evidence): Unmeasured[] {
  return evidence.metrics.flatMap(({ metric_id, comparisons }) => {
    const metric = metrics.find((one) => one.metric_id === metric_id);
    if (!metric) return [];
    return comparisons
      .filter(({ difference }) => difference === null)
      .map((comparison) => ({
        metric_id,
        variant: comparison.variant,
        ...lackOf(metric, control, comparison),
      }));
  });
}

function lackOf(
  metric: MetricInput,
  control: string,
  { variant, notes = [] }: Comparison,
): Pick<Unmeasured, 'code' | 'arm' | 'have' | 'need'> {
  const sum = (arm: string, name: string): number => Number(metric.arms[arm]?.[name] ?? 0);
  const least = (name: string): string => (sum(control, name) <= sum(variant, name) ? control : variant);
  const needed = KINDS[metric.kind].threshold?.needs;
  if (notes.includes('no_threshold') && needed !== undefined)
    return { code: 'no_threshold', arm: control, have: sum(control, 'sum_d'), need: needed };
  const fewest = least('n');
  if (sum(fewest, 'n') < UNITS_FOR_VARIANCE)
    return { code: 'too_few_units', arm: fewest, have: sum(fewest, 'n'), need: UNITS_FOR_VARIANCE };
  const emptiest = least('sum_d');
  return { code: 'zero_denominator', arm: emptiest, have: sum(emptiest, 'sum_d'), need: 1 };
}
