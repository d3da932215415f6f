import { normalQuantile } from './distributions.js';
import { logOneSidedE } from './sequential.js';

/** The sequential primary needs 1.07 × the sample of the fixed test for the same power. */
export const SEQUENTIAL_COST = 1.07;

/** The kinds whose spread does not follow from their value. */
export type SpreadKind = 'mean' | 'ratio' | 'quantile';

/** What a plan should detect. */
export interface PowerDesign {
  /**
   * A proportion's variance follows from its rate. The others have a standard deviation per unit: of a ratio that of
   * (y − R·d)/D̄, with R = ΣY/ΣD.
   */
  metric:
    | { kind: 'proportion'; baseline: number }
    | { kind: SpreadKind; baseline: number; standard_deviation: number };
  direction?: 'increase' | 'decrease';
  /** Two-sided, of all comparisons together. */
  alpha: number;
  /** k = primaries × treatments: Holm's first step tests each at α/k. */
  comparisons: number;
  power: number;
  /** Treatment units for each control unit. */
  ratio: number;
  /** Of the metric with its covariate from before the experiment (CUPED); 0 without one. */
  correlation: number;
}

/** A rate as the calculation takes it; null if it is not strictly between 0 and 1. */
export function rateMetric(baseline: number): PowerDesign['metric'] | null {
  return baseline > 0 && baseline < 1 ? { kind: 'proportion', baseline } : null;
}

/** A value with its standard deviation per unit, as the calculation takes it; null without either. */
export function spreadMetric(
  kind: SpreadKind,
  { value, standard_deviation = 0 }: { value: number; standard_deviation?: number },
): PowerDesign['metric'] | null {
  return value === 0 || standard_deviation === 0 ? null : { kind, baseline: value, standard_deviation };
}

export const POWER_DEFAULTS = { alpha: 0.05, comparisons: 1, power: 0.8, ratio: 1, correlation: 0 };

/**
 * The power that each test needs for `power` in all, if G guardrails must be proven safe besides the primary: each may
 * miss by an equal share. Source: Schultzberg, Ankargren, Frånberg (2024), arXiv:2402.11609.
 */
export function sharedPower(power: number, guardrails: number): number {
  return 1 - (1 - power) / (guardrails + 1);
}

/**
 * Units of the control that detect a relative effect: n = (z_{1−α/(2k)} + z_power)²·(σ²_C + σ²_T/ratio)/Δ²·1.07·(1−corr²),
 * not rounded. Null if the shifted rate of a proportion is outside [0, 1]. Source: Chow, Shao, Wang (2008), § 4.2, with
 * the cost of the sequence measured by `npm run bench:simulations`.
 *
 * @param mde relative and positive
 */
export function unitsFor(design: PowerDesign, mde: number): number | null {
  const { metric, ratio } = design;
  const sign = design.direction === 'decrease' ? -1 : 1;
  const treated = varianceAt(metric, metric.baseline * (1 + sign * mde));
  if (treated === null) return null;
  const delta = Math.abs(metric.baseline) * mde;
  return (factor(design) * (varianceAt(metric, metric.baseline)! + treated / ratio)) / (delta * delta);
}

/**
 * The relative effect that `units` of the control detect: the positive root of the equation above. Null if the shifted
 * rate is outside [0, 1].
 */
export function effectOf(design: PowerDesign, units: number): number | null {
  const { metric, ratio } = design;
  const k = factor(design) / units;
  if (metric.kind !== 'proportion') {
    return Math.sqrt(k * (1 + 1 / ratio)) * (metric.standard_deviation / Math.abs(metric.baseline));
  }
  // Δ² = k(σ²_C + (p+Δ)(1−p−Δ)/ratio): a quadratic in Δ.
  const p = metric.baseline;
  const sign = design.direction === 'decrease' ? -1 : 1;
  const a = 1 + k / ratio;
  const b = (sign * -k * (1 - 2 * p)) / ratio;
  const c = -k * p * (1 - p) * (1 + 1 / ratio);
  const delta = (-b + Math.sqrt(b * b - 4 * a * c)) / (2 * a);
  return varianceAt(metric, p + sign * delta) === null ? null : delta / p;
}

/** What it takes to prove that a guardrail is not harmed beyond its margin. */
export interface ProofDesign extends Pick<PowerDesign, 'metric' | 'direction' | 'power' | 'ratio'> {
  /** Relative. */
  margin: number;
  /** One-sided: the e-value of non-inferiority must reach 1/α. */
  alpha: number;
}

/**
 * Units of the control that prove a harmless treatment not inferior: n = (z_e + z_power)²·((1+r)²·σ²_C + σ²_T/ratio)/Δ²,
 * Δ = margin·|m|, where z_e is the score at which the e-value reaches 1/α at N*. Not rounded. An error rate is proven
 * by its exact e-value, which takes about as many.
 */
export function unitsToProve({ metric, direction, power, ratio, margin, alpha }: ProofDesign): number {
  const z = provingScore(alpha) + normalQuantile(power);
  const boundary = 1 + (direction === 'decrease' ? margin : -margin) * Math.sign(metric.baseline);
  const variance = varianceAt(metric, metric.baseline)!;
  const delta = Math.abs(metric.baseline) * margin;
  return (z * z * variance * (boundary * boundary + 1 / ratio)) / (delta * delta);
}

/** Where the score's e-value reaches 1/α once the planned units are there: it rises with the score. */
function provingScore(alpha: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (logOneSidedE(alpha, 1, 1, middle) < -Math.log(alpha)) low = middle;
    else high = middle;
  }
  return high;
}

function factor({ alpha, comparisons, power, correlation }: PowerDesign): number {
  const z = normalQuantile(1 - alpha / (2 * comparisons)) + normalQuantile(power);
  return z * z * SEQUENTIAL_COST * (1 - correlation * correlation);
}

/** Per unit; null if the value should be a rate and is none. */
function varianceAt(metric: PowerDesign['metric'], value: number): number | null {
  if (metric.kind !== 'proportion') return metric.standard_deviation ** 2;
  return value >= 0 && value <= 1 ? value * (1 - value) : null;
}

export interface PowerAnswer {
  /** Of the control, rounded up. */
  units_per_variant: number;
  total: number;
}

/** Units of all arms, each rounded up; null if the effect is impossible. */
export function sampleFor(design: PowerDesign, mde: number, arms = 2): PowerAnswer | null {
  const control = unitsFor(design, mde);
  if (control === null) return null;
  return {
    units_per_variant: Math.ceil(control),
    total: Math.ceil(control) + (arms - 1) * Math.ceil(design.ratio * control),
  };
}
