import type { StatisticalKind } from '../stats/kind.js';

/** Everything that a kind of metric is. */
export type Kind = StatisticalKind;
