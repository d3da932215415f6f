// Which promises of the statistics hold: each row is a simulation with a fixed seed. Exits with 1 if a measured rate
// exceeds its promise by three standard errors. `npm run bench:simulations`
import {
  bucketOf,
  quantileBucket,
  shifted,
  slowSums,
  unitBuckets,
  type BucketSums,
} from '../src/metrics/histogram.js';
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
import type { ArmSums } from '../src/stats/arm-sums.js';
import { normalQuantile } from '../src/stats/distributions.js';
import type { ExactInput, MetricInput } from '../src/stats/input.js';
import { SEQUENTIAL_COST } from '../src/stats/power.js';
import { sequenceMultiplier } from '../src/stats/sequential.js';
import { sampleRatio } from '../src/stats/srm.js';

interface Row {
  what: string;
  promise: string;
  rate: number;
  runs: number;
  kept: boolean;
  baseline?: string;
}

const SCALE = Number(process.argv[2] ?? 1);
const scaled = (runs: number): number => Math.max(50, Math.round(runs * SCALE));

function row(what: string, most: number, hits: number, runs: number, baseline?: string): Row {
  const rate = hits / runs;
  const allowed = most + 3 * Math.sqrt((most * (1 - most)) / runs);
  return { what, promise: `≤ ${most}`, rate, runs, kept: rate <= allowed, ...(baseline && { baseline }) };
}

/** Peeking a thousand times at two equal arms of normal units. */
function peeking(): Row {
  const [runs, peeks, batch, alpha] = [scaled(4_000), 1_000, 20, 0.05];
  const random = new Random(1);
  const naive = normalQuantile(1 - alpha / 2);
  let [errs, naiveErrs] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    let sum = 0;
    let [crossed, naiveCrossed] = [false, false];
    for (let peek = 1; peek <= peeks; peek += 1) {
      sum += Math.sqrt(batch) * random.normal();
      const z = Math.abs(sum / Math.sqrt(peek * batch));
      crossed ||= z >= sequenceMultiplier(alpha, peeks * batch, peek * batch);
      naiveCrossed ||= z >= naive;
    }
    errs += crossed ? 1 : 0;
    naiveErrs += naiveCrossed ? 1 : 0;
  }
  const share = `fixed test at every peek: ${(naiveErrs / runs).toFixed(3)}`;
  return row('no effect, 1,000 peeks: the confidence sequence errs', alpha, errs, runs, share);
}

/** Primary: the sequence at α = .01 at 28 daily looks, the fixed test at .04 at the end. */
function hybrid(): Row[] {
  const [runs, looks, interim, final] = [scaled(20_000), 28, 0.01, 0.04];
  const critical = normalQuantile(1 - final / 2);
  const rejects = (drift: number, seed: number): number => {
    const random = new Random(seed);
    let rejected = 0;
    for (let run = 0; run < runs; run += 1) {
      let sum = 0;
      let hit = false;
      for (let look = 1; look <= looks && !hit; look += 1) {
        // In units of the final look's standard deviation, whose z has mean `drift`.
        sum += drift / looks + random.normal() / Math.sqrt(looks);
        const z = Math.abs(sum / Math.sqrt(look / looks));
        hit = z >= sequenceMultiplier(interim, looks, look) || (look === looks && z >= critical);
      }
      rejected += hit ? 1 : 0;
    }
    return rejected;
  };
  const drift = (normalQuantile(0.975) + normalQuantile(0.8)) * Math.sqrt(SEQUENTIAL_COST);
  const power = rejects(drift, 3) / runs;
  const kept = power >= 0.79 - 3 * Math.sqrt((0.79 * 0.21) / runs);
  return [
    row('no effect: sequence and final test together err', interim + final, rejects(0, 2), runs),
    {
      what: `effect at ${SEQUENTIAL_COST} × the fixed sample: power`,
      promise: '≥ 0.79',
      rate: power,
      runs,
      kept,
    },
  ];
}

type Arm = () => ArmSums;

/** A guardrail exactly at its margin, looked at again and again: how often harm is "proven". */
function guardrail(
  what: string,
  kind: MetricInput['kind'],
  shares: [control: number, treatment: number],
  runs: number,
  seed: number,
  arms: (random: Random) => {
    grow: (arm: 0 | 1, units: number) => void;
    sums: [Arm, Arm];
    ready?: () => boolean;
  },
): Row {
  const [looks, batch, margin, alpha] = [60, 100, 0.2, 0.05];
  const random = new Random(seed);
  const inputOf = (arms: Record<string, ArmSums>): ExactInput => ({
    control: 'control',
    allocation: { control: shares[0], treatment: shares[1] },
    planned_units: looks * batch,
    alpha: { interim: 0.01, final: 0.04, guardrail: alpha },
    units: null,
    metrics: [
      {
        metric_id: 'm',
        role: 'guardrail',
        kind,
        statistics: KINDS[kind],
        direction: 'decrease',
        scale: 1n,
        margin,
        arms,
        strata: [],
      },
    ],
  });
  let harms = 0;
  for (let run = 0; run < runs; run += 1) {
    const { grow, sums, ready } = arms(random);
    let harm = false;
    for (let look = 0; look < looks && !harm; look += 1) {
      const treated = random.binomial(batch, shares[1] / (shares[0] + shares[1]));
      grow(0, batch - treated);
      grow(1, treated);
      if (ready && !ready()) continue;
      const own = { control: sums[0](), treatment: sums[1]() };
      const { metrics } = evidenceOf(inputOf(own), { bayes: false });
      harm = metrics[0]!.comparisons[0]!.guardrail!.harm;
    }
    harms += harm ? 1 : 0;
  }
  return row(what, alpha, harms, runs);
}

const MARGIN = 1.2;

function errorRates(random: Random, rate: number) {
  const n = [0, 0];
  const errors = [0, 0];
  const of =
    (arm: 0 | 1): Arm =>
    () => ({ n: BigInt(n[arm]!), errors: BigInt(errors[arm]!) });
  return {
    grow(arm: 0 | 1, units: number) {
      n[arm]! += units;
      errors[arm]! += random.binomial(units, arm === 1 ? rate * MARGIN : rate);
    },
    sums: [of(0), of(1)] as [Arm, Arm],
  };
}

/** Skewed: exponential spending, in hundredths. */
function means(random: Random) {
  const sums = [0, 1].map(() => ({ n: 0, sum: 0, sum_sq: 0 }));
  const of =
    (arm: 0 | 1): Arm =>
    () => {
      const { n, sum, sum_sq } = sums[arm]!;
      return { n: BigInt(n), sum: BigInt(sum), sum_sq: BigInt(sum_sq) };
    };
  return {
    grow(arm: 0 | 1, units: number) {
      const own = sums[arm]!;
      for (let unit = 0; unit < units; unit += 1) {
        const value = Math.round(-100 * Math.log(1 - random.uniform()) * (arm === 1 ? MARGIN : 1));
        own.n += 1;
        own.sum += value;
        own.sum_sq += value * value;
      }
    },
    sums: [of(0), of(1)] as [Arm, Arm],
  };
}

/** Units differ in how much they do and in their own rate: requests of one unit are not independent. */
function ratios(random: Random) {
  const sums = [0, 1].map(() => ({ n: 0, sum_y: 0, sum_d: 0, sum_yy: 0, sum_dd: 0, sum_yd: 0 }));
  const of =
    (arm: 0 | 1): Arm =>
    () =>
      Object.fromEntries(Object.entries(sums[arm]!).map(([name, value]) => [name, BigInt(value)])) as ArmSums;
  return {
    grow(arm: 0 | 1, units: number) {
      const own = sums[arm]!;
      for (let unit = 0; unit < units; unit += 1) {
        const d = 1 + Math.floor(-4 * Math.log(1 - random.uniform()));
        const rate = (random.uniform() < 0.5 ? 0.05 : 0.15) * (arm === 1 ? MARGIN : 1);
        const y = random.binomial(d, rate);
        own.n += 1;
        own.sum_y += y;
        own.sum_d += d;
        own.sum_yy += y * y;
        own.sum_dd += d * d;
        own.sum_yd += y * d;
      }
    },
    sums: [of(0), of(1)] as [Arm, Arm],
  };
}

/** Latency: every unit has a speed of its own; the threshold is the control's own p95, frozen at 1,000 requests. */
function latencies(random: Random) {
  const noBuckets = (): Record<string, BucketSums> => ({});
  const arms = [0, 1].map(() => ({ n: 0n, d: 0n, dd: 0n, buckets: noBuckets() }));
  let threshold: number | null = null;
  const of =
    (arm: 0 | 1): Arm =>
    () => {
      const { n, d, dd, buckets } = arms[arm]!;
      const slow = slowSums(buckets, arm === 0 ? threshold! : shifted(threshold!, MARGIN));
      return { n, sum_d: d, sum_dd: dd, ...slow };
    };
  return {
    grow(arm: 0 | 1, units: number) {
      const own = arms[arm]!;
      for (let unit = 0; unit < units; unit += 1) {
        const count = 1 + Math.floor(-5 * Math.log(1 - random.uniform()));
        const speed = 100 * Math.exp(0.3 * random.normal()) * (arm === 1 ? MARGIN : 1);
        const histogram: Record<string, number> = {};
        for (let request = 0; request < count; request += 1) {
          const bucket = bucketOf(speed * Math.exp(0.4 * random.normal()));
          histogram[bucket] = (histogram[bucket] ?? 0) + 1;
        }
        own.n += 1n;
        const { requests, buckets } = unitBuckets(histogram);
        own.d += requests;
        own.dd += requests * requests;
        for (const [bucket, { sum_y, sum_yy, sum_yd }] of buckets) {
          const total = (own.buckets[bucket] ??= { sum_y: 0n, sum_yy: 0n, sum_yd: 0n });
          total.sum_y += sum_y;
          total.sum_yy += sum_yy;
          total.sum_yd += sum_yd;
        }
      }
    },
    sums: [of(0), of(1)] as [Arm, Arm],
    ready() {
      if (threshold === null && arms[0]!.d >= 1_000n) threshold = quantileBucket(arms[0]!.buckets, 0.95);
      return threshold !== null;
    },
  };
}

/** A fair split, looked at every ten units. */
function fairSplit(): Row {
  const [runs, peeks] = [scaled(4_000), 1_000];
  const random = new Random(9);
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const units = [0, 0];
    let alarm = false;
    for (let peek = 0; peek < peeks && !alarm; peek += 1) {
      const k = random.binomial(10, 0.5);
      units[0]! += k;
      units[1]! += 10 - k;
      alarm = sampleRatio(units, [1, 1]).alarm;
    }
    alarms += alarm ? 1 : 0;
  }
  return row('fair split, a peek every 10 units: SRM alarms', 0.001, alarms, runs);
}

function plan(change: Partial<PolicyDocument>, metrics: readonly string[]): Launch {
  const policy_document = { ...standardPolicy, ...change } as PolicyDocument;
  return {
    engine_version: ENGINE_VERSION,
    requested_at: 0,
    start_at: 1_800_000_000_000,
    end_at: 1_800_000_000_000 + 28 * DAY_MS,
    policy_document,
    policy: policySchema.parse(policy_document),
    metrics: metrics.map((text) => {
      const [id, role] = text.split(':') as [string, Launch['metrics'][number]['role']];
      return { role, metric: metricSchema.parse(builtInMetrics.find(({ metric_id }) => metric_id === id)) };
    }),
    control: 'control',
    arms: [
      { variant: 'control', traffic: 50 },
      { variant: 'treatment', traffic: 50 },
    ],
    planned_units: 40_000,
    flag_id: 'e',
    salt: 'e',
  };
}

function decisionTable(): Row[] {
  const runs = scaled(1_000);
  const metrics = [
    'click_through_rate:primary',
    'engagement_time:primary',
    'error_rate:guardrail',
    'latency_p95:guardrail',
  ];
  // An MDE so small that nobody gives up early: the most looks, the most chances to err.
  const { false_ship, false_rollback } = rehearse(plan({ mde: 0.001 }, metrics), {
    runs,
    seed: 5,
    scenarios: ['no_effect'],
  });
  return [
    row('no effect, whole decision table: ships', 0.05, Math.round(false_ship!.rate * runs), runs),
    row('no effect, whole decision table: rolls back', 0.05, Math.round(false_rollback!.rate * runs), runs),
  ];
}

const rows: Row[] = [
  peeking(),
  ...hybrid(),
  guardrail(
    'error rate 2 % at its margin: harm "proven"',
    'error_rate',
    [50, 50],
    scaled(2_000),
    11,
    (random) => errorRates(random, 0.02),
  ),
  guardrail('the same, 10/90', 'error_rate', [10, 90], scaled(2_000), 12, (random) =>
    errorRates(random, 0.02),
  ),
  guardrail('mean of skewed values at its margin', 'mean', [50, 50], scaled(1_000), 13, means),
  guardrail('the same, 10/90', 'mean', [10, 90], scaled(1_000), 14, means),
  guardrail('ratio, clustered by unit, at its margin', 'ratio', [50, 50], scaled(1_000), 15, ratios),
  guardrail('the same, 10/90', 'ratio', [10, 90], scaled(1_000), 16, ratios),
  guardrail('p95 of clustered requests at its margin', 'quantile', [50, 50], scaled(400), 17, latencies),
  fairSplit(),
  ...decisionTable(),
];

console.log('| what | promise | measured | standard error | runs | kept |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { what, promise, rate, runs, kept, baseline } of rows) {
  const error = Math.sqrt((rate * (1 - rate)) / runs);
  const note = baseline ? ` (${baseline})` : '';
  console.log(
    `| ${what}${note} | ${promise} | ${rate.toFixed(4)} | ${error.toFixed(4)} | ${runs} | ${kept ? 'yes' : 'NO'} |`,
  );
}
if (rows.some(({ kept }) => !kept)) process.exit(1);
