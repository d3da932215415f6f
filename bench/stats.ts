// What analyses cost, how that depends on the number of users, and rehearsals per second: CPU time of one core, the least
// and the median of nine repetitions. `npm run bench:stats`
import { analyze } from '../src/metrics/evidence-for.js';
import { KINDS } from '../src/metrics/kinds.js';
import { metricSchema } from '../src/metrics/metric-schema.js';
import { ENGINE_VERSION } from '../src/model/engine.js';
import type { Launch } from '../src/model/launch.js';
import { builtInMetrics } from '../src/model/metric.js';
import { policySchema, standardPolicy, type PolicyDocument } from '../src/model/policy.js';
import { DAY_MS } from '../src/model/time.js';
import { Random } from '../src/rehearsal/random.js';
import { rehearse } from '../src/rehearsal/rehearse.js';
import { evidenceOf } from '../src/stats/analyze.js';
import type { AnalyzeInput } from '../src/stats/input.js';
import { parseInput } from '../src/stats/parse-input.js';
import { median } from './figures.js';

const USERS = [1e3, 1e5, 1e7];

/** One proportion, one mean, one error rate and one p95 of `users` users in two arms. */
function inputOf(users: number): AnalyzeInput {
  const n = users / 2;
  const arms = (of: (factor: number) => Record<string, number>): AnalyzeInput['metrics'][number]['arms'] => ({
    control: of(1),
    treatment: of(1.03),
  });
  const common = { direction: 'increase' as const };
  const guardrail = { role: 'guardrail' as const, direction: 'decrease' as const };
  return {
    control: 'control',
    allocation: { control: 50, treatment: 50 },
    planned_units: 1e6,
    alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
    metrics: [
      {
        metric_id: 'ctr',
        role: 'primary',
        kind: 'proportion',
        ...common,
        arms: arms((f) => ({ n, sum: Math.round(n * 0.1 * f) })),
      },
      {
        metric_id: 'time',
        role: 'secondary',
        kind: 'mean',
        scale: 1000,
        ...common,
        arms: arms((f) => ({ n, sum: Math.round(n * 60 * f), sum_sq: Math.round(n * 9_000) })),
      },
      {
        metric_id: 'errors',
        kind: 'error_rate',
        margin: 0.05,
        ...guardrail,
        arms: arms((f) => ({ n, errors: Math.round(n * 0.01 * f) })),
      },
      {
        metric_id: 'p95',
        kind: 'quantile',
        margin: 0.2,
        ...guardrail,
        arms: arms((f) => ({
          n,
          sum_y: Math.round(n * 0.25 * f),
          sum_d: n * 5,
          sum_yy: Math.round(n * 0.5 * f),
          sum_dd: n * 35,
          sum_yd: Math.round(n * 1.5 * f),
        })),
      },
    ],
  };
}

const REPETITIONS = 9;

/** CPU time of one call in several repetitions of at least 0.2 s, µs. Others on the machine do not count in it. */
function costOf(call: () => void): number[] {
  const microseconds = (least: number): number => {
    const began = process.cpuUsage();
    let [calls, used] = [0, 0];
    while (used < least) {
      for (let n = 0; n < 8; n += 1) call();
      calls += 8;
      used = process.cpuUsage(began).user;
    }
    return used / calls;
  };
  microseconds(300_000);
  return Array.from({ length: REPETITIONS }, () => microseconds(200_000));
}

/** The least and the median of the repetitions, and how many calls a second the median is. */
function told(costs: readonly number[]): string {
  const middle = median(costs);
  return `${Math.min(...costs).toPrecision(3)}, ${middle.toPrecision(3)} µs (${(1e6 / middle).toFixed(0)}/s)`;
}

/** A Welch test that reads every user: the baseline, whose cost grows with the number of users. */
function perUser(users: number): () => void {
  const random = new Random(1);
  const values = Float64Array.from({ length: users }, () => random.normal());
  return () => {
    const half = users / 2;
    const moments = (from: number, to: number): [number, number] => {
      let [sum, squares] = [0, 0];
      for (let i = from; i < to; i += 1) {
        sum += values[i]!;
        squares += values[i]! * values[i]!;
      }
      const n = to - from;
      return [sum / n, (squares - (sum * sum) / n) / (n - 1) / n];
    };
    const [[mc, vc], [mt, vt]] = [moments(0, half), moments(half, users)];
    if (Number.isNaN((mt - mc) / Math.sqrt(vc + vt))) throw new Error('not a number');
  };
}

const rows: string[][] = [];
for (const users of USERS) {
  const input = inputOf(users);
  const exact = parseInput(KINDS, input);
  rows.push([
    users.toExponential(0),
    told(costOf(() => void analyze(input))),
    told(costOf(() => void evidenceOf(exact, { bayes: false }))),
    told(costOf(perUser(users))),
  ]);
}
console.log(
  '| users | analyze: 4 metrics, 2 arms | without the Bayesian readout | one Welch test reading every user |',
);
console.log('| --- | --- | --- | --- |');
for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);

const policy_document = { ...standardPolicy, max_duration: '42d', mde: 0.1 } as PolicyDocument;
const launch: Launch = {
  engine_version: ENGINE_VERSION,
  requested_at: 0,
  start_at: 1_800_000_000_000,
  end_at: 1_800_000_000_000 + 42 * DAY_MS,
  policy_document,
  policy: policySchema.parse(policy_document),
  metrics: (
    [
      ['click_through_rate', 'primary'],
      ['engagement_time', 'secondary'],
      ['error_rate', 'guardrail'],
      ['latency_p95', 'guardrail'],
    ] as const
  ).map(([id, role]) => ({
    role,
    metric: metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)),
  })),
  control: 'control',
  arms: [
    { variant: 'control', traffic: 50 },
    { variant: 'treatment', traffic: 50 },
  ],
  planned_units: 40_000,
  flag_id: 'e',
  salt: 'e',
};
const runs = 500;
const began = process.cpuUsage();
rehearse(launch, { runs, scenarios: ['effect'] });
const seconds = process.cpuUsage(began).user / 1e6;
console.log(
  `\n${runs} rehearsals of six weeks under \`standard\`, 4 metrics: ${seconds.toFixed(1)} s, ${(runs / seconds).toFixed(0)}/s`,
);
