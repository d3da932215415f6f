import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Returns } from '../metrics/simulated/arm.js';
import type { Launch } from '../model/launch.js';
import type { Metric, MetricRole } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import { returnsOf } from './returns.js';

export interface RehearsalOptions {
  /** For each scenario. */
  runs?: number;
  seed?: number;
  /**
   * Units of the audience that come for the first time each day, after the shares of layer and holdouts; by default as
   * many as the planned sample needs, and the answer says that this was assumed.
   */
  units_per_day?: number;
  /** Visits of a unit on each day after its first exposure, for each visit that the first one is; 0: none comes back. */
  returns_per_day?: number;
  /** By metric. What is missing is assumed, and the answer says so. */
  baselines?: Record<string, Baseline>;
  /** Relative lift of the primaries in the scenario `effect`; by default the policy's MDE. */
  true_lift?: number;
  /** Relative harm to the guardrails (or, without any, to the primaries) in the scenario `harm`. */
  guardrail_harm?: number;
  scenarios?: readonly Scenario[];
}

export const SCENARIOS = ['no_effect', 'effect', 'harm'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** The baseline that a rehearsal takes, and whether the value or its standard deviation is a guess. */
export interface TakenBaseline extends Required<Baseline> {
  assumed: boolean;
  /** Whether the standard deviation is a guess. False where a kind has none of its own. */
  standard_deviation_assumed: boolean;
}

/** The options with everything that they leave open. */
export interface Settings {
  runs: number;
  seed: number;
  units_per_day: number;
  units_per_day_assumed: boolean;
  returns: Returns;
  baselines: Record<string, TakenBaseline>;
  scenarios: readonly Scenario[];
  true_lift: number;
  guardrail_harm: number;
}

const DEFAULT_RUNS = 500;
/** A harmful release makes things half as bad again, unless the caller says otherwise. */
const DEFAULT_HARM = 0.5;
/**
 * Users of a month come on one day of five or six: the ratio of daily to monthly users of most services lies between 0.1
 * and 0.2.
 */
const DEFAULT_RETURNS = 0.15;

export function settingsOf(launch: Launch, options: RehearsalOptions): Settings {
  const units_per_day = options.units_per_day ?? launch.planned_units / daysOf(launch);
  return {
    runs: options.runs ?? DEFAULT_RUNS,
    seed: options.seed ?? 1,
    units_per_day,
    units_per_day_assumed: options.units_per_day === undefined,
    returns: returnsOf(launch, units_per_day, options.returns_per_day ?? DEFAULT_RETURNS),
    baselines: Object.fromEntries(
      launch.metrics.map(({ metric }) => [
        metric.metric_id,
        taken(metric, options.baselines?.[metric.metric_id]),
      ]),
    ),
    scenarios: options.scenarios ?? SCENARIOS,
    true_lift: options.true_lift ?? launch.policy.mde,
    guardrail_harm: options.guardrail_harm ?? DEFAULT_HARM,
  };
}

export function daysOf({ start_at, end_at }: Launch): number {
  return (end_at - start_at) / DAY_MS;
}

/** A mean whose spread is not known is taken to have that of the kind's guess, in proportion to its value. */
function taken(metric: Metric, given: Baseline | undefined): TakenBaseline {
  const guess = KINDS[metric.kind].assumedBaseline(metric);
  const value = given?.value ?? guess.value;
  const size = Math.abs(value / guess.value) || 1;
  return {
    value,
    standard_deviation: given?.standard_deviation ?? guess.standard_deviation * size,
    correlation: given?.correlation ?? 0,
    assumed: given === undefined,
    standard_deviation_assumed: guess.standard_deviation > 0 && given?.standard_deviation === undefined,
  };
}

/** Relative change of each metric that a scenario changes. */
export function liftsOf(scenario: Scenario, launch: Launch, settings: Settings): Record<string, number> {
  switch (scenario) {
    case 'no_effect':
      return {};
    case 'effect':
      return liftsOfRole(launch, 'primary', settings.true_lift);
    case 'harm':
      return liftsOfRole(launch, harmedRole(launch), -settings.guardrail_harm);
  }
}

/** @param gain positive where it is good */
export function liftsOfRole({ metrics }: Launch, wanted: MetricRole, gain: number): Record<string, number> {
  return Object.fromEntries(
    metrics
      .filter(({ role }) => role === wanted)
      .map(({ metric: { metric_id, direction } }) => [metric_id, direction === 'increase' ? gain : -gain]),
  );
}

function harmedRole({ metrics }: Launch): MetricRole {
  return metrics.some(({ role }) => role === 'guardrail') ? 'guardrail' : 'primary';
}
