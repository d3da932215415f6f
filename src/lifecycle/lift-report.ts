import type { Comparison, Evidence } from '../stats/evidence.js';
import { ROW } from './decisions/rows.js';
import { comparisonOf, expectedLift, liftText, unitsOf } from './decisions/reading.js';
import type { Look } from './look.js';
import { metricsOf, type Plan, type PlannedMetric } from './plan.js';
import type { DecisionRecord } from './state.js';

/** What one look says about one primary of the winner. Relative numbers are relative to |control|. */
export interface Lift {
  metric_id: string;
  /** As measured. Of an early winner it is too large, because it won while it looked good. */
  lift: number | null;
  /** What is to be expected, relative; within the interval. */
  estimate: number | null;
  difference: number | null;
  /** The interval that holds at this look. */
  interval: Comparison['valid_now'] | null;
  /** The same in words. */
  text: string;
  /** Why there is no lift. */
  reason: string | null;
}

/** What one look says about the lift of the winner. */
export interface LiftReport {
  snapshot_id: string;
  /** Ms since the epoch. */
  at: number;
  variant: string;
  /** Units of the control and of the winner that were compared. */
  units: Record<string, number>;
  primaries: Lift[];
}

/** The lift of the winner on every primary. */
export function liftReport(plan: Plan, look: Look, variant: string): LiftReport {
  return {
    snapshot_id: look.snapshot_id,
    at: look.at,
    variant,
    units: Object.fromEntries([plan.control, variant].map((arm) => [arm, unitsOf(look, arm)])),
    primaries: metricsOf(plan, 'primary').map((metric) => liftOf(plan, look, metric, variant)),
  };
}

function liftOf(plan: Plan, look: Look, metric: PlannedMetric, variant: string): Lift {
  const comparison = comparisonOf(look, metric.metric_id, variant);
  const lift = comparison?.relative.lift ?? null;
  const reason = lift === null ? reasonOf(plan, look, metric, variant) : null;
  const { difference = null, valid_now } = comparison ?? {};
  return {
    metric_id: metric.metric_id,
    lift,
    estimate: comparison ? expectedLift(comparison, valid_now) : null,
    difference,
    interval: valid_now ?? null,
    text: comparison && reason === null ? liftText(comparison, valid_now) : `no lift: ${reason}`,
    reason,
  };
}

/** Of a look without metrics: the winner is shipped without a holdback. */
export const NOTHING_TO_COMPARE = 'nobody keeps the control, so there is nothing to compare';

/** Why a look has no lift of a metric. */
function reasonOf(plan: Plan, look: Look, { metric_id, window }: PlannedMetric, variant: string): string {
  if (look.evidence.metrics.length === 0) return NOTHING_TO_COMPARE;
  const [control, treatment] = [plan.control, variant].map((arm) => unitsOf(look, arm));
  if (control === 0 || treatment === 0) return `no units of ${control === 0 ? plan.control : variant}`;
  const { value = null, control_value = null } = comparisonOf(look, metric_id, variant) ?? {};
  if (control_value === 0) return 'the control is 0';
  if (value !== null && control_value !== null) return 'not known';
  return window === undefined ? 'no data' : 'the window of no unit is over yet';
}

/** The rows that take the fixed test at the horizon. */
const AT_HORIZON: readonly number[] = [ROW.final_test, ROW.equivalence, ROW.inconclusive];

/**
 * The look that a decision rests on, and whether the fixed test was taken on it. After an `extend` it was not: the
 * sequences decide, and go on holding.
 */
export function basisOf({ row, snapshot_id, circumstances }: DecisionRecord): {
  snapshot_id: string | null;
  at_horizon: boolean;
} {
  const final = AT_HORIZON.includes(row) ? (circumstances?.final_snapshot_id ?? null) : null;
  if (final === null) return { snapshot_id, at_horizon: false };
  return { snapshot_id: final, at_horizon: circumstances?.extended_to === null };
}

/** The evidence of the look at the horizon: the one interval that holds there is that of the fixed test. */
export function evidenceAtHorizon({ metrics, ...rest }: Evidence): Evidence {
  return {
    ...rest,
    metrics: metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) => {
        const { lower, upper, relative_lower, relative_upper } = comparison.final;
        return { ...comparison, valid_now: { kind: 'final', lower, upper, relative_lower, relative_upper } };
      }),
    })),
  };
}
