import type { Launch } from '../../src/model/launch.js';
import { KINDS } from '../../src/metrics/kinds.js';
import type { PolicyDocument } from '../../src/model/policy.js';
import { marginOf } from '../../src/model/policy.js';
import { Random } from '../../src/rehearsal/random.js';
import { run, type RunResult } from '../../src/rehearsal/run.js';
import { launchOf, type PlannedText } from './plans.js';
import { atMost, rate, type Row, type Subject } from './row.js';

/** Whole experiments, by the product's own `step`, `decide` and evidence. */
interface Life {
  what: string;
  launch: Launch;
  /** True relative changes by metric id, in every treatment. */
  lifts: Record<string, number>;
  /** What the control does, where it is not as the kind assumes. */
  baselines?: Record<string, { value: number }>;
  runs: number;
}

function lived({ launch, lifts, baselines = {}, runs }: Life, seed: number): RunResult[] {
  const simulation = {
    launch,
    units_per_day: launch.planned_units / 20,
    baselines: Object.fromEntries(
      launch.metrics.map(({ metric }) => [
        metric.metric_id,
        { ...KINDS[metric.kind].assumedBaseline(metric), ...baselines[metric.metric_id] },
      ]),
    ),
    lifts,
  };
  return Array.from({ length: runs }, (_, n) => run(simulation, new Random(seed * 1_000_003 + n)));
}

function count(results: readonly RunResult[], holds: (result: RunResult) => boolean): number {
  return results.filter(holds).length;
}

const isShipped = ({ outcome }: RunResult): boolean => outcome === 'shipped';
/** By harm on anything, also where only an arm was dropped for it, or by the test at the horizon. */
const isRolledBack = ({ outcome, decisions }: RunResult): boolean =>
  outcome === 'rolled_back' || decisions.some(({ row }) => row === 2 || row === 3);
/** Row 2, also where only an arm was dropped for it. */
const foundHarm = ({ decisions }: RunResult): boolean => decisions.some(({ row }) => row === 2);

function withoutEffect(life: Life, seed: number): Row[] {
  const results = lived(life, seed);
  const { what, runs } = life;
  return [
    atMost(`no effect, ${what}: ships`, 0.05, count(results, isShipped), runs),
    atMost('— rolls back, or drops an arm', 0.05, count(results, isRolledBack), runs),
  ];
}

/** Guardrails of a true winner that are exactly at their margins: shipped or not, none of them is harmed. */
function atMargins(life: Life, seed: number): Row[] {
  const { launch, what, runs } = life;
  const guardrails = launch.metrics.filter(({ role }) => role === 'guardrail');
  const margins = guardrails.map(({ metric: { metric_id } }) => [
    metric_id,
    marginOf(launch.policy, metric_id),
  ]);
  const results = lived(
    { ...life, lifts: { ...life.lifts, ...(Object.fromEntries(margins) as Life['lifts']) } },
    seed,
  );
  return [
    atMost(
      `guardrails exactly at their margins, ${what}: harm "proven", whole life`,
      0.05,
      count(results, foundHarm),
      runs,
    ),
    rate(
      '— got as far as shipping',
      count(results, ({ decisions }) => decisions.some((one) => one.decision === 'winner')),
      runs,
    ),
  ];
}

/** An MDE so small that nobody gives up early: the most looks, the most chances to err. */
const PATIENT: Partial<PolicyDocument> = { mde: 0.001 };
const ONE: PlannedText[] = ['click_through_rate:primary', 'error_rate:guardrail', 'latency_p95:guardrail'];
const TWO: PlannedText[] = ['engagement_time:primary', ...ONE];

function split(control: number, ...treatments: number[]): Launch['arms'] {
  const arms = treatments.map((traffic, index) => ({ variant: `t${index}`, traffic }));
  return [{ variant: 'control', traffic: control }, ...arms];
}

function nothing(scaled: (runs: number) => number): Life[] {
  const one = { lifts: {}, runs: scaled(400) };
  const rare = { click_through_rate: { value: 0.001 }, error_rate: { value: 0.001 } };
  return [
    { ...one, what: '2 arms, 2 primaries, 2 guardrails', launch: launchOf(PATIENT, TWO) },
    {
      ...one,
      what: '4 arms, 2 primaries, 2 guardrails',
      launch: launchOf(PATIENT, TWO, split(25, 25, 25, 25)),
    },
    { ...one, what: 'arms 90/10', launch: launchOf(PATIENT, TWO, split(90, 10)) },
    {
      ...one,
      what: 'arms 10/90, rates of 0.1 %',
      launch: launchOf(PATIENT, ONE, split(10, 90)),
      baselines: rare,
    },
  ];
}

function margins(scaled: (runs: number) => number): Life[] {
  const winner = { lifts: { click_through_rate: 0.2 }, runs: scaled(400) };
  return [
    { ...winner, what: 'a winner of 20 %', launch: launchOf(PATIENT, ONE) },
    { ...winner, what: 'a winner of 20 %, arms 10/90', launch: launchOf(PATIENT, ONE, split(10, 90)) },
    { ...winner, what: 'a winner of 20 %, 4 arms', launch: launchOf(PATIENT, ONE, split(25, 25, 25, 25)) },
  ];
}

export const withoutEffects: Subject = {
  name: 'lives',
  rows: (scaled) => nothing(scaled).flatMap((life, index) => withoutEffect(life, 700 + index)),
};

export const livesAtMargins: Subject = {
  name: 'winners-at-margins',
  rows: (scaled) => margins(scaled).flatMap((life, index) => atMargins(life, 710 + index)),
};
