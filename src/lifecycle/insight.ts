import type { LiftReport } from './lift-report.js';
import { ROW } from './decisions/rows.js';
import type { DecisionKind, DecisionRecord, Outcome } from './state.js';

/** An experiment that is over and settled, as far as its worth is concerned. */
export interface Ended {
  experiment_id: string;
  /** From when units could be enrolled, ms since the epoch. */
  started_at: number;
  /** When its outcome was served everywhere and written down, ms since the epoch. */
  ended_at: number;
  outcome: Outcome;
  lifts?: { at_decision: LiftReport | null; after_watch: LiftReport | null };
  /** The currency of each metric that is an amount of money, by metric. */
  currencies: Readonly<Record<string, string>>;
  decisions: readonly Pick<DecisionRecord, 'at' | 'row' | 'decision' | 'variant'>[];
}

/** What shipping is estimated to have changed in one metric, with the interval that holds. */
export interface Effect {
  metric_id: string;
  variant: string;
  /** `watch`: measured again after shipping, without the choice that made it win. */
  source: 'watch' | 'decision';
  /** Relative to |control|. */
  relative: Estimate;
  /** Money for each unit, of a metric whose unit is a currency. */
  revenue: (Estimate & { currency: string }) | null;
}

export interface Estimate {
  estimate: number;
  lower: number;
  upper: number;
}

/** What one experiment was worth. */
export interface Insight {
  experiment_id: string;
  ended_at: number;
  outcome: Outcome;
  /** From the start to the first decision that chose a winner or ended it, ms; null where nothing was decided. */
  decided_after: number | null;
  /** How long a harmful treatment was served, until every process had stopped it, ms; null where none was found. */
  harm_served: number | null;
  /** Treatments that a guardrail took away. */
  guardrail_saves: number;
  /** Of one that shipped: its primaries, where they have an interval. */
  effects: Effect[];
}

/** Outcomes that answer the question of the experiment. */
export const DECIDED: readonly Outcome[] = ['shipped', 'rolled_back', 'no_effect'];
const CONCLUDES: readonly DecisionKind[] = ['winner', 'roll_back', 'no_effect'];

export function insightOf(ended: Ended): Insight {
  const { experiment_id, started_at, ended_at, outcome, decisions } = ended;
  const first = decisions.find(({ decision }) => CONCLUDES.includes(decision));
  const saved = decisions.filter(({ row }) => row === ROW.guardrail_harm);
  return {
    experiment_id,
    ended_at,
    outcome,
    decided_after: DECIDED.includes(outcome) && first ? Math.max(0, first.at - started_at) : null,
    harm_served: outcome === 'rolled_back' ? Math.max(0, ended_at - started_at) : null,
    guardrail_saves: new Set(saved.map(({ variant }) => variant ?? '')).size,
    effects: outcome === 'shipped' ? effectsOf(ended) : [],
  };
}

/** The watch's own numbers where it has any: what won while it looked good looks too good. */
function effectsOf({ lifts, currencies }: Ended): Effect[] {
  const [watch, decision] = [lifts?.after_watch ?? null, lifts?.at_decision ?? null];
  const metrics = new Set([watch, decision].flatMap((report) => metricsIn(report)));
  return [...metrics].flatMap((metric_id) => {
    const currency = currencies[metric_id] ?? null;
    const effect =
      effectIn(watch, 'watch', metric_id, currency) ?? effectIn(decision, 'decision', metric_id, currency);
    return effect ? [effect] : [];
  });
}

function metricsIn(report: LiftReport | null): string[] {
  return report?.primaries.map(({ metric_id }) => metric_id) ?? [];
}

/** Null where the report has no number for the metric, or no interval around it. */
function effectIn(
  report: LiftReport | null,
  source: Effect['source'],
  metric_id: string,
  currency: string | null,
): Effect | null {
  const found = report?.primaries.find((one) => one.metric_id === metric_id);
  if (!report || !found?.interval) return null;
  const { lift, estimate, difference, interval } = found;
  const { relative_lower, relative_upper, lower, upper } = interval;
  const relative = estimateOf(source === 'watch' ? lift : (estimate ?? lift), relative_lower, relative_upper);
  if (!relative) return null;
  const money = currency === null ? null : estimateOf(difference, lower, upper);
  const revenue = money && currency !== null ? { ...money, currency } : null;
  return { metric_id, variant: report.variant, source, relative, revenue };
}

/** Reports that are stored since before `expectedLift` may have an estimate outside of their interval. */
function estimateOf(estimate: number | null, lower: number | null, upper: number | null): Estimate | null {
  if (estimate === null || lower === null || upper === null) return null;
  return { estimate: Math.max(lower, Math.min(upper, estimate)), lower, upper };
}
