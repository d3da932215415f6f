import type { Comparison } from '../stats/evidence.js';
import { comparisonOf, gainOf, guardrailGroups, type GuardrailGroup } from './decisions/reading.js';
import { harmThreshold, lackOf, suspectThreshold } from './guardrails.js';
import type { Look } from './look.js';
import { metricsOf, treatmentsOf, type Plan, type PlannedMetric } from './plan.js';

/** What a list tells of an experiment at a glance: the newest look, and how the number of units grew. */
export interface Summary {
  /** Ms since the epoch. */
  last_look_at: number;
  /** Units that this look has compared, of all arms. */
  units: number;
  /** The treatment that does best on the first primary. Of a winner that is rolled out it stays as it was decided on. */
  primary: {
    metric_id: string;
    variant: string;
    lift: number | null;
    /** Limits of the sequence, relative to the control; null where there is no limit yet. */
    lower: number | null;
    upper: number | null;
  } | null;
  /** The guardrail that is nearest to a roll-back; null where the experiment has none. */
  guardrail: {
    metric_id: string;
    variant: string;
    /** The segment in which it is; absent for all units. */
    segment?: string;
    /** Null where it is blind, or the arms are exactly alike. */
    log_e_harm: number | null;
    /** E-value at which harm is proven in this epoch. */
    threshold: number;
    status: 'ok' | 'suspect' | 'harm' | 'blind';
  } | null;
  srm: {
    log_bayes_factor: number;
    /** Bayes factor at which the split is not trusted. */
    threshold: number;
  };
  /** Units at some of the looks, the oldest first. */
  spark: SparkPoint[];
}

export interface SparkPoint {
  /** Ms since the epoch. */
  at: number;
  units: number;
}

/** At most so many points are kept, however long an experiment lasts. */
export const MOST_SPARK_POINTS = 40;

/** @param before the summary as of the look before; null at the first one */
export function summaryOf(plan: Plan, look: Look, before: Summary | null): Summary {
  const units = Object.values(look.units).reduce((sum, n) => sum + n, 0);
  return {
    last_look_at: look.at,
    units,
    // Looks of a roll-out begin without units: they say nothing yet of what was decided long ago.
    primary: look.epoch > 0 && before ? before.primary : primaryIn(plan, look),
    guardrail: nearestGuardrail(plan, look),
    srm: {
      log_bayes_factor: look.evidence.srm.log_bayes_factor,
      threshold: plan.policy.srm.alarm_bayes_factor,
    },
    spark: thinned([...(before?.spark ?? []), { at: look.at, units }], plan),
  };
}

function primaryIn(plan: Plan, look: Look): Summary['primary'] {
  const [metric] = metricsOf(plan, 'primary');
  if (!metric) return null;
  const compared = treatmentsOf(plan).flatMap((variant) => {
    const comparison = comparisonOf(look, metric.metric_id, variant);
    return comparison ? [comparison] : [];
  });
  const best = compared.sort((a, b) => gainIn(metric, b) - gainIn(metric, a))[0];
  if (!best) return null;
  return {
    metric_id: metric.metric_id,
    variant: best.variant,
    lift: best.relative.lift,
    lower: best.sequence.relative_lower,
    upper: best.sequence.relative_upper,
  };
}

/** What is not known yet comes after everything that is. */
function gainIn(metric: PlannedMetric, { difference }: Comparison): number {
  return difference === null ? -Number.MAX_VALUE : gainOf(metric, difference);
}

/** Those that can be seen come before those that are blind: they are what may roll the experiment back. */
function nearestGuardrail(plan: Plan, look: Look): Summary['guardrail'] {
  const all = metricsOf(plan, 'guardrail').flatMap(({ metric_id }) =>
    treatmentsOf(plan).flatMap((variant) => {
      if (!comparisonOf(look, metric_id, variant)) return [];
      const isBlind = lackOf(look, metric_id, variant) !== null;
      const groups = guardrailGroups(plan, look, metric_id, variant);
      // A segment that has no evidence yet is nowhere; all units together are shown in any case.
      const shown = groups.filter(({ segment, log_e_harm }) => segment === null || log_e_harm !== null);
      return shown.map(({ segment, ...group }) => ({
        metric_id,
        variant,
        ...(segment !== null && { segment }),
        ...standingOf(plan, look, group, isBlind && segment === null),
      }));
    }),
  );
  return all.sort((a, b) => nearness(b) - nearness(a))[0] ?? null;
}

type Standing = Pick<NonNullable<Summary['guardrail']>, 'log_e_harm' | 'threshold' | 'status'>;

function standingOf(
  plan: Plan,
  { epoch }: Look,
  group: Pick<GuardrailGroup, 'log_e_harm' | 'p_value'>,
  isBlind: boolean,
): Standing {
  const harm = harmThreshold(plan, epoch);
  const threshold = Math.exp(harm);
  if (isBlind) return { log_e_harm: null, threshold, status: 'blind' };
  const log_e_harm = group.log_e_harm ?? null;
  const isSuspect = (group.p_value ?? 1) < suspectThreshold(plan);
  const isHarm = log_e_harm !== null && log_e_harm >= harm;
  return { log_e_harm, threshold, status: isHarm ? 'harm' : isSuspect ? 'suspect' : 'ok' };
}

function nearness({ status, log_e_harm }: NonNullable<Summary['guardrail']>): number {
  if (status === 'blind') return -Number.MAX_VALUE;
  // Of arms that are exactly alike there is no evidence, for or against.
  return log_e_harm ?? 0;
}

/** One point for each fortieth of the planned time, the newest of it; of twice that where it takes longer, and so on. */
function thinned(points: readonly SparkPoint[], { start_at, end_at }: Plan): SparkPoint[] {
  const until_now = points.at(-1)!.at - start_at;
  let lasts = Math.max(1, end_at - start_at);
  // Doubled, so that the parts of before fall into those of after: to grow with each look would lose a point each time.
  while (lasts < until_now) lasts *= 2;
  const part = ({ at }: SparkPoint): number =>
    Math.min(MOST_SPARK_POINTS - 1, Math.max(0, Math.floor(((at - start_at) / lasts) * MOST_SPARK_POINTS)));
  return points.filter((point, index) => {
    const next = points[index + 1];
    return next === undefined || part(next) !== part(point);
  });
}
