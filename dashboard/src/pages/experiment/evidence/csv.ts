import type { Schemas } from '../../../api/client.js';
import { csvOf, type Row } from '../../../csv/write.js';

type Results = Schemas['Results'];
type Plan = Schemas['Plan'];
type Series = Schemas['Series'];

// docs/dashboard/experimenters.md has the columns. An unlimited interval and what was not measured are empty cells, never 0.

const SHARED = ['snapshot_id', 'at', 'epoch', 'revision', 'metric_id', 'role', 'kind', 'direction'] as const;
const ARMS = ['control', 'variant', 'units_control', 'units_variant'] as const;
const INTERVALS = [
  ...['difference', 'difference_lower', 'difference_upper'],
  ...['lift', 'lift_lower', 'lift_upper', 'margin', 'log_e_harm'],
] as const;

/** Of a file of one look. */
export const LOOK_COLUMNS = [
  ...['experiment_id', ...SHARED, ...ARMS, 'control_value', 'value', ...INTERVALS],
  ...['log_e_non_inferior', 'standard_error', 'sequence_level', 'sequence_p_value'],
  ...['final_lift_lower', 'final_lift_upper', 'final_p_value', 'chance_to_win', 'exploratory_p_value'],
  ...['decision_n', 'decision', 'decision_row', 'notes'],
  ...['segment', 'discovery', 'heterogeneity_q', 'heterogeneity_p_value', 'heterogeneity_sequential_p'],
];
/** Of a file of all looks. */
export const SERIES_COLUMNS = ['experiment_id', 'look', ...SHARED, ...ARMS, ...INTERVALS];

interface Of {
  plan: Plan;
  /** The name of the control. */
  control: string;
}

/** A row a metric and treatment of one look, with every number of the comparison; then the same of each segment. */
export function lookCsv(results: Results, of: Of): string {
  return csvOf(LOOK_COLUMNS, [...wholeRows(results, of), ...segmentRows(results, of)]);
}

function wholeRows(results: Results, { plan, control }: Of): Row[] {
  const { experiment_id, snapshot_id, at, epoch, revision, units, decision, decision_n } = results;
  return results.evidence.metrics.flatMap(({ metric_id, role, kind, comparisons }) =>
    comparisons.map((one): Row => {
      const { variant, sequence, final, relative, guardrail, bayes } = one;
      const explored = results.exploratory.find(
        (other) => other.metric_id === metric_id && other.variant === variant,
      );
      return {
        ...{ experiment_id, snapshot_id, at, epoch, revision },
        ...{ metric_id, role, kind, direction: knownOf(plan, metric_id)?.direction, control, variant },
        units_control: units[control],
        units_variant: units[variant],
        control_value: one.control_value,
        value: one.value,
        difference: one.difference,
        standard_error: one.standard_error,
        difference_lower: sequence.lower,
        difference_upper: sequence.upper,
        lift: relative.lift,
        lift_lower: sequence.relative_lower,
        lift_upper: sequence.relative_upper,
        sequence_level: 1 - sequence.alpha,
        sequence_p_value: sequence.p_value,
        final_lift_lower: final.relative_lower,
        final_lift_upper: final.relative_upper,
        final_p_value: final.p_value,
        margin: knownOf(plan, metric_id)?.margin,
        log_e_harm: guardrail?.log_e_harm,
        log_e_non_inferior: guardrail?.log_e_non_inferior,
        chance_to_win: bayes.chance_to_win,
        exploratory_p_value: explored?.p_value,
        decision_n,
        decision: decision?.decision,
        decision_row: decision?.row,
        notes: one.notes?.join(' '),
      };
    }),
  );
}

function segmentRows(results: Results, { plan, control }: Of): Row[] {
  const { experiment_id, snapshot_id, at, epoch, revision, evidence, segments } = results;
  return segments.flatMap(({ segment, units, metrics }) =>
    metrics.flatMap(({ metric_id, role, comparisons }) =>
      comparisons.map((one): Row => {
        const { variant, sequence, guardrail, heterogeneity } = one;
        const kind = evidence.metrics.find((metric) => metric.metric_id === metric_id)?.kind;
        return {
          ...{ experiment_id, snapshot_id, at, epoch, revision, segment },
          ...{ metric_id, role, kind, direction: knownOf(plan, metric_id)?.direction, control, variant },
          units_control: units[control],
          units_variant: units[variant],
          control_value: one.control_value,
          value: one.value,
          difference: one.difference,
          difference_lower: sequence.lower,
          difference_upper: sequence.upper,
          lift: one.lift,
          lift_lower: sequence.relative_lower,
          lift_upper: sequence.relative_upper,
          sequence_level: 1 - sequence.alpha,
          sequence_p_value: sequence.p_value,
          margin: knownOf(plan, metric_id)?.margin,
          log_e_harm: guardrail?.log_e_harm,
          notes: one.notes?.join(' '),
          discovery: String(one.discovery),
          heterogeneity_q: heterogeneity?.q,
          heterogeneity_p_value: heterogeneity?.p_value,
          heterogeneity_sequential_p: heterogeneity?.sequential_p,
        };
      }),
    ),
  );
}

/** A row a metric, treatment and look of the series. */
export function seriesCsv(series: Series, { plan, control }: Of): string {
  const { experiment_id } = series;
  return csvOf(
    SERIES_COLUMNS,
    series.series.flatMap((one) =>
      series.looks.map(({ n, snapshot_id, at, epoch, revision, units }, index): Row => {
        const { metric_id, variant } = one;
        const known = knownOf(plan, metric_id);
        return {
          ...{ experiment_id, look: n, snapshot_id, at, epoch, revision },
          ...{
            metric_id,
            role: known?.role,
            kind: known?.kind,
            direction: known?.direction,
            control,
            variant,
          },
          units_control: units[control],
          units_variant: units[variant],
          difference: one.difference[index],
          difference_lower: one.difference_lower[index],
          difference_upper: one.difference_upper[index],
          lift: one.lift[index],
          lift_lower: one.lower[index],
          lift_upper: one.upper[index],
          margin: known?.margin,
          log_e_harm: one.log_e_harm[index],
        };
      }),
    ),
  );
}

function knownOf({ metrics }: Plan, metric_id: string) {
  return metrics.find((metric) => metric.metric_id === metric_id);
}
