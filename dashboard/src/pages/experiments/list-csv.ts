import { csvOf, type Row } from '../../csv/write.js';
import type { Listed } from './rows.js';

// docs/dashboard/experimenters.md has the columns.
export const LIST_COLUMNS = [
  ...['experiment_id', 'name', 'owner', 'layer_id', 'environment', 'tags', 'policy_id', 'state', 'outcome'],
  ...['winner', 'coverage', 'holds', 'created_at', 'ended_at', 'last_look_at', 'units'],
  ...['metric_id', 'variant', 'lift', 'lift_lower', 'lift_upper'],
  ...['guardrail_id', 'guardrail_variant', 'guardrail_segment', 'log_e_harm', 'harm_threshold'],
];

/** A row an experiment, with what its newest look said. */
export function listCsv(experiments: readonly Listed[]): string {
  return csvOf(
    LIST_COLUMNS,
    experiments.map((one): Row => {
      const { experiment_id, name, owner, layer_id, environment, tags, policy, state, outcome, winner } = one;
      const { coverage, holds, paused, created_at, ended_at, summary } = one;
      const { primary, guardrail } = summary ?? {};
      return {
        ...{ experiment_id, name, owner, layer_id, environment, state, outcome, winner, coverage },
        tags: tags.join(' '),
        policy_id: policy.id,
        holds: [...holds.map(({ code }) => code), ...(paused === null ? [] : ['paused'])].join(' '),
        ...{ created_at, ended_at, last_look_at: summary?.last_look_at, units: summary?.units },
        metric_id: primary?.metric_id,
        variant: primary?.variant,
        lift: primary?.lift,
        lift_lower: primary?.lower,
        lift_upper: primary?.upper,
        guardrail_id: guardrail?.metric_id,
        guardrail_variant: guardrail?.variant,
        guardrail_segment: guardrail?.segment,
        log_e_harm: guardrail?.log_e_harm,
        harm_threshold: guardrail?.threshold,
      };
    }),
  );
}
