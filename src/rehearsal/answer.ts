import type { Outcome, TimelineRecord } from '../lifecycle/state.js';
import type { Scenario, TakenBaseline } from './settings.js';

/** A share of the runs, with its standard error. */
export interface Rate {
  rate: number;
  standard_error: number;
}

export interface ScenarioResult {
  scenario: Scenario;
  /** Relative change of each metric that is changed. */
  lifts: Record<string, number>;
  runs: number;
  outcomes: Record<Exclude<Outcome, 'stopped'>, Rate>;
  days: { mean: number; p10: number; p50: number; p90: number };
  units: { mean: number };
}

/** P(ship) with the effect, and what the policy wants. */
export interface RehearsedPower extends Rate {
  wanted: number;
  lift: number;
  /** Whether it is as wanted, within two standard errors. */
  reached: boolean;
  /** Only if not: the lift that ships as often as the policy wants; null if none that was tried does. */
  findable_lift?: number | null;
}

/** Operating characteristics of a plan. */
export interface Rehearsal {
  assumptions: {
    seed: number;
    units_per_day: number;
    /** Nobody gave the traffic: it is what makes the plan fit. */
    units_per_day_assumed: boolean;
    returns_per_day: number;
    planned_units: number;
    days: number;
    baselines: Record<string, TakenBaseline>;
  };
  scenarios: ScenarioResult[];
  /** P(ship) and P(roll back) in the scenario in which nothing changes. */
  false_ship: Rate | null;
  false_rollback: Rate | null;
  power: RehearsedPower | null;
  /** P(roll back) with the harm. */
  harm_caught: Rate | null;
  warnings: RehearsalWarning[];
  /** The timeline of a typical run with the effect. `day` counts from the start. */
  sample_timeline: (Pick<TimelineRecord, 'kind' | 'reason' | 'from' | 'to' | 'data'> & { day: number })[];
}

/**
 * `traffic_assumed`, `baseline_assumed`: nobody knows how many units come, or what they do. `standard_deviation_assumed`:
 * nobody knows how much a mean varies. All that is said rests on these guesses. `no_lift`: a value of 0 has no relative
 * lift. `underpowered`: the effect is found less often than the policy wants.
 */
export const REHEARSAL_WARNINGS = [
  'traffic_assumed',
  'baseline_assumed',
  'standard_deviation_assumed',
  'no_lift',
  'underpowered',
] as const;

export interface RehearsalWarning {
  code: (typeof REHEARSAL_WARNINGS)[number];
  text: string;
}
