import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { marginOf, type Policy } from '../model/policy.js';
import { assumedText } from '../rehearsal/warnings.js';
import {
  effectOf,
  POWER_DEFAULTS,
  sharedPower,
  unitsFor,
  unitsToProve,
  type PowerDesign,
} from '../stats/power.js';
import { daysUntil } from './enrolment-forecast.js';

/** What a plan tests: the part of a launch that a power calculation reads. */
export type TestedPlan = Pick<Launch, 'policy' | 'metrics' | 'arms' | 'control'>;

/** The sample that one metric needs, per variant and in all; null where its baseline does not say. */
export interface MetricPower {
  metric_id: string;
  role: 'primary' | 'guardrail';
  baseline: number;
  standard_deviation?: number;
  /** The baseline is a guess: neither the caller nor an earlier experiment gave one. */
  assumed: boolean;
  /** Of the control; the treatments have theirs in proportion to their traffic. */
  units_per_variant: number | null;
  /** Of all arms. */
  total: number | null;
  /** Days from the start until `total` units count, with the ramp and the window; null where no traffic is known. */
  days: number | null;
  /** The relative lift that the planned sample detects; of a guardrail null. */
  detectable: number | null;
  /** Of a guardrail: the harm that is to be ruled out. */
  margin?: number;
}

export interface PlanPower {
  metrics: MetricPower[];
  warnings: PlanWarning[];
}

export interface PlanWarning {
  code: 'baseline_assumed' | 'baseline_unknown' | 'traffic_unknown';
  text: string;
}

/**
 * The sample that each primary needs for the policy's MDE and, where the policy ships only what is proven safe, each
 * guardrail for its margin; and the lift that the planned sample detects.
 */
export function powerOfPlan(
  launch: TestedPlan & Pick<Launch, 'planned_units'>,
  baselines: Readonly<Record<string, Baseline>>,
  units_per_day: number | null,
): PlanPower {
  const mustBeProven = launch.policy.guardrails.to_ship === 'non_inferior';
  const metrics = launch.metrics
    .filter(({ role }) => role === 'primary' || (role === 'guardrail' && mustBeProven))
    .map(({ role, metric }) => {
      const known = baselines[metric.metric_id];
      const baseline = known ?? KINDS[metric.kind].assumedBaseline(metric);
      // A rate may be guessed. How far units lie apart may not: it decides the sample alone.
      const isKnown = known !== undefined || !baseline.standard_deviation;
      const needed =
        role === 'primary' ? sampleOf(launch, metric, baseline) : proofOf(launch, metric, baseline);
      const units = isKnown ? needed : null;
      const total = units && unitsOfArms(launch, units);
      return {
        metric_id: metric.metric_id,
        role: role as MetricPower['role'],
        baseline: baseline.value,
        ...(baseline.standard_deviation && { standard_deviation: baseline.standard_deviation }),
        assumed: known === undefined,
        units_per_variant: units && Math.ceil(units),
        total,
        days: total && units_per_day ? daysUntil(launch, total, units_per_day, metric.window) : null,
        detectable: isKnown && role === 'primary' ? detectable(launch, metric, baseline) : null,
        ...(role === 'guardrail' && { margin: marginOf(launch.policy, metric.metric_id) }),
      };
    });
  return { metrics, warnings: [...trafficWarning(units_per_day), ...metrics.flatMap(baselineWarning)] };
}

/** The sample that a lift of the first primary needs. */
export interface LiftPower {
  lift: number;
  /** Of all arms; null where its baseline does not say. */
  total: number | null;
  /** As in `MetricPower`. */
  days: number | null;
}

/** The samples that these lifts of the first primary need, in place of the policy's MDE. */
export function powerOfLifts(
  launch: TestedPlan & Pick<Launch, 'planned_units'>,
  baselines: Readonly<Record<string, Baseline>>,
  units_per_day: number | null,
  lifts: readonly number[],
): LiftPower[] {
  return lifts.map((lift) => {
    const policy = { ...launch.policy, mde: lift };
    const { total, days } = powerOfPlan({ ...launch, policy }, baselines, units_per_day).metrics[0]!;
    return { lift, total, days };
  });
}

/** Units of all arms that the first primary needs; null where its baseline does not say. */
export function unitsOfPlan(plan: TestedPlan, metric: Metric, baseline: Baseline): number | null {
  const control = sampleOf(plan, metric, baseline);
  return control && unitsOfArms(plan, control);
}

/** Units of the control that find the policy's MDE. */
function sampleOf(plan: TestedPlan, metric: Metric, baseline: Baseline): number | null {
  const design = designOf(plan, metric, baseline);
  return design && unitsFor(design, plan.policy.mde);
}

/** Units of all arms, each rounded up. */
function unitsOfArms(plan: TestedPlan, control: number): number {
  const share = controlShare(plan);
  return plan.arms.reduce((sum, { traffic }) => sum + Math.ceil((control * (traffic / 100)) / share), 0);
}

function detectable(
  plan: TestedPlan & Pick<Launch, 'planned_units'>,
  metric: Metric,
  baseline: Baseline,
): number | null {
  const design = designOf(plan, metric, baseline);
  return design && effectOf(design, plan.planned_units * controlShare(plan));
}

/** Units of the control that prove a guardrail unharmed. */
function proofOf(plan: TestedPlan, metric: Metric, baseline: Baseline): number | null {
  const design = designOf(plan, metric, baseline);
  if (!design) return null;
  const { guardrails } = plan.policy;
  const margin = marginOf(plan.policy, metric.metric_id);
  return unitsToProve({ ...design, margin, alpha: guardrails.alpha });
}

/** The power calculation of one metric of the plan; null where its baseline does not say how far units lie apart. */
export function designOf(plan: TestedPlan, metric: Metric, baseline: Baseline): PowerDesign | null {
  const known = KINDS[metric.kind].powerMetric(baseline);
  if (known === null) return null;
  const { policy, metrics, arms } = plan;
  const share = controlShare(plan);
  const treatments = arms.filter(({ variant }) => variant !== plan.control);
  const primaries = metrics.filter(({ role }) => role === 'primary').length;
  return {
    ...POWER_DEFAULTS,
    metric: known,
    direction: metric.direction,
    alpha: policy.alpha.final + policy.alpha.interim,
    power: sharedPower(policy.power, alsoNeeded(policy, metrics)),
    // Holm shares α among all tests; where every primary must be good, only among the treatments.
    comparisons: treatments.length * (policy.primary === 'any' ? primaries : 1),
    // The smallest treatment is the hardest to tell from the control.
    ratio: Math.min(...treatments.map(({ traffic }) => traffic / 100)) / share,
  };
}

/** Tests that must succeed besides this one before anything ships: each may miss by an equal share. */
function alsoNeeded(policy: Policy, metrics: Launch['metrics']): number {
  const count = (wanted: string): number => metrics.filter(({ role }) => role === wanted).length;
  const primaries = policy.primary === 'all' ? count('primary') - 1 : 0;
  return primaries + (policy.guardrails.to_ship === 'non_inferior' ? count('guardrail') : 0);
}

function controlShare({ arms, control }: TestedPlan): number {
  return arms.find(({ variant }) => variant === control)!.traffic / 100;
}

function trafficWarning(units_per_day: number | null): PlanWarning[] {
  if (units_per_day !== null) return [];
  const text =
    'how many units come each day is not known: no experiment on the same flag for the same audience enrolled any in ' +
    'the last 14 days; give units_per_day';
  return [{ code: 'traffic_unknown', text }];
}

function baselineWarning({ metric_id, assumed, baseline, units_per_variant }: MetricPower): PlanWarning[] {
  if (!assumed) return [];
  if (units_per_variant === null) {
    const text =
      `the sample of ${metric_id} is not known: no earlier experiment measured how far its units lie apart; ` +
      `give baselines.${metric_id}.value and baselines.${metric_id}.standard_deviation`;
    return [{ code: 'baseline_unknown', text }];
  }
  return [{ code: 'baseline_assumed', text: assumedText(metric_id, baseline) }];
}
