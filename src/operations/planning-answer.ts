import { validationFailed, type FieldError } from '../errors.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch, Traffic, TrafficSource } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import type { Rehearsal } from '../rehearsal/answer.js';
import { powerOfLifts, powerOfPlan, type LiftPower, type PlanPower } from './power-of-plan.js';

/** How many units come each day, and how that is known. */
export interface TrafficAnswer {
  /** Eligible units of this plan; null where nobody knows. */
  units_per_day: number | null;
  from: 'request' | 'experiment' | 'assumption' | null;
  source?: TrafficSource;
}

export interface PlannedPower extends PlanPower {
  traffic: TrafficAnswer;
}

/** What a caller may know better than the history. */
export interface GivenFacts {
  baselines?: Readonly<Record<string, Baseline>>;
  units_per_day?: number | undefined;
}

/** What is stored about a plan. */
export interface KnownFacts {
  baselines: Readonly<Record<string, Baseline>>;
  traffic: Traffic | null;
}

/**
 * The power of a plan, from what the caller gives and else from history.
 *
 * @throws {RampartError} validation_failed, naming each wrong baseline
 */
export function plannedPower(launch: Launch, known: KnownFacts, given: GivenFacts): PlannedPower {
  const baselines = baselinesOf(launch, known, given);
  const traffic = trafficAnswer(known, given);
  return { ...powerOfPlan(launch, baselines, traffic.units_per_day), traffic };
}

/** As `plannedPower`, for these lifts of the first primary. @throws {RampartError} validation_failed */
export function plannedLifts(
  launch: Launch,
  known: KnownFacts,
  given: GivenFacts,
  lifts: readonly number[],
): LiftPower[] {
  const baselines = baselinesOf(launch, known, given);
  return powerOfLifts(launch, baselines, trafficAnswer(known, given).units_per_day, lifts);
}

/**
 * The baselines by metric: those given over those known, field by field.
 *
 * @throws {RampartError} validation_failed, naming each wrong one
 */
export function baselinesOf(
  { metrics }: Pick<Launch, 'metrics'>,
  known: Pick<KnownFacts, 'baselines'>,
  { baselines = {} }: GivenFacts,
): Record<string, Baseline> {
  const merged: Record<string, Baseline> = { ...known.baselines };
  const errors = Object.entries(baselines).flatMap(([metric_id, baseline]): FieldError[] => {
    const planned = metrics.find(({ metric }) => metric.metric_id === metric_id);
    const path = `baselines.${metric_id}`;
    if (!planned) return [{ path, code: 'unknown_metric', message: 'is no metric of this experiment' }];
    merged[metric_id] = { ...known.baselines[metric_id], ...baseline };
    return baselineErrors(planned.metric, merged[metric_id], path);
  });
  if (errors.length > 0) throw validationFailed(errors);
  return merged;
}

function baselineErrors(metric: Metric, { value, standard_deviation }: Baseline, path: string): FieldError[] {
  const kind = KINDS[metric.kind];
  // Kinds that are simulated by a mean and a spread assume one; of the others the spread follows from the value.
  if (kind.assumedBaseline(metric).standard_deviation > 0) {
    if (standard_deviation !== undefined && standard_deviation > 0) return [];
    const message = `is missing or 0: a ${metric.kind} needs the standard deviation between units, in the unit of its value`;
    return [{ path: `${path}.standard_deviation`, code: 'required', message }];
  }
  if (!kind.scaled && !(value > 0 && value < 1)) {
    return [
      { path: `${path}.value`, code: 'out_of_range', message: 'must lie between 0 and 1: it is a share' },
    ];
  }
  return [];
}

function trafficAnswer(
  { traffic }: Pick<KnownFacts, 'traffic'>,
  { units_per_day }: GivenFacts,
): TrafficAnswer {
  if (units_per_day !== undefined) return { units_per_day, from: 'request' };
  if (traffic) return { units_per_day: traffic.units_per_day, from: 'experiment', source: traffic.source };
  return { units_per_day: null, from: null };
}

/** A rehearsal with where its traffic comes from. */
export type RehearsalAnswer = Rehearsal & { traffic: TrafficAnswer };

/** The traffic to rehearse with; nothing where nobody knows it. */
export function rehearsedTraffic(
  known: Pick<KnownFacts, 'traffic'>,
  given: GivenFacts,
): { units_per_day?: number } {
  const { units_per_day } = trafficAnswer(known, given);
  return units_per_day === null ? {} : { units_per_day };
}

export function rehearsalAnswer(
  rehearsal: Rehearsal,
  known: Pick<KnownFacts, 'traffic'>,
  given: GivenFacts,
): RehearsalAnswer {
  const { units_per_day } = rehearsal.assumptions;
  const told = trafficAnswer(known, given);
  const traffic: TrafficAnswer = told.from === null ? { units_per_day, from: 'assumption' } : told;
  return { ...rehearsal, traffic };
}
