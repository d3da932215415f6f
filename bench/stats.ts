// Analyses per second, how their cost depends on the number of users, and rehearsals per second; one core.
// `npm run bench:stats`
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

/** Microseconds of one call, over at least a second. */
function costOf(call: () => void): number {
  const warm = performance.now();
  while (performance.now() - warm < 300) call();
  const began = performance.now();
  let calls = 0;
  while (performance.now() - began < 1_000) {
    call();
    calls += 1;
  }
  return ((performance.now() - began) * 1_000) / calls;
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
  const whole = costOf(() => void analyze(input));
  const lean = costOf(() => void evidenceOf(exact, { bayes: false }));
  const baseline = costOf(perUser(users));
  rows.push([
    users.toExponential(0),
    `${whole.toFixed(0)} µs (${(1e6 / whole).toFixed(0)}/s)`,
    `${lean.toFixed(0)} µs (${(1e6 / lean).toFixed(0)}/s)`,
    `${baseline.toFixed(1)} µs`,
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
const began = performance.now();
rehearse(launch, { runs, scenarios: ['effect'] });
const seconds = (performance.now() - began) / 1_000;
console.log(
  `\n${runs} rehearsals of six weeks under \`standard\`, 4 metrics: ${seconds.toFixed(1)} s, ${(runs / seconds).toFixed(0)}/s`,
);
