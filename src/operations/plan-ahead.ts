import type { ExperimentDefinition, StartInput } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import { effectOf, sampleFor } from '../stats/power.js';
import type { ExperimentDocument } from '../store/experiments.js';
import type { Store } from '../store/store.js';
import { allMetrics, allPolicies } from './catalog.js';
import { historyOf } from './find-baselines.js';
import { designOf, launchOf } from './freeze-launch.js';

/** A launch, and what its metrics were in earlier experiments. */
export interface PlannedLaunch {
  launch: Launch;
  history: Record<string, Baseline>;
}

/** The launch as it is, or as a start now would freeze it. A draft whose dates are past keeps its length. */
export async function plannedLaunch(
  store: Store,
  { definition, launch, salt, flag_id }: ExperimentDocument,
): Promise<PlannedLaunch> {
  const metrics = await allMetrics(store);
  const history = await historyOf(store, Object.values(definition.success_metrics).flat());
  if (launch) return { launch, history };
  const policy = (await allPolicies(store)).get(definition.policy_id)!;
  const input = { definition, salt, flag_id, policy, metrics, history, start: startOf(definition) };
  return { launch: launchOf(input, Date.now()), history };
}

function startOf({ start_date, end_date }: ExperimentDefinition): StartInput {
  if (start_date === undefined || end_date === undefined || Date.parse(start_date) > Date.now()) return {};
  return { start_date: 'now', duration: Date.parse(end_date) - Date.parse(start_date) };
}

/** The sample of one primary metric, per variant and in all; null where there is no formula for its kind or value. */
export interface MetricPower {
  metric_id: string;
  baseline: number;
  standard_deviation?: number;
  /** The baseline is a guess: no earlier experiment measured the metric. */
  assumed: boolean;
  units_per_variant: number | null;
  total: number | null;
  /** Days until `total` units have come; null where no traffic is given. */
  days: number | null;
  /** The relative lift that the planned sample detects. */
  detectable: number | null;
}

/** The sample that each primary needs for the policy's MDE, and the lift that the planned sample detects. */
export function powerOf(
  { policy, metrics, planned_units, arms, control }: Launch,
  history: Readonly<Record<string, Baseline>>,
  units_per_day: number | null,
): MetricPower[] {
  const share = (arms.find((arm) => arm.variant === control)?.traffic ?? 50) / 100;
  const ratio = (1 - share) / share / Math.max(1, arms.length - 1);
  const primaries = metrics.filter(({ role }) => role === 'primary');
  const comparisons = primaries.length * (arms.length - 1);
  return primaries.map(({ metric }) => {
    const { metric_id } = metric;
    const baseline = history[metric_id] ?? KINDS[metric.kind].assumedBaseline(metric);
    const design = designOf(metric, baseline, policy, comparisons);
    const fitted = design && { ...design, ratio };
    const needed = fitted && sampleFor(fitted, policy.mde);
    const total = needed && Math.ceil(needed.units_per_variant / share);
    return {
      metric_id,
      baseline: baseline.value,
      ...(baseline.standard_deviation && { standard_deviation: baseline.standard_deviation }),
      assumed: history[metric_id] === undefined,
      units_per_variant: needed?.units_per_variant ?? null,
      total,
      days: total !== null && units_per_day !== null ? total / units_per_day : null,
      detectable: fitted && effectOf(fitted, planned_units * share),
    };
  });
}

/** Days from the start to the planned end. */
export function plannedDays({ start_at, end_at }: Launch): number {
  return (end_at - start_at) / DAY_MS;
}
