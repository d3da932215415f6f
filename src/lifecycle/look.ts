import type { Evidence } from '../stats/evidence.js';
import type { Anomalies } from '../model/anomaly.js';
import type { FreezeWindow } from '../calendar/freeze-windows.js';

/**
 * One look at the metrics: all that a decision rests on, made by the `measure` activity from one snapshot of the
 * totals. Times in ms since the epoch.
 */
export interface Look {
  snapshot_id: string;
  at: number;
  /** The allocation it was measured under: under an older one than the present, only harm is decided. */
  revision: number;
  epoch: number;
  units: Record<string, number>;
  evidence: Evidence;
  /** Limits of the primaries' sequences at α = interim + final, for the row `futility`. */
  limits_at_full_alpha: {
    metric_id: string;
    variant: string;
    relative_lower: number | null;
    relative_upper: number | null;
  }[];
  /** The always-valid p-value to report: the least of each metric's and variant's sequence in this epoch so far. */
  running_p: RunningP;
  /** For display: each quantile's value per arm, in the metric's own unit. */
  quantiles: Record<string, Record<string, number | null>>;
  crossed_over: number;
  /** Where the plan has segments: units of which nobody told in which they are. They count in the whole only. */
  untold_units?: number;
  /** Latest event of the experiment; null when there was none since the start. */
  last_event_at: number | null;
  /** Age of the oldest event batch that is not folded yet, ms. */
  backlog_ms: number;
  /** Everything received before this moment is folded. */
  folded_until: number;
  /** Guardrails that had data and have had none for longer than stale_after. */
  stale_guardrails: string[];
  /** Guardrails that never had any data: named in a decision to ship, for they could not object. */
  silent_guardrails: string[];
  /** What the counts by minute show; absent where the experiment is not watched. */
  anomalies?: Anomalies;
  flag_enabled: boolean;
  /** The policy's freeze windows in the days to come. */
  freezes: FreezeWindow[];
}

export type RunningP = Record<string, Record<string, number>>;

/** The running minima after one more look: a p-value that was reached once never rises again. */
export function runningP(evidence: Evidence, before: RunningP): RunningP {
  return Object.fromEntries(
    evidence.metrics.map(({ metric_id, comparisons }) => [
      metric_id,
      Object.fromEntries(
        comparisons.map(({ variant, sequence }) => [
          variant,
          Math.min(before[metric_id]?.[variant] ?? 1, sequence.p_value ?? 1),
        ]),
      ),
    ]),
  );
}
