import type { Outcome } from '../lifecycle/state.js';
import type { Launch } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';
import type { Rate, Rehearsal, RehearsedPower, ScenarioResult } from './answer.js';
import { findableLift, isReached, searchTasks } from './findable.js';
import { daysOf, settingsOf, type RehearsalOptions, type Scenario } from './settings.js';
import { rehearsePart, resultsOf, scenarioTasks, type TaskResult, type TaskRun } from './task.js';
import { warningsOf } from './warnings.js';

/**
 * Runs a plan on simulated users: the same `step`, `decide` and evidence as the real life. If the effect is not found as
 * often as the policy wants, it goes on to search for a lift that is.
 */
export function rehearse(launch: Launch, options: RehearsalOptions = {}): Rehearsal {
  const first = scenarioTasks(launch, options);
  const scenarios = resultsOf(first, rehearsePart(launch, options, first));
  const further = searchTasks(launch, options, scenarios);
  const search = resultsOf(further, rehearsePart(launch, options, further));
  return mergeRehearsal(launch, options, [...scenarios, ...search]);
}

/** The answer, from the runs of all tasks. */
export function mergeRehearsal(
  launch: Launch,
  options: RehearsalOptions,
  results: readonly TaskResult[],
): Rehearsal {
  const { seed, units_per_day, units_per_day_assumed, returns, baselines } = settingsOf(launch, options);
  const found = results.flatMap(({ task: { purpose, lifts }, runs }) =>
    purpose === 'search' ? [] : [{ scenario: purpose, lifts, runs: runs.length, ...summary(runs) }],
  );
  const assumptions = {
    seed,
    units_per_day,
    units_per_day_assumed,
    returns_per_day: returns.per_day,
    planned_units: launch.planned_units,
    days: daysOf(launch),
    baselines,
  };
  const resultOf = (scenario: Scenario): ScenarioResult | undefined =>
    found.find((result) => result.scenario === scenario);
  const power = powerOf(launch, results, resultOf('effect'));
  return {
    assumptions,
    scenarios: found,
    false_ship: resultOf('no_effect')?.outcomes.shipped ?? null,
    false_rollback: resultOf('no_effect')?.outcomes.rolled_back ?? null,
    power,
    harm_caught: resultOf('harm')?.outcomes.rolled_back ?? null,
    warnings: warningsOf(launch, assumptions, power),
    sample_timeline: sampleOf(launch, results),
  };
}

function powerOf(
  { policy }: Launch,
  results: readonly TaskResult[],
  effect: ScenarioResult | undefined,
): RehearsedPower | null {
  if (!effect) return null;
  const { runs } = results.find(({ task }) => task.purpose === 'effect')!;
  const reached = isReached(runs, policy.power);
  return {
    ...effect.outcomes.shipped,
    wanted: policy.power,
    lift: Math.max(...Object.values(effect.lifts).map(Math.abs)),
    reached,
    ...(!reached && { findable_lift: findableLift(results, policy.power) }),
  };
}

/** The timeline of the first run that ended as most of them did: with the effect, or else in the first scenario. */
function sampleOf({ start_at }: Launch, results: readonly TaskResult[]): Rehearsal['sample_timeline'] {
  const { runs } = results.find(({ task }) => task.purpose === 'effect') ?? results[0]!;
  const count = (outcome: Outcome): number => runs.filter((run) => run.outcome === outcome).length;
  const most = Math.max(...runs.map((run) => count(run.outcome)));
  const { timeline = [] } = runs.find((run) => count(run.outcome) === most) ?? {};
  return timeline.map(({ at, kind, reason, from, to, data }) => ({
    day: Number(((at - start_at) / DAY_MS).toFixed(3)),
    kind,
    ...(reason !== undefined && { reason }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(data !== undefined && { data }),
  }));
}

/**
 * With the standard error of two more runs of each kind: none of ten is not none for sure. Source: Agresti, Coull (1998), The
 * American Statistician 52, 119–126.
 */
function rateOf(count: number, runs: number): Rate {
  const adjusted = (count + 2) / (runs + 4);
  return { rate: count / runs, standard_error: Math.sqrt((adjusted * (1 - adjusted)) / (runs + 4)) };
}

function summary(results: readonly TaskRun[]): Pick<ScenarioResult, 'outcomes' | 'days' | 'units'> {
  const outcome = (wanted: Outcome): Rate =>
    rateOf(results.filter((run) => run.outcome === wanted).length, results.length);
  const days = results.map((run) => run.days).sort((a, b) => a - b);
  const at = (q: number): number => days[Math.min(days.length - 1, Math.floor(q * days.length))]!;
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    outcomes: {
      shipped: outcome('shipped'),
      rolled_back: outcome('rolled_back'),
      no_effect: outcome('no_effect'),
      inconclusive: outcome('inconclusive'),
    },
    days: { mean: mean(days), p10: at(0.1), p50: at(0.5), p90: at(0.9) },
    units: { mean: mean(results.map((run) => run.units)) },
  };
}
