import { failure, validationFailed } from '../errors.js';
import { unknownMetric } from './check-definition.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import { metricSchema } from '../metrics/metric-schema.js';
import { controlOf, type ExperimentDefinition, type StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import type { Holdout } from '../model/layer.js';
import { METRIC_ROLES, type Metric, type MetricDocument } from '../model/metric.js';
import { policySchema, type Policy, type PolicyDocument } from '../model/policy.js';
import { DAY_MS } from '../model/time.js';
import { POWER_DEFAULTS, unitsFor, type PowerDesign } from '../stats/power.js';

/** Planned units for each unit of the policy's minimum, if nothing says how many there will be. */
const PLANNED_PER_MINIMUM = 20;

export interface LaunchInput {
  definition: ExperimentDefinition;
  salt: string;
  flag_id: string;
  start: StartInput;
  /** Keys of who created, changed and starts it. */
  authors?: readonly string[];
  policy: PolicyDocument;
  metrics: ReadonlyMap<string, MetricDocument>;
  /** The holdouts that are in force now. */
  holdouts?: readonly Holdout[];
  /** What the metrics were in earlier experiments. */
  history?: Readonly<Record<string, Baseline>>;
}

/**
 * Freezes what a start freezes: dates, policy, metrics, arms and N*.
 *
 * @throws {RampartError} horizon_in_past, horizon_too_short, horizon_too_long, validation_failed
 */
export function launchOf(input: LaunchInput, now: number): Launch {
  const { definition, salt, flag_id, start, policy: document, metrics } = input;
  const policy = policySchema.parse(document) as Policy;
  const asked = start.start_date ?? definition.start_date;
  const start_at = asked === undefined || asked === 'now' ? now : Math.max(now, Date.parse(asked));
  const end_at = horizon(input, policy, start_at, now);
  const frozen = frozenMetrics(definition, metrics);
  const tooSlow = frozen.find(
    ({ role, metric }) => role !== 'secondary' && (metric.window ?? 0) >= end_at - start_at,
  );
  if (tooSlow) {
    throw validationFailed([
      {
        path: `success_metrics.${tooSlow.role}`,
        code: 'out_of_range',
        message: `the window of ${tooSlow.metric.metric_id} is not shorter than the experiment`,
      },
    ]);
  }
  const { sample_size } = definition.target_audience;
  return {
    requested_at: now,
    start_at,
    end_at,
    policy_document: document,
    policy,
    metrics: frozen,
    control: controlOf(definition),
    arms: Object.entries(definition.variants).map(([variant, { traffic }]) => ({ variant, traffic })),
    planned_units:
      policy.planned_units ??
      sample_size ??
      unitsByHistory(input, policy) ??
      PLANNED_PER_MINIMUM * policy.min_units_per_variant,
    ...(sample_size !== undefined && { sample_size }),
    ...(definition.owner !== undefined && { owner: definition.owner }),
    ...(input.authors && { authors: [...new Set(input.authors)] }),
    ...(definition.layer_id !== undefined && {
      layer: { layer_id: definition.layer_id, slots: Math.round((definition.layer_share ?? 100) * 100) },
    }),
    holdouts: (input.holdouts ?? [])
      .filter(({ layer_id }) => layer_id === undefined || layer_id === definition.layer_id)
      .map(({ holdout_id, share }) => ({ holdout_id, share })),
    flag_id,
    salt,
  };
}

/** A larger N* would only keep the sequential tests blind for longer. */
const MOST_PLANNED = 10_000_000;

/** The sample that detects the policy's MDE in the first primary; null where no earlier experiment measured it. */
function unitsByHistory({ definition, metrics, history }: LaunchInput, policy: Policy): number | null {
  const metric_id = definition.success_metrics.primary[0]!;
  const [document, baseline] = [metrics.get(metric_id), history?.[metric_id]];
  if (!document || !baseline) return null;
  const { primary } = definition.success_metrics;
  const comparisons = primary.length * (Object.keys(definition.variants).length - 1);
  const design = designOf(metricSchema.parse(document), baseline, policy, comparisons);
  const control = design && unitsFor(design, policy.mde);
  if (!control) return null;
  return Math.min(MOST_PLANNED, Math.ceil(control) * Object.keys(definition.variants).length);
}

/**
 * The power calculation of a primary; null if there is no formula for its kind or its baseline.
 *
 * @param comparisons primaries × treatments, which share α
 */
export function designOf(
  { kind, direction }: Metric,
  baseline: Baseline,
  policy: Policy,
  comparisons: number,
): PowerDesign | null {
  const metric = KINDS[kind].powerMetric(baseline);
  if (metric === null) return null;
  return {
    ...POWER_DEFAULTS,
    direction,
    alpha: policy.alpha.final + policy.alpha.interim,
    power: policy.power,
    comparisons,
    metric,
  };
}

/** The planned end: what was asked for, within what the policy allows. */
function horizon({ definition, start }: LaunchInput, policy: Policy, start_at: number, now: number): number {
  const asked =
    start.duration !== undefined
      ? start_at + start.duration
      : Date.parse(start.end_date ?? definition.end_date ?? '') || start_at + policy.max_duration;
  if (asked <= now) {
    throw failure(
      'horizon_in_past',
      'the end lies in the past: start with an end_date to come, or with a duration',
    );
  }
  const length = asked - start_at;
  const dwells = policy.ramp.reduce((sum, step) => sum + (step.min_dwell ?? 0), 0);
  if (length < Math.max(policy.min_duration, dwells)) {
    throw failure(
      'horizon_too_short',
      `policy ${policy.policy_id} takes at least ${days(Math.max(policy.min_duration, dwells))}, the plan has ${days(length)}`,
    );
  }
  if (length > policy.max_duration) {
    throw failure(
      'horizon_too_long',
      `policy ${policy.policy_id} takes at most ${days(policy.max_duration)}, the plan has ${days(length)}`,
    );
  }
  return asked;
}

function frozenMetrics(
  { success_metrics }: ExperimentDefinition,
  metrics: ReadonlyMap<string, MetricDocument>,
): Launch['metrics'] {
  return METRIC_ROLES.flatMap((role) =>
    success_metrics[role].map((metric_id, index) => {
      const document = metrics.get(metric_id);
      if (!document) throw validationFailed([unknownMetric(role, index, metric_id, metrics)]);
      return { role, metric: metricSchema.parse(document) };
    }),
  );
}

function days(ms: number): string {
  return ms >= DAY_MS ? `${Number((ms / DAY_MS).toFixed(1))} days` : `${Math.round(ms / 1000)} s`;
}
