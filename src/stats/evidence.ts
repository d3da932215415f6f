import type { MetricKind, MetricRole } from '../model/metric.js';
import type { Novelty } from './novelty.js';

/** The output of `analyze`; docs/statistics.md says what each number means. No NaN and no Infinity anywhere. */
export interface Evidence {
  srm: Srm;
  metrics: MetricEvidence[];
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

export type NoteCode =
  'too_few_units' | 'zero_variance' | 'zero_denominator' | 'control_is_zero' | 'unbounded';

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
  relative: {
    lift: number | null;
    lower: number | null;
    upper: number | null;
    level: number;
    bounded: boolean;
  };
  absolute: { lower: number | null; upper: number | null; level: number };
  sequence: {
    alpha: number;
    half_width: number | null;
    lower: number | null;
    upper: number | null;
    relative_lower: number | null;
    relative_upper: number | null;
    p_value: number | null;
  };
  /** The fixed test that decides at the horizon, by the deciding variance, at α final. */
  final?: FinalTest;
  /** The sequence at α final, which decides at the horizon of an experiment that was extended. */
  sequence_at_final?: Comparison['sequence'];
  /** The one interval that holds at this look. */
  valid_now?: Limits & { kind: 'sequence' | 'final' };
  /** The difference as it is to be expected, shrunken: after an early stop the raw one is too large. */
  estimate?: number | null;
  bayes: { chance_to_win: number | null; expected_loss: number | null };
  guardrail?: GuardrailEvidence;
  /** Present if the arms have a covariate; then all numbers above are adjusted by it. */
  cuped?: { theta: number; variance_saved: number | null };
  /** Present if days are given; null if there are too few of them. */
  novelty?: Novelty | null;
  notes?: NoteCode[];
}

/** Limits of a difference, in the metric's unit and relative to |control|. */
export interface Limits {
  lower: number | null;
  upper: number | null;
  relative_lower: number | null;
  relative_upper: number | null;
}

export interface FinalTest extends Limits {
  z: number | null;
  p_value: number | null;
}

export interface GuardrailEvidence {
  /** `blind` where the guardrail could not object, whatever happens in the treatment. */
  status?: 'ok' | 'blind';
  /** Of a blind one: units or events, its frozen threshold, or an e-value although the arms differ. */
  lacks?: 'data' | 'threshold' | 'evidence';
  /** One for each size of harm that a step of the ramp wants excluded. */
  exclusions?: HarmExclusion[];
  margin: number;
  /** In the harmful direction, against the margin. */
  z: number | null;
  log_e_harm: number | null;
  log_e_non_inferior: number | null;
  harm: boolean;
  non_inferior: boolean;
  p_value: number | null;
}

/** Evidence that a relative harm of a given size is excluded. */
export interface HarmExclusion {
  harm: number;
  /** Natural logarithm of the e-value of non-inferiority at the margin `harm`. */
  log_e: number | null;
  /** Of an error rate where neither arm had an error: upper limit of the treatment's rate. Null otherwise. */
  error_free_limit: number | null;
}
