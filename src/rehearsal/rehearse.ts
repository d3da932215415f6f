import type { Outcome, TimelineRecord } from '../lifecycle/state.js';
import type { Baseline } from '../metrics/kind.js';
import { KINDS } from '../metrics/kinds.js';
import type { Launch } from '../model/launch.js';
import type { MetricRole } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { Simulation } from './crowd.js';
import { Random } from './random.js';
import { run, type RunResult } from './run.js';

export interface RehearsalOptions {
  /** For each scenario. */
  runs?: number;
  seed?: number;
  /** Eligible units that arrive each day; by default as many as the planned sample needs. */
  units_per_day?: number;
  baselines?: Record<string, Baseline>;
  /** Relative lift of the primaries in the scenario `effect`; by default the policy's MDE. */
  true_lift?: number;
  /** Relative harm to the guardrails (or, without any, to the primaries) in the scenario `harm`. */
  guardrail_harm?: number;
  scenarios?: readonly Scenario[];
}

const SCENARIOS = ['no_effect', 'effect', 'harm'] as const;
export type Scenario = (typeof SCENARIOS)[number];

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

/** Operating characteristics of a plan. */
export interface Rehearsal {
  assumptions: {
    seed: number;
    units_per_day: number;
    planned_units: number;
    days: number;
    baselines: Record<string, Baseline & { assumed: boolean }>;
  };
  scenarios: ScenarioResult[];
  /** P(ship) and P(roll back) in the scenario in which nothing changes. */
  false_ship: Rate | null;
  false_rollback: Rate | null;
  /** P(ship) with the effect, the power that the policy wants, and whether it is reached within two standard errors. */
  power: (Rate & { wanted: number; lift: number; reached: boolean }) | null;
  /** P(roll back) with the harm. */
  harm_caught: Rate | null;
  warnings: { code: 'underpowered'; text: string }[];
  /** The timeline of a typical run with the effect. `day` counts from the start. */
  sample_timeline: (Pick<TimelineRecord, 'kind' | 'reason' | 'from' | 'to' | 'data'> & { day: number })[];
}

const DEFAULT_RUNS = 500;
/** A harmful release makes things half as bad again, unless the caller says otherwise. */
const DEFAULT_HARM = 0.5;

/** Runs a plan on simulated users: the same `step`, `decide` and evidence as the real life. */
export function rehearse(launch: Launch, options: RehearsalOptions = {}): Rehearsal {
  const { runs = DEFAULT_RUNS, seed = 1, scenarios = SCENARIOS } = options;
  const days = (launch.end_at - launch.start_at) / DAY_MS;
  const units_per_day = options.units_per_day ?? launch.planned_units / days;
  const baselines = Object.fromEntries(
    launch.metrics.map(({ metric }) => {
      const given = options.baselines?.[metric.metric_id];
      return [
        metric.metric_id,
        { ...KINDS[metric.kind].assumedBaseline(metric), ...given, assumed: given === undefined },
      ];
    }),
  );
  const found: ScenarioResult[] = [];
  let sample: RunResult | null = null;
  for (const [index, scenario] of scenarios.entries()) {
    const lifts = liftsOf(scenario, launch, options);
    const simulation: Simulation = { launch, units_per_day, baselines, lifts };
    const results = Array.from({ length: runs }, (_, n) =>
      run(simulation, new Random(seed * 1_000_003 + index * 500_009 + n)),
    );
    found.push({ scenario, lifts, runs, ...summary(results) });
    if (sample === null || scenario === 'effect') sample = typical(results) ?? sample;
  }
  return {
    assumptions: { seed, units_per_day, planned_units: launch.planned_units, days, baselines },
    scenarios: found,
    ...judged(launch, found),
    sample_timeline: (sample?.timeline ?? []).map(({ at, kind, reason, from, to, data }) => ({
      day: Number(((at - launch.start_at) / DAY_MS).toFixed(3)),
      kind,
      ...(reason !== undefined && { reason }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(data !== undefined && { data }),
    })),
  };
}

function liftsOf(scenario: Scenario, launch: Launch, options: RehearsalOptions): Record<string, number> {
  const liftsOfRole = (wanted: MetricRole, size: number, good: boolean): Record<string, number> =>
    Object.fromEntries(
      launch.metrics
        .filter(({ role }) => role === wanted)
        .map(({ metric: { metric_id, direction } }) => [
          metric_id,
          (direction === 'increase') === good ? size : -size,
        ]),
    );
  switch (scenario) {
    case 'no_effect':
      return {};
    case 'effect':
      return liftsOfRole('primary', options.true_lift ?? launch.policy.mde, true);
    case 'harm': {
      const role = launch.metrics.some((planned) => planned.role === 'guardrail') ? 'guardrail' : 'primary';
      const size = options.guardrail_harm ?? DEFAULT_HARM;
      return liftsOfRole(role, size, false);
    }
  }
}

/** The first run that ended as most of them did. */
function typical(results: readonly RunResult[]): RunResult | undefined {
  const count = (outcome: Outcome): number => results.filter((run) => run.outcome === outcome).length;
  const most = Math.max(...results.map((run) => count(run.outcome)));
  return results.find((run) => count(run.outcome) === most);
}

function rateOf(count: number, runs: number): Rate {
  const rate = count / runs;
  return { rate, standard_error: Math.sqrt((rate * (1 - rate)) / runs) };
}

function summary(results: readonly RunResult[]): Pick<ScenarioResult, 'outcomes' | 'days' | 'units'> {
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

function judged(
  launch: Launch,
  found: readonly ScenarioResult[],
): Pick<Rehearsal, 'false_ship' | 'false_rollback' | 'power' | 'harm_caught' | 'warnings'> {
  const resultOf = (scenario: Scenario): ScenarioResult | undefined =>
    found.find((result) => result.scenario === scenario);
  const effect = resultOf('effect');
  const { power: wanted } = launch.policy;
  const power = effect && {
    ...effect.outcomes.shipped,
    wanted,
    lift: Math.max(...Object.values(effect.lifts).map(Math.abs)),
    reached: effect.outcomes.shipped.rate + 2 * effect.outcomes.shipped.standard_error >= wanted,
  };
  return {
    false_ship: resultOf('no_effect')?.outcomes.shipped ?? null,
    false_rollback: resultOf('no_effect')?.outcomes.rolled_back ?? null,
    power: power ?? null,
    harm_caught: resultOf('harm')?.outcomes.rolled_back ?? null,
    warnings: power && !power.reached ? [underpowered(launch, power)] : [],
  };
}

function underpowered(
  { planned_units, policy }: Launch,
  { rate, standard_error, wanted, lift }: NonNullable<Rehearsal['power']>,
): Rehearsal['warnings'][number] {
  const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;
  return {
    code: 'underpowered',
    text:
      `a lift of ${percent(lift)} ships in ${percent(rate)} (± ${percent(standard_error)}) of rehearsals with ` +
      `${planned_units} planned units; policy ${policy.policy_id} wants ${percent(wanted)}: ` +
      'plan more units, or a policy with a larger mde',
  };
}
