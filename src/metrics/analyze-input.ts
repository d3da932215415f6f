import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { marginOf } from '../model/policy.js';
import type { ArmSums } from '../stats/arm-sums.js';
import type { AnalyzeInput, ArmsInput, ExactInput, ExactMetric, MetricInput } from '../stats/input.js';
import { toNumber } from '../stats/rational.js';
import { KINDS } from './kinds.js';

/** What was measured in one epoch of an experiment, by variant. */
export interface MeasuredSums {
  units: Record<string, bigint>;
  /** By metric id and variant. */
  metrics: Record<string, Record<string, ArmSums>>;
  /** By metric id, for primaries: the same sums by the day of first exposure (since the epoch), in order. */
  days: Record<string, NonNullable<ExactMetric['days']>>;
  /** Of an experiment with segments: the same of the units of each, in the order of the definition. */
  segments?: MeasuredSegment[];
}

export interface MeasuredSegment extends Pick<MeasuredSums, 'units' | 'metrics'> {
  segment: string;
}

/** Where in its life the experiment is. */
export interface Moment {
  /** Whether this is the one look at which the fixed test is valid. */
  at_horizon?: boolean;
  /** K, if the sums are of an epoch after the first: how many later epochs were planned. */
  later_epochs?: number;
}

/**
 * The input of an analysis: what was measured, under the launch's design. Every planned metric is in it, also one whose
 * sums are not complete yet (a quantile without a threshold): what is missing must be seen to be missing.
 *
 * @param slots per variant in the present allocation: the arms to compare, and the shares that SRM expects
 */
export function exactInputOf(
  launch: Launch,
  { units, metrics, days, segments }: MeasuredSums,
  slots: Record<string, number>,
  moment: Moment = {},
): ExactInput {
  const { policy, control, planned_units } = launch;
  const variants = launch.arms.map((arm) => arm.variant).filter((variant) => (slots[variant] ?? 0) > 0);
  const pick = <T>(from: Record<string, T>): Record<string, T> => {
    const picked: Record<string, T> = {};
    for (const variant of variants) picked[variant] = from[variant]!;
    return picked;
  };
  const whole = launch.metrics.map(({ role, metric }): ExactMetric => {
    const { metric_id, kind, direction, scale, window } = metric;
    const statistics = KINDS[kind];
    const arms = metrics[metric_id]!;
    const isComplete = Object.keys(statistics.estimator.sums).every((name) => name in arms[control]!);
    // Without a window units of early days have had longer to show an effect: a slope would say nothing.
    const daily = window === undefined ? undefined : days[metric_id];
    return {
      metric_id,
      role,
      kind,
      statistics,
      direction,
      scale: statistics.scaled ? BigInt(scale) : 1n,
      ...(role === 'guardrail' && { margin: marginOf(policy, metric_id) }),
      ...priorOf(launch, metric, arms[control]!, isComplete),
      arms: pick(arms),
      ...(daily && { days: daily.map((one) => ({ day: one.day, arms: pick(one.arms) })) }),
      strata: [],
      ...(!isComplete && { awaits_threshold: true }),
    };
  });
  return {
    control,
    allocation: pick(slots),
    planned_units,
    ...moment,
    alpha: { ...policy.alpha, guardrail: policy.guardrails.alpha },
    mde: policy.mde,
    units: pick(units),
    metrics: whole,
    ...(segments && {
      segments: segments.map((one) => ({
        segment: one.segment,
        units: pick(one.units),
        metrics: whole.map(({ days: _, ...metric }) => ({
          ...metric,
          arms: pick(one.metrics[metric.metric_id]!),
        })),
      })),
    }),
  };
}

/** The spread of past true lifts in the metric's own unit: relative lifts times |m_C|. */
function priorOf(
  { prior_lifts }: Launch,
  { metric_id, kind, scale }: Metric,
  control: ArmSums,
  isComplete: boolean,
): Pick<ExactMetric, 'prior_sd'> {
  const prior = prior_lifts?.find((lifts) => lifts.metric_id === metric_id);
  if (!prior || !isComplete) return {};
  const { estimator, scaled } = KINDS[kind];
  const { value } = estimator.moments(control, scaled ? BigInt(scale) : 1n);
  const prior_sd = value ? prior.standard_deviation * Math.abs(toNumber(value)) : 0;
  return prior_sd > 0 ? { prior_sd } : {};
}

/** The same as JSON: the form in which snapshots and certificates keep it. */
export function analyzeInputOf(
  launch: Launch,
  measured: MeasuredSums,
  slots: Record<string, number>,
  moment: Moment = {},
): AnalyzeInput {
  const { units, metrics, segments, ...design } = exactInputOf(launch, measured, slots, moment);
  return {
    ...design,
    units: texts(units!),
    metrics: metrics.map(metricInputOf),
    ...(segments && {
      segments: segments.map((one) => ({
        segment: one.segment,
        units: texts(one.units),
        metrics: one.metrics.map(({ metric_id, arms }) => ({ metric_id, arms: textsOfArms(arms) })),
      })),
    }),
  };
}

function metricInputOf({ statistics, scale, arms, days, ...rest }: ExactMetric): MetricInput {
  const { strata: _, awaits_threshold: __, ...metric } = rest;
  return {
    ...metric,
    ...(statistics.scaled && { scale: Number(scale) }),
    arms: textsOfArms(arms),
    ...(days && { days: days.map((daily) => ({ day: daily.day, arms: textsOfArms(daily.arms) })) }),
  };
}

function textsOfArms(arms: Record<string, ArmSums>): ArmsInput {
  return Object.fromEntries(Object.entries(arms).map(([variant, sums]) => [variant, texts(sums)]));
}

function texts(integers: Record<string, bigint>): Record<string, string> {
  return Object.fromEntries(Object.entries(integers).map(([name, integer]) => [name, integer.toString()]));
}
