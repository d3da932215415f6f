import type { MetricKind } from '../model/metric.js';
import type { Estimator } from './estimators.js';

/** What the analysis must know of a kind of metric. The kinds themselves are in src/metrics/kinds. */
export interface StatisticalKind<Name extends string = string> {
  readonly estimator: Estimator<Name>;
  /** Whether the sums are integers in the metric's `scale`; counts are not. */
  readonly scaled: boolean;
  /**
   * How harm beyond the margin is tested: by Z against the boundary m_C ± margin·|m_C|; by Z at no difference, where
   * the sums of the treatments have the margin in them already; or exactly, by the shares of units that err.
   */
  readonly guardrail: 'boundary' | 'margin_in_sums' | 'exact';
}

export type StatisticalKinds = Readonly<Record<MetricKind, StatisticalKind>>;
