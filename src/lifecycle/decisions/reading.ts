import type { Comparison, Limits, SegmentEvidence } from '../../stats/evidence.js';
import type { Look } from '../look.js';
import type { Plan, PlannedMetric } from '../plan.js';

/**
 * What a look says of one treatment on one metric; undefined where it says nothing, and also where parts are missing. All
 * rows read evidence through here, so that a hole in it is met in one way: as no answer, and never as an error, which
 * would stop the workflow.
 */
export function comparisonOf({ evidence }: Look, metric_id: string, variant: string): Comparison | undefined {
  const comparison = evidence.metrics
    ?.find((metric) => metric?.metric_id === metric_id)
    ?.comparisons?.find((one) => one?.variant === variant);
  return comparison?.relative && comparison.sequence ? comparison : undefined;
}

/** What a guardrail says of one treatment in one group of units: in all of them (`segment` is null), or in a segment. */
export interface GuardrailGroup {
  segment: string | null;
  margin: number;
  log_e_harm: number | null;
  p_value: number | null;
}

/** Every group of units in which a guardrail of a treatment says something: all units first, then the plan's segments. */
export function guardrailGroups(
  plan: Plan,
  look: Look,
  metric_id: string,
  variant: string,
): GuardrailGroup[] {
  const whole = comparisonOf(look, metric_id, variant)?.guardrail;
  const parts = segmentsOf(plan, look).flatMap(({ segment, guardrails }): GuardrailGroup[] => {
    const own = guardrails?.find((one) => one?.metric_id === metric_id && one.variant === variant);
    return own ? [{ ...own, segment }] : [];
  });
  return whole ? [{ ...whole, segment: null }, ...parts] : parts;
}

/** A primary of one treatment in one group of units, by the sequence that proves harm. */
export interface PrimaryGroup {
  segment: string | null;
  lower: number | null;
  upper: number | null;
  /** Units of the smaller arm. */
  units: number;
}

/** As `guardrailGroups`. Where there are segments, the sequences are wider, because they share α. */
export function primaryGroups(plan: Plan, look: Look, metric_id: string, variant: string): PrimaryGroup[] {
  const smaller = (units: Readonly<Record<string, number>> | undefined): number =>
    Math.min(units?.[plan.control] ?? 0, units?.[variant] ?? 0);
  const comparison = comparisonOf(look, metric_id, variant);
  const whole = comparison?.sequence_of_harm ?? comparison?.sequence;
  const parts = segmentsOf(plan, look).flatMap(({ segment, primaries, units }): PrimaryGroup[] => {
    const own = primaries?.find((one) => one?.metric_id === metric_id && one.variant === variant);
    return own ? [{ segment, lower: own.lower, upper: own.upper, units: smaller(units) }] : [];
  });
  if (!whole) return parts;
  return [{ segment: null, lower: whole.lower, upper: whole.upper, units: smaller(look.units) }, ...parts];
}

/** The evidence of the plan's segments. */
export function segmentsOf({ segments = [] }: Plan, { evidence }: Look): SegmentEvidence[] {
  return (evidence.segments ?? []).filter((one) => segments.includes(one?.segment));
}

/** ` in ios`; nothing for all units. */
export function inSegment(segment: string | null): string {
  return segment === null ? '' : ` in ${segment}`;
}

/** A test of a difference: its p-value and limits. */
export type TestResult = Limits & { p_value: number | null };

/** Whether a test says something. Nulls are an answer in one case only: the arms are exactly alike. */
export function isAnswer(
  test: TestResult | null | undefined,
  difference: number | null | undefined,
): boolean {
  if (!test || typeof difference !== 'number') return false;
  const all = [test.p_value, test.lower, test.upper];
  if (all.every((value) => typeof value === 'number')) return true;
  return difference === 0 && all.every((value) => value === null);
}

/** Units of an arm; 0 where they are not known, which is too few for any decision. */
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

/**
 * What is to be expected of the lift: the shrunk estimate, relative. Where the data lie far from what the plan expected, as a
 * lift of 40 % under a least effect of 1 %, that is one that they exclude: then the nearest that they allow. Null without one.
 */
export function expectedLift(
  { estimate, control_value }: Comparison,
  limits?: RelativeLimits,
): number | null {
  if (typeof estimate !== 'number' || !control_value) return null;
  const { relative_lower, relative_upper } = limits ?? NO_LIMITS;
  const most = Math.min(relative_upper ?? Infinity, estimate / Math.abs(control_value));
  return Math.max(relative_lower ?? -Infinity, most);
}

/**
 * The lift as people may rely on it: what is to be expected, and the limits of the test that decided. The raw lift of an
 * early winner is too large; it is told only where nothing better is known.
 */
export function liftText(comparison: Comparison, limits?: RelativeLimits): string {
  const { lift } = comparison.relative;
  if (lift === null) return 'no relative lift';
  const { relative_lower: lower, relative_upper: upper } = limits ?? NO_LIMITS;
  const expected = expectedLift(comparison, limits);
  const text = expected === null ? `lift ${percent(lift)}` : `about ${signedPercent(expected)}`;
  return lower === null || upper === null
    ? text
    : `${text}, surely ${signedPercent(lower)} to ${signedPercent(upper)}`;
}

type RelativeLimits = Pick<Limits, 'relative_lower' | 'relative_upper'>;

const NO_LIMITS: RelativeLimits = {
  relative_lower: null,
  relative_upper: null,
};

function signedPercent(value: number): string {
  return `${value > 0 ? '+' : ''}${percent(value)}`;
}

export function percent(value: number): string {
  return `${threeDigits(value * 100)} %`;
}

export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
