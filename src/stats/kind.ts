import type { MetricKind } from '../model/metric.js';
import type { Estimator } from './estimators.js';

/** What the analysis needs to know about a kind of metric. The kinds themselves are in src/metrics/kinds. */
export interface StatisticalKind<Name extends string = string> {
  readonly estimator: Estimator<Name>;
  /** Whether the sums are in the metric's `scale`. Counts are not. */
  readonly scaled: boolean;
  /**
   * How harm beyond the margin is tested:
   * `boundary`: by Z against the boundary m_C ± margin·|m_C|;
   * `margin_in_sums`: by Z against no difference, because the sums of the treatments have the margin in them already;
   * `exact`: by the treatment's share of all units that err.
   */
  readonly guardrail: 'boundary' | 'margin_in_sums' | 'exact';
  /** The sums that are unknown until a threshold is frozen; absent for kinds without one. */
  readonly sumsBeyondThreshold?: readonly Name[];
}

export type StatisticalKinds = Readonly<Record<MetricKind, StatisticalKind>>;
