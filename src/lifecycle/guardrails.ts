import type { Comparison, GuardrailEvidence } from '../stats/evidence.js';
import { chosenIn, comparedTreatments } from './compared.js';
import { comparisonOf, guardrailGroups, inSegment, isAnswer, unitsOf } from './decisions/reading.js';
import type { Look } from './look.js';
import { metricsOf, treatmentsOf, type Plan, type PlannedMetric } from './plan.js';
import type { State } from './state.js';

/**
 * α of the guardrails is spent per life: this share on the ramp and the run (epoch 0), the rest on all later epochs.
 * Fresh e-values in every epoch, each at the whole α, would err as often as there are epochs.
 */
const SHARE_OF_FIRST_EPOCH = 0.8;
/** One-sided p-value, for a single guardrail of a single treatment, at which it looks harmful. */
const SUSPECT_P = 0.01;

/**
 * G·(1+S): the tests among which the guardrails' errors are shared, as at the launch: guardrails × treatments, in all units
 * together and in each of S segments. Dropped arms go on counting.
 */
function family(plan: Plan): number {
  const groups = 1 + (plan.segments?.length ?? 0);
  return Math.max(1, metricsOf(plan, 'guardrail').length * treatmentsOf(plan).length * groups);
}

/** K: the epochs after epoch 0, as planned. Each step of the roll-out has one; the watch goes on in that of the last. */
export function laterEpochs(plan: Plan): number {
  return plan.policy.rollout.length;
}

/**
 * Natural logarithm of the e-value that proves harm: G·(1+S) / (0.8·α) in epoch 0, G·(1+S)·K / (0.2·α) in each later
 * one.
 */
export function harmThreshold(plan: Plan, epoch: number): number {
  const { alpha } = plan.policy.guardrails;
  return epoch === 0
    ? Math.log(family(plan) / (SHARE_OF_FIRST_EPOCH * alpha))
    : Math.log((family(plan) * laterEpochs(plan)) / ((1 - SHARE_OF_FIRST_EPOCH) * alpha));
}

/** A guardrail with a one-sided p-value below this is not fit to ship, and holds the ramp. */
export function suspectThreshold(plan: Plan): number {
  return SUSPECT_P / family(plan);
}

/** The rate below which a guardrail without any error, in any arm, is safe. */
export function floorOf({ policy }: Plan, metric_id: string): number {
  const entry = policy.guardrails[metric_id] ?? policy.guardrails['*'];
  return (typeof entry === 'object' ? entry.floor : undefined) ?? DEFAULT_FLOOR;
}
const DEFAULT_FLOOR = 0.001;

/**
 * What a guardrail lacks in order to object: any data, its threshold, evidence although there are data, or a source
 * that still speaks.
 */
export type Lack = 'data' | 'threshold' | 'evidence' | 'source';

export interface BlindMetric {
  metric_id: string;
  variant: string;
  lacks: Lack;
}

const LACKS: Record<Lack, string> = {
  data: 'no data yet',
  threshold: 'no threshold yet: the control has too few requests',
  evidence: 'no evidence, although there are data',
  source: 'its data no longer arrive',
};

export function blindText({ metric_id, variant, lacks }: BlindMetric): string {
  return `${metric_id} of ${variant} could not object: ${LACKS[lacks]}`;
}

/**
 * Every planned metric of a compared treatment that could not object at this look, whatever had happened: guardrails, and
 * once a winner is chosen also primaries, which from then on are guarded by row 3 alone.
 */
export function blindMetrics(plan: Plan, state: Pick<State, 'phase' | 'dropped'>, look: Look): BlindMetric[] {
  const isChosen = chosenIn(state.phase) !== null;
  return comparedTreatments(plan, state).flatMap((variant) =>
    plan.metrics.flatMap((metric): BlindMetric[] => {
      const { metric_id, role } = metric;
      if (role === 'secondary' || (role === 'primary' && !isChosen)) return [];
      const lacks =
        role === 'guardrail' ? lackOf(look, metric_id, variant) : lackOfPrimary(plan, look, metric, variant);
      return lacks ? [{ metric_id, variant, lacks }] : [];
    }),
  );
}

/**
 * Under `warn`, a metric whose data have not begun is only named. So it is between the steps of a roll-out, where each
 * step begins without units: like the ramp, it waits for no data, but the watch does. A metric that has data and says
 * nothing is always in doubt.
 */
export function isExcused(plan: Plan, { phase }: Pick<State, 'phase'>, { lacks }: BlindMetric): boolean {
  const isLenient = plan.policy.guardrails.without_data === 'warn' || phase.state === 'rolling_out';
  return isLenient && (lacks === 'data' || lacks === 'threshold');
}

function lackOfPrimary(
  plan: Plan,
  look: Look,
  { metric_id, window }: PlannedMetric,
  variant: string,
): Lack | null {
  const comparison = comparisonOf(look, metric_id, variant);
  const isOpen = window !== undefined && comparison?.value === null;
  if (isOpen || unitsOf(look, plan.control) < 2 || unitsOf(look, variant) < 2) return 'data';
  return isAnswer(comparison?.sequence, comparison?.difference) ? null : 'evidence';
}

/** Null where the guardrail is able to object. Whatever is absent, of unknown status or half there, is not. */
export function lackOf(look: Look, metric_id: string, variant: string): Lack | null {
  if (look.stale_guardrails.includes(metric_id)) return 'source';
  if (look.silent_guardrails.includes(metric_id)) return 'data';
  const comparison = comparisonOf(look, metric_id, variant);
  const guardrail = comparison?.guardrail;
  if (!comparison || !guardrail) return 'evidence';
  if (guardrail.status === 'blind') return guardrail.lacks ?? 'evidence';
  if (guardrail.status !== 'ok') return 'evidence';
  return hasAnswer(comparison, guardrail) ? null : 'evidence';
}

/** Nulls are an answer in one case only: the arms are exactly alike, so that there is nothing to weigh. */
function hasAnswer({ difference }: Comparison, { log_e_harm, p_value }: GuardrailEvidence): boolean {
  if (typeof log_e_harm === 'number' && typeof p_value === 'number') return true;
  return log_e_harm === null && p_value === null && difference === 0;
}

/**
 * Guardrails with a p-value that looks harmful in a compared treatment, each with the segment where it does: `errors`,
 * `errors in ios`.
 */
export function suspectGuardrails(plan: Plan, state: Pick<State, 'phase' | 'dropped'>, look: Look): string[] {
  const threshold = suspectThreshold(plan);
  const treatments = comparedTreatments(plan, state);
  return metricsOf(plan, 'guardrail').flatMap(({ metric_id }) => {
    const suspects = treatments.flatMap((variant) =>
      // A p-value that is null is no suspicion, and no consent either: the guardrail is blind then, or the arms are alike.
      guardrailGroups(plan, look, metric_id, variant).filter(({ p_value }) => (p_value ?? 1) < threshold),
    );
    return [...new Set(suspects.map(({ segment }) => `${metric_id}${inSegment(segment)}`))];
  });
}
