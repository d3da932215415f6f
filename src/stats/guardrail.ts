import type { StratumSums } from './arm-sums.js';
import { decidingVariance } from './deciding-variance.js';
import { normalUpperTail } from './distributions.js';
import { errorRateEvidence, type ErrorStage } from './error-rate.js';
import type { GuardrailEvidence } from './evidence.js';
import { countsOf, type Pair } from './pair.js';
import { logOneSidedE } from './sequential.js';

/** A rate that should rise can fall by less than all of itself. */
const LARGEST_DECREASE = 0.999;

/** α is spent per life: this share of it in the first epoch, and the rest in all later ones together. */
const FIRST_EPOCH_SHARE = 0.8;

/** Evidence for and against harm beyond the margin. `guardrails` is G: guardrail metrics × treatments. */
export function guardrail(pair: Pair, guardrails: number): GuardrailEvidence {
  const { metric, input } = pair;
  const margin = metric.margin!;
  const z = harmfulZ(pair, margin);
  const evidence = metric.statistics.guardrail === 'exact' ? exact(pair, margin, z) : approximate(pair, z);
  const { log_e_harm, log_e_non_inferior } = evidence;
  const lacks = lackOf(pair, evidence);
  return {
    margin,
    z,
    ...evidence,
    harm: log_e_harm !== null && log_e_harm >= harmThreshold(input, guardrails),
    non_inferior: log_e_non_inferior !== null && log_e_non_inferior >= Math.log(1 / input.alpha.guardrail),
    status: lacks ? 'blind' : 'ok',
    ...(lacks && { lacks }),
  };
}

/** ln of the e-value that proves harm: G/(0.8·α), in each of K later epochs G·K/(0.2·α). */
function harmThreshold({ alpha, later_epochs }: Pair['input'], guardrails: number): number {
  return later_epochs === undefined
    ? Math.log(guardrails / (FIRST_EPOCH_SHARE * alpha.guardrail))
    : Math.log((guardrails * later_epochs) / ((1 - FIRST_EPOCH_SHARE) * alpha.guardrail));
}

type EValues = Pick<GuardrailEvidence, 'log_e_harm' | 'log_e_non_inferior' | 'p_value'>;

function approximate({ input, nC, nT }: Pair, z: number | null): EValues {
  if (z === null) return { log_e_harm: null, log_e_non_inferior: null, p_value: null };
  const e = (score: number): number =>
    logOneSidedE(input.alpha.guardrail, input.planned_units, nC + nT, score);
  return { log_e_harm: e(z), log_e_non_inferior: e(-z), p_value: normalUpperTail(z) };
}

/** From all units that err, stage by stage. Over several stages the p-value is that of Z. */
function exact(pair: Pair, margin: number, z: number | null): EValues {
  const { metric, input } = pair;
  const stages =
    metric.strata.length > 0 ? metric.strata : [{ allocation: input.allocation, arms: metric.arms }];
  const more = metric.direction === 'decrease';
  const own = errorRateEvidence(
    stages.map((stage) => stageOf(pair, stage)),
    more ? margin : -Math.min(margin, LARGEST_DECREASE),
    more ? 'more' : 'fewer',
  );
  if (stages.length === 1 || own.p_value === 1) return own;
  return { ...own, p_value: z === null ? null : normalUpperTail(z) };
}

function stageOf({ metric, input, variant }: Pair, { allocation, arms }: StratumSums): ErrorStage {
  const of = <T>(one: (variant: string) => T) => ({ treatment: one(variant), control: one(input.control) });
  const { estimator } = metric.statistics;
  return {
    errors: of((name) => countsOf(estimator.moments(arms[name]!, 1n)).y),
    weights: of((name) => allocation[name]!),
  };
}

/** Z against the boundary m_C ± margin·|m_C|, positive on the harmful side; null if there is none. */
function harmfulZ(pair: Pair, margin: number): number | null {
  const { metric, difference, mC } = pair;
  if (difference === null || mC === null) return null;
  const harmful = metric.direction === 'decrease' ? 1 : -1;
  const hasMargin = metric.statistics.guardrail === 'margin_in_sums';
  const r = hasMargin ? 0 : harmful * margin * (mC < 0 ? -1 : 1);
  const variance = decidingVariance(pair, r);
  const excess = difference - r * mC;
  return variance ? (harmful === 1 ? excess : 0 - excess) / Math.sqrt(variance) : null;
}

/** Why this guardrail could not object; null if it could. No evidence is fine only if measured arms are alike. */
function lackOf(pair: Pair, { log_e_harm, log_e_non_inferior }: EValues): GuardrailEvidence['lacks'] | null {
  const { metric, control, treatment } = pair;
  if (metric.awaits_threshold) return 'threshold';
  if (control.n === 0n || treatment.n === 0n) return 'data';
  if (log_e_harm !== null && log_e_non_inferior !== null) return null;
  if (pair.difference === null || pair.standardError === null) return 'data';
  return pair.difference === 0 ? null : 'evidence';
}
