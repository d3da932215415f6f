import type { Schemas } from '../../../api/client.js';
import type { ForestGroup, ForestRow } from '../../../pictures/forest.js';
import { armIndex } from '../../../ui/arm.js';
import { count, evidence, pValue } from '../../../words/format.js';
import { slowShares, unmeasuredText, type Scale } from './forest-rows.js';

interface Shown {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: Scale;
}

export type SegmentResult = Schemas['SegmentResult'];
export type SegmentComparison = SegmentResult['metrics'][number]['comparisons'][number];

/** One metric of one treatment. */
export interface Of {
  metric_id: string;
  variant: string;
}

const ROLES = [
  ['primary', 'Primary, explored', 'Never a reason to ship'],
  ['guardrail', 'Guardrails', 'Harm that is proven here rolls back'],
  ['secondary', 'Secondaries, explored', 'Never a reason to ship'],
] as const;

/** Every metric in one segment, in the order of the forest of all units. */
export function groupsOfSegment(shown: Shown, { metrics }: SegmentResult): ForestGroup[] {
  return ROLES.map(([role, title, columns]) => ({
    title,
    columns,
    rows: metrics
      .filter((metric) => metric.role === role)
      .flatMap(({ metric_id, comparisons }) =>
        comparisons.map((comparison) => rowOf(shown, metric_id, comparison)),
      ),
  })).filter(({ rows }) => rows.length > 0);
}

/** One metric of one treatment in all units, and in each segment. */
export function groupsOfMetric(shown: Shown, { metric_id, variant }: Of): ForestGroup[] {
  const { results } = shown;
  const whole = results.evidence.metrics
    .find((metric) => metric.metric_id === metric_id)
    ?.comparisons.find((one) => one.variant === variant);
  const all = whole && {
    ...rowOf(shown, metric_id, {
      ...whole,
      lift: whole.relative.lift,
      discovery: false,
      heterogeneity: null,
    }),
    label: 'All units',
    verdict: '',
    tone: 'plain' as const,
    ...(whole.difference === null && { unmeasured: unmeasuredText(metric_id, whole, results) }),
  };
  const parts = results.segments.flatMap((result) => {
    const comparison = comparisonIn(result, { metric_id, variant });
    return comparison ? [{ ...rowOf(shown, metric_id, comparison), label: result.segment }] : [];
  });
  return [
    { title: `${metric_id} of ${variant}`, columns: 'Explored', rows: [...(all ? [all] : []), ...parts] },
  ];
}

export function comparisonIn(
  { metrics }: SegmentResult,
  { metric_id, variant }: Of,
): SegmentComparison | undefined {
  return metrics
    .find((metric) => metric.metric_id === metric_id)
    ?.comparisons.find((one) => one.variant === variant);
}

function rowOf(
  { experiment, results, plan, scale }: Shown,
  metric_id: string,
  comparison: SegmentComparison,
): ForestRow {
  const { variant, sequence, lift, difference } = comparison;
  const known = plan.metrics.find((one) => one.metric_id === metric_id);
  const direction = known?.direction ?? 'increase';
  const isRelative = scale === 'relative';
  const margin = known?.margin ?? null;
  return {
    metric_id,
    variant,
    arm: armIndex(experiment.variants, experiment.control, variant),
    value: isRelative ? lift : difference,
    sequence: isRelative
      ? { lower: sequence.relative_lower, upper: sequence.relative_upper }
      : { lower: sequence.lower, upper: sequence.upper },
    fixed: null,
    margin: margin === null || !isRelative ? null : direction === 'increase' ? -margin : margin,
    direction,
    decided: false,
    unmeasured: difference === null ? 'too little was measured here' : null,
    ...slowShares(comparison),
    ...verdictOf(comparison, results.harm_threshold ?? plan.thresholds.harm),
  };
}

/** The one thing to know of a row, for there is little room; the table has the rest. */
function verdictOf(
  { guardrail, sequence, discovery, heterogeneity }: SegmentComparison,
  harm: number,
): Pick<ForestRow, 'verdict' | 'tone'> {
  const log_e_harm = guardrail?.log_e_harm ?? null;
  if (log_e_harm !== null && log_e_harm >= Math.log(harm)) return { verdict: '↩ harm proven', tone: 'harm' };
  return { verdict: wordOf(), tone: 'plain' };

  function wordOf(): string {
    if (heterogeneity?.differs) return 'differs';
    if (guardrail)
      return log_e_harm === null ? 'blind' : `harm ${evidence(log_e_harm)} of ${count(Math.ceil(harm))}`;
    if (discovery) return 'worth a test';
    return sequence.p_value === null ? '' : `p ${pValue(sequence.p_value)}`;
  }
}

/** Whether a metric's lift is another one in some segments, in a sentence. */
export function heterogeneityFinding({ segments }: Schemas['Results'], of: Of): string {
  const name = `${of.metric_id} of ${of.variant}`;
  const tested = segments.flatMap((result) => {
    const found = comparisonIn(result, of)?.heterogeneity;
    return found ? [{ segment: result.segment, differs: found.differs }] : [];
  });
  if (tested.length === 0) return `${name}: whether segments differ cannot be told yet`;
  const differing = tested.filter(({ differs }) => differs).map(({ segment }) => segment);
  return differing.length === 0
    ? `${name}: no segment is known to differ from the rest`
    : `${name} differs in ${differing.join(', ')} from the rest`;
}

/** Of how many units nobody told the segments; null where all told. */
export function untoldText({ untold_units }: Schemas['Results']): string | null {
  if (untold_units === null || untold_units === 0) return null;
  return `Of ${count(untold_units)} units nobody told in which segments they are: they count in all units only.`;
}
