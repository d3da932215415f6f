import { SLOTS } from '../assignment/hash.js';
import type { Launch } from '../model/launch.js';
import type { MetricRole } from '../model/metric.js';
import type { Policy } from '../model/policy.js';

/** An arm, and the region of the 10,000 slots that it owns for the whole life of the experiment. */
export interface Arm {
  variant: string;
  from: number;
  to: number;
}

export interface PlannedMetric {
  metric_id: string;
  role: MetricRole;
  direction: 'increase' | 'decrease';
  /** Ms from a unit's first exposure until it counts; absent where it counts at once. */
  window?: number;
}

/** What never changes once an experiment has started. Times in ms since the epoch, durations in ms. */
export interface Plan {
  experiment_id: string;
  /** The version of the engine that decides it, see `ENGINE_VERSION`. */
  engine_version: number;
  control: string;
  arms: Arm[];
  metrics: PlannedMetric[];
  policy: Policy;
  start_at: number;
  /** The planned end: the earliest of end_date and start + max_duration. */
  end_at: number;
  /** Units at which the planned sample is complete, where one was planned. */
  sample_size?: number;
  /** The layer that it shares with others, and how many slots of it the experiment needs for itself. */
  layer?: { layer_id: string; slots: number };
  /** Names of the segments in each of which harm is looked for; absent for none. */
  segments?: string[];
  /** Under `four_eyes` somebody must approve who is neither the owner nor one of the authors. */
  owner?: string;
  /** Keys of who created, changed and started the experiment. */
  authors?: string[];
}

/** Contiguous regions in proportion to the traffic (per cent), the last of which ends at the last slot. */
export function armRegions(arms: readonly { variant: string; traffic: number }[]): Arm[] {
  let cumulative = 0;
  let from = 0;
  return arms.map(({ variant, traffic }) => {
    cumulative += traffic;
    const to = Math.round((cumulative * SLOTS) / 100);
    const arm = { variant, from, to };
    from = to;
    return arm;
  });
}

export function planOf(experiment_id: string, launch: Launch): Plan {
  return {
    experiment_id,
    engine_version: launch.engine_version,
    control: launch.control,
    arms: armRegions(launch.arms),
    metrics: launch.metrics.map(({ role, metric }) => ({
      metric_id: metric.metric_id,
      role,
      direction: metric.direction,
      ...(metric.window && { window: metric.window }),
    })),
    policy: launch.policy,
    start_at: launch.start_at,
    end_at: launch.end_at,
    ...(launch.sample_size !== undefined && { sample_size: launch.sample_size }),
    ...(launch.layer && { layer: { layer_id: launch.layer.layer_id, slots: launch.layer.slots } }),
    ...(launch.segments && { segments: launch.segments.names }),
    ...(launch.owner !== undefined && { owner: launch.owner }),
    ...(launch.authors && { authors: launch.authors }),
  };
}

/** The end of the experiment: as planned at the launch, or as a person extended it since. */
export function endOf(plan: Plan, { extended_to }: { extended_to: number | null }): number {
  return extended_to ?? plan.end_at;
}

export function treatmentsOf(plan: Plan): string[] {
  return plan.arms.map((arm) => arm.variant).filter((variant) => variant !== plan.control);
}

export function metricsOf(plan: Plan, role: MetricRole): PlannedMetric[] {
  return plan.metrics.filter((metric) => metric.role === role);
}
