import type { Schemas } from '../../../api/client.js';
import type { ForestGroup, ForestRow } from '../../../pictures/forest.js';
import { armIndex } from '../../../ui/arm.js';
import { count, evidence, lift, pValue, rate } from '../../../words/format.js';
import { lackText } from '../../../words/unmeasured.js';

export type Scale = 'relative' | 'absolute';

interface Shown {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: Scale;
  /** The look is that of the end, where the interval at the end holds. */
  isOver: boolean;
}

type Metric = Schemas['Evidence']['metrics'][number];
type Comparison = Schemas['Comparison'];

const ROLES = [
  ['primary', 'Primary', 'Lift, and the interval that holds'],
  ['guardrail', 'Guardrails', 'Mark: the margin, too harmful beyond'],
  ['secondary', 'Secondaries, exploratory', 'Never a reason to ship'],
] as const;

/** The rows of the forest: primaries, guardrails, then what is only explored. */
export function groupsOf(shown: Shown): ForestGroup[] {
  return ROLES.map(([role, title, columns]) => ({
    title,
    columns,
    rows: shown.results.evidence.metrics
      .filter((metric) => metric.role === role)
      .flatMap((metric) => metric.comparisons.map((comparison) => rowOf(shown, metric, comparison))),
  })).filter(({ rows }) => rows.length > 0);
}

function rowOf(
  { experiment, results, plan, scale, isOver }: Shown,
  metric: Metric,
  comparison: Comparison,
): ForestRow {
  const { metric_id, role } = metric;
  const { variant, relative, sequence, final, difference } = comparison;
  const known = plan.metrics.find((one) => one.metric_id === metric_id);
  const direction = known?.direction ?? 'increase';
  const isRelative = scale === 'relative';
  const margin = known?.margin ?? null;
  return {
    metric_id,
    variant,
    arm: armIndex(experiment.variants, experiment.control, variant),
    value: isRelative ? relative.lift : difference,
    sequence: isRelative
      ? { lower: sequence.relative_lower, upper: sequence.relative_upper }
      : { lower: sequence.lower, upper: sequence.upper },
    fixed:
      isOver || role === 'secondary'
        ? isRelative
          ? { lower: final.relative_lower, upper: final.relative_upper }
          : { lower: final.lower, upper: final.upper }
        : null,
    margin: margin === null || !isRelative ? null : direction === 'increase' ? -margin : margin,
    direction,
    decided: isDecided(results, metric_id, variant),
    unmeasured: unmeasuredText(metric_id, comparison, results),
    ...slowShares(comparison),
    ...verdictOf(results, metric, comparison, plan),
  };
}

/**
 * In place of a lift, where a quantile is a guardrail: in the control slow is what lies beyond its quantile, in a treatment
 * what lies beyond that and the margin, so the one over the other is no lift. Null of other metrics, and without values.
 */
export function slowShares({
  control_value,
  value,
  difference,
  notes = [],
}: Pick<Comparison, 'control_value' | 'value' | 'difference' | 'notes'>): Pick<
  ForestRow,
  'value' | 'sequence' | 'fixed' | 'unmeasured'
> | null {
  if (!notes.includes('beyond_margin') || difference === null) return null;
  const unmeasured = `slow: ${rate(control_value)} of control; beyond the margin: ${rate(value)}`;
  return { value: null, sequence: { lower: null, upper: null }, fixed: null, unmeasured };
}

/** A row of the table named it. */
function isDecided({ decision }: Schemas['Results'], metric_id: string, variant: string): boolean {
  if (decision === null || decision.decision === 'continue' || decision.decision === 'hold') return false;
  return decision.reasons.some(({ evidence: used = [] }) =>
    used.some((one) => one.metric_id === metric_id && one.variant === variant),
  );
}

/** Why a comparison has nothing to show; null where it has. */
export function unmeasuredText(
  metric_id: string,
  { difference, variant }: Comparison,
  { unmeasured }: Schemas['Results'],
): string | null {
  if (difference !== null) return null;
  const lack = unmeasured.find((one) => one.metric_id === metric_id && one.variant === variant);
  return lack ? `unmeasured: ${lackText(lack)}` : 'unmeasured';
}

function verdictOf(
  results: Schemas['Results'],
  { metric_id, role }: Metric,
  { variant, guardrail }: Comparison,
  plan: Schemas['Plan'],
): Pick<ForestRow, 'verdict' | 'tone'> {
  const { decision } = results;
  const decided = isDecided(results, metric_id, variant);
  if (role === 'guardrail') {
    const harm = results.harm_threshold ?? plan.thresholds.harm;
    const isHarm = (guardrail?.log_e_harm ?? -Infinity) >= Math.log(harm);
    if (isHarm) return { verdict: '↩ harm proven', tone: 'harm' };
    if (guardrail?.status !== 'ok') return { verdict: 'blind', tone: 'plain' };
    return {
      verdict: `harm ${evidence(guardrail.log_e_harm)} of ${count(Math.ceil(harm))}`,
      tone: 'plain',
    };
  }
  if (role === 'primary' && decided && decision!.decision === 'winner' && decision!.variant === variant)
    return { verdict: `✓ better, row ${decision!.row}`, tone: 'good' };
  if (role === 'primary' && decided && decision!.decision === 'roll_back')
    return { verdict: `↩ worse, row ${decision!.row}`, tone: 'harm' };
  if (role === 'primary') return { verdict: 'not decided', tone: 'plain' };
  const explored = results.exploratory.find((one) => one.metric_id === metric_id && one.variant === variant);
  if (!explored) return { verdict: '', tone: 'plain' };
  return {
    verdict: `p ${pValue(explored.p_value)}${explored.discovery ? ', worth a test' : ''}`,
    tone: 'plain',
  };
}

/** What the evidence says, in a sentence. */
export function findingOf({ decision, evidence: { metrics } }: Schemas['Results']): string {
  const primaries = metrics.filter(({ role }) => role === 'primary').map(({ metric_id }) => metric_id);
  if (decision?.decision === 'winner') return `${decision.variant} is better on ${primaries.join(', ')}`;
  if (decision?.decision === 'roll_back') return 'Harm is proven';
  if (decision?.decision === 'no_effect') return 'No effect that matters';
  if (decision?.decision === 'inconclusive') return 'The data could not decide';
  return `${primaries.join(', ')}: not decidable yet`;
}

/** A lift with its interval: `+3.3 %, +1.2 % to +5.5 %`. */
export function liftWithInterval(value: number | null, lower: number | null, upper: number | null): string {
  return lower === null || upper === null
    ? `${lift(value)}, no limit yet`
    : `${lift(value)}, ${lift(lower)} to ${lift(upper)}`;
}
