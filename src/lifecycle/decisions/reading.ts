import type { Comparison } from '../../stats/evidence.js';
import type { Look } from '../look.js';
import type { PlannedMetric } from '../plan.js';

/** What a look says of one treatment on one metric; undefined where it says nothing. */
export function comparisonOf(look: Look, metric_id: string, variant: string): Comparison | undefined {
  return look.evidence.metrics
    .find((metric) => metric.metric_id === metric_id)
    ?.comparisons.find((comparison) => comparison.variant === variant);
}

export function unitsOf(look: Look, variant: string): number {
  return look.units[variant] ?? 0;
}

/** A difference as a gain: positive is what the metric's direction wants. */
export function gainOf(metric: PlannedMetric, difference: number): number {
  return metric.direction === 'increase' ? difference : -difference;
}

/** An interval of differences as [least, greatest] gain, unlimited where a limit is missing. */
export function gainsWithin(
  metric: PlannedMetric,
  lower: number | null,
  upper: number | null,
): [least: number, greatest: number] {
  const low = lower ?? -Infinity;
  const high = upper ?? Infinity;
  return metric.direction === 'increase' ? [low, high] : [-high, -low];
}

export function liftText(look: Look, metric_id: string, variant: string): string {
  const lift = comparisonOf(look, metric_id, variant)?.relative.lift;
  return lift === null || lift === undefined ? 'no relative lift' : `lift ${percent(lift)}`;
}

export function percent(value: number): string {
  return `${threeDigits(value * 100)} %`;
}

export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
