import type { MetricKind, MetricRole } from '../model/metric.js';
import type { Novelty } from './novelty.js';

/** The output of `analyze`; docs/statistics.md says what each number means. No NaN and no Infinity anywhere. */
export interface Evidence {
  srm: Srm;
  metrics: MetricEvidence[];
  /** Where the input has segments: what may prove harm to the units of one of them. */
  segments?: SegmentEvidence[];
}

/** What rows of proven harm read of the units of one segment. */
export interface SegmentEvidence {
  segment: string;
  /** Null where the segment has too few units. */
  guardrails: {
    metric_id: string;
    variant: string;
    margin: number;
    log_e_harm: number | null;
    /** One-sided, for harm. */
    p_value: number | null;
  }[];
  /** The confidence sequence of each primary at α interim / (1 + S); limits of the difference. */
  primaries: {
    metric_id: string;
    variant: string;
    lower: number | null;
    upper: number | null;
  }[];
  /** Counted, by variant. */
  units: Record<string, number>;
}

export interface Srm {
  chi_square: number | null;
  p_value: number | null;
  log_bayes_factor: number;
  alarm: boolean;
}

export interface MetricEvidence {
  metric_id: string;
  role: MetricRole;
  kind: MetricKind;
  comparisons: Comparison[];
}

/** Why a field is null. */
export type NoteCode =
  | 'too_few_units'
  | 'zero_variance'
  | 'zero_denominator'
  | 'control_is_zero'
  | 'unbounded'
  /** A quantile whose threshold is not frozen yet. */
  | 'no_threshold'
  /** A quantile as a guardrail: the treatment's value is its share beyond quantile and margin, so it has no lift. */
  | 'beyond_margin';

/** Limits of the difference, and of the difference relative to |control|. */
export interface Limits {
  lower: number | null;
  upper: number | null;
  relative_lower: number | null;
  relative_upper: number | null;
}

/** One treatment against the control. Values are in the metric's own unit. Null means that there is no answer. */
export interface Comparison {
  variant: string;
  control_value: number | null;
  value: number | null;
  difference: number | null;
  standard_error: number | null;
  z: number | null;
  p_value: number | null;
  welch_df?: number | null;
  /** What to expect of the difference, shrunk towards 0: raw differences of what was selected are too large. */
  estimate: number | null;
  /** The one interval that holds at this look. */
  valid_now: { kind: 'sequence' | 'final' } & Limits;
  /** The fixed test that decides, once, at the horizon; its interval at 1 − alpha.final. */
  final: { z: number | null; p_value: number | null } & Limits;
  /** Relative to |control|: the sign of a lift is the sign of the difference. */
  relative: {
    lift: number | null;
    lower: number | null;
    upper: number | null;
    level: number;
    bounded: boolean;
  };
  absolute: { lower: number | null; upper: number | null; level: number };
  sequence: { alpha: number; half_width: number | null; p_value: number | null } & Limits;
  /** Of primaries where there are S segments: the sequence at α interim / (1 + S), which proves harm. */
  sequence_of_harm?: Comparison['sequence'];
  /** Of primaries in a look: the sequence at α final, which decides at the horizon of an experiment that was extended. */
  sequence_at_final?: Comparison['sequence'];
  bayes: {
    chance_to_win: number | null;
    expected_loss: number | null;
    /** Of the difference, with equal tails. */
    credible: { level: number; lower: number | null; upper: number | null };
  };
  guardrail?: GuardrailEvidence;
  /** Present if the arms have a covariate; then all numbers above are adjusted by it. */
  cuped?: { theta: number; variance_saved: number | null };
  /** Present if days are given; null if there are too few of them. */
  novelty?: Novelty | null;
  notes?: NoteCode[];
}

export interface GuardrailEvidence {
  margin: number;
  /** In the harmful direction, against the margin. */
  z: number | null;
  log_e_harm: number | null;
  log_e_non_inferior: number | null;
  harm: boolean;
  non_inferior: boolean;
  p_value: number | null;
  /** In a look: one for each size of harm that a step of the ramp wants excluded. */
  exclusions?: HarmExclusion[];
  /** A blind guardrail cannot object, so nothing ships past it. */
  status: 'ok' | 'blind';
  /** Only if blind. `data`: no units or no events yet; `threshold`: none is frozen yet; `evidence`: no e-value. */
  lacks?: 'data' | 'threshold' | 'evidence';
}

/** Evidence that a relative harm of a given size is excluded. */
export interface HarmExclusion {
  harm: number;
  /** Natural logarithm of the e-value of non-inferiority at the margin `harm`. */
  log_e: number | null;
  /** Of an error rate where neither arm had an error: upper limit of the treatment's rate. Null otherwise. */
  error_free_limit: number | null;
}
