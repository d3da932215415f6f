import type { ArmSums } from './arm-sums.js';
import { decidingVariance } from './deciding-variance.js';
import { chiSquareUpperTail } from './distributions.js';
import type { ExactInput, ExactMetric, ExactSegment } from './input.js';
import { pairOf, type Pair } from './pair.js';
import { sequencePValue } from './sequential.js';

/** Whether the lift in a segment is another one than outside of it. */
export interface Heterogeneity {
  /** Cochran's Q of the two lifts. */
  q: number;
  df: 1;
  /** By χ²: valid at one look that was planned. */
  p_value: number;
  /** Valid at every look. */
  sequential_p: number;
}

interface Lift {
  /** Relative to the signed value of the control. */
  lift: number;
  variance: number;
}

/**
 * Cochran's Q of the lift in a segment and the lift of all other units: Q = Σ w_k·(r_k − r̄)² with w_k = 1/v_k, which for two
 * groups is (r_1 − r_2)²/(v_1 + v_2), χ² with one degree of freedom where the lifts are the same. Source: Cochran (1954),
 * Biometrics 10, 101–129. One segment against the rest at a time, because segments may overlap, and Q wants groups that do
 * not; of lifts, because the same lift is a larger difference where the control has more. Null where a lift or its variance
 * is not known.
 *
 * @param metric of the whole input
 */
export function heterogeneity(
  input: ExactInput,
  metric: ExactMetric,
  { metrics }: ExactSegment,
  variant: string,
): Heterogeneity | null {
  const own = metrics.find(({ metric_id }) => metric_id === metric.metric_id);
  if (!own) return null;
  const rest = { ...own, arms: withoutUnits(metric.arms, own.arms) };
  const inside = liftOf(pairOf(input, own, variant));
  const outside = liftOf(pairOf(input, rest, variant));
  if (inside === null || outside === null) return null;
  const variance = inside.variance + outside.variance;
  const q = (inside.lift - outside.lift) ** 2 / variance;
  if (!Number.isFinite(q)) return null;
  const { control, planned_units, alpha } = input;
  const units = Number(metric.arms[control]!.n + metric.arms[variant]!.n);
  return {
    q,
    df: 1,
    p_value: chiSquareUpperTail(q, 1),
    sequential_p: sequencePValue(alpha.interim, planned_units, units, Math.sqrt(q)),
  };
}

/** r = d/m_C with its variance by the delta method, from the deciding variance at r. */
function liftOf(pair: Pair): Lift | null {
  const { difference, mC } = pair;
  if (difference === null || !mC) return null;
  const lift = difference / mC;
  const variance = decidingVariance(pair, lift);
  return variance ? { lift, variance: variance / (mC * mC) } : null;
}

/** The sums of all units without those of the segment; all are sums over units. */
function withoutUnits(
  all: Readonly<Record<string, ArmSums>>,
  some: Readonly<Record<string, ArmSums>>,
): Record<string, ArmSums> {
  const arms = Object.entries(all).map(([variant, sums]) => {
    const own: Readonly<Record<string, bigint>> = some[variant] ?? {};
    const left = Object.entries(sums).map(([name, sum]) => [name, sum - (own[name] ?? 0n)] as const);
    return [variant, Object.fromEntries(left) as ArmSums] as const;
  });
  return Object.fromEntries(arms);
}
