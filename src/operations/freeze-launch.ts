import { metricsToWatch } from '../anomalies/watched.js';
import { failure, validationFailed } from '../errors.js';
import { unknownMetric } from './check-definition.js';
import { acceptedMetric } from '../metrics/metric-schema.js';
import { controlOf, type ExperimentDefinition, type StartInput } from '../model/experiment.js';
import { ENGINE_VERSION } from '../model/engine.js';
import type { Launch, Traffic } from '../model/launch.js';
import type { Holdout } from '../model/layer.js';
import { METRIC_ROLES, type MetricDocument } from '../model/metric.js';
import { policySchema, type Policy, type PolicyDocument } from '../model/policy.js';
import { DAY_MS } from '../model/time.js';
import { expectedUnits, type Schedule } from './enrolment-forecast.js';
import { withCap } from './find-caps.js';
import { NO_HISTORY, type History } from './find-history.js';
import { frozenSegments, type KnownSegments } from './freeze-segments.js';
import { eligibleShare, type MeasuredTraffic } from './measure-traffic.js';
import { unitsOfPlan, type TestedPlan } from './power-of-plan.js';

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
  /** The segments that the definition names, and those that they refer to. */
  segments?: KnownSegments;
  /** What earlier experiments say. */
  history?: History;
}

const NO_SEGMENTS: KnownSegments = new Map();

/**
 * Freezes what a start freezes: engine, dates, policy, metrics, segments, arms and N*.
 *
 * @throws {RampartError} horizon_in_past, horizon_too_short, horizon_too_long, validation_failed
 */
export function launchOf(input: LaunchInput, now: number): Launch {
  const { definition, salt, flag_id, start, policy: document, metrics } = input;
  const policy = policySchema.parse(document) as Policy;
  const asked = start.start_date ?? definition.start_date;
  const start_at = asked === undefined || asked === 'now' ? now : Math.max(now, Date.parse(asked));
  const end_at = horizon(input, policy, start_at, now);
  const { caps, prior_lifts } = input.history ?? NO_HISTORY;
  const frozen = frozenMetrics(definition, metrics, caps);
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
  const segments = frozenSegments(definition.segments, input.segments ?? NO_SEGMENTS);
  const plan = {
    engine_version: ENGINE_VERSION,
    start_at,
    end_at,
    policy,
    metrics: frozen,
    watched: metricsToWatch(frozen),
    control: controlOf(definition),
    arms: Object.entries(definition.variants).map(([variant, { traffic }]) => ({ variant, traffic })),
    ...(definition.layer_id !== undefined && {
      layer: { layer_id: definition.layer_id, slots: Math.round((definition.layer_share ?? 100) * 100) },
    }),
    holdouts: (input.holdouts ?? [])
      .filter(({ layer_id }) => layer_id === undefined || layer_id === definition.layer_id)
      .map(({ holdout_id, share }) => ({ holdout_id, share })),
  };
  return {
    ...plan,
    ...plannedUnits(input, plan),
    requested_at: now,
    policy_document: document,
    ...(caps.length > 0 && { caps: [...caps] }),
    ...(prior_lifts.length > 0 && { prior_lifts: [...prior_lifts] }),
    ...(sample_size !== undefined && { sample_size }),
    ...(segments && { segments }),
    ...(definition.owner !== undefined && { owner: definition.owner }),
    ...(input.authors && { authors: [...new Set(input.authors)] }),
    flag_id,
    salt,
  };
}

/** A larger N* would only keep the sequential tests blind for longer. */
const MOST_PLANNED = 10_000_000;

/** N* as the plan has it, and what the traffic leaves of it by the horizon: beyond that the tests would be blind. */
function plannedUnits(
  { definition, history = NO_HISTORY }: LaunchInput,
  plan: TestedPlan & Schedule & Pick<Launch, 'layer' | 'holdouts'>,
): Pick<Launch, 'planned_units' | 'traffic'> {
  const { policy } = plan;
  const planned_units =
    policy.planned_units ??
    definition.target_audience.sample_size ??
    unitsByHistory(plan, history.baselines) ??
    PLANNED_PER_MINIMUM * policy.min_units_per_variant;
  if (history.traffic === null) return { planned_units };
  const traffic = trafficOf(plan, history.traffic);
  return {
    planned_units: Math.max(plan.arms.length, Math.min(planned_units, traffic.expected_units)),
    traffic,
  };
}

/** What the plan gets of the measured traffic, and how many units that makes by the horizon. */
export function trafficOf(
  plan: Schedule & Pick<Launch, 'layer' | 'holdouts'>,
  { units_per_day, source }: MeasuredTraffic,
): Traffic {
  const own = units_per_day * eligibleShare(plan);
  return { units_per_day: own, expected_units: expectedUnits(plan, own), source };
}

/** The sample that detects the policy's MDE in the first primary; null where no earlier experiment measured it. */
function unitsByHistory(plan: TestedPlan, baselines: History['baselines']): number | null {
  const { metric } = plan.metrics.find(({ role }) => role === 'primary')!;
  const baseline = baselines[metric.metric_id];
  const units = baseline ? unitsOfPlan(plan, metric, baseline) : null;
  return units === null ? null : Math.min(MOST_PLANNED, units);
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
  caps: History['caps'],
): Launch['metrics'] {
  return METRIC_ROLES.flatMap((role) =>
    success_metrics[role].map((metric_id, index) => {
      const document = metrics.get(metric_id);
      if (!document) throw validationFailed([unknownMetric(role, index, metric_id, metrics)]);
      return { role, metric: withCap(acceptedMetric(document), caps) };
    }),
  );
}

function days(ms: number): string {
  return ms >= DAY_MS ? `${Number((ms / DAY_MS).toFixed(1))} days` : `${Math.round(ms / 1000)} s`;
}
