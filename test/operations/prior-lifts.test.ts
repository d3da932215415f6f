import { describe, expect, it, vi } from 'vitest';
import { analyzeInputOf } from '../../src/metrics/analyze-input.js';
import { evidenceFor } from '../../src/metrics/evidence-for.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import type { Metric } from '../../src/model/metric.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { finalLifts, priorLiftsOf, priorOf } from '../../src/operations/find-prior-lifts.js';
import { settle } from '../../src/operations/settle.js';
import { spreadOfTrueLifts } from '../../src/stats/meta-analysis.js';
import { launchWith } from './plan-fixtures.js';

const LIFTS = [0.04, -0.01, 0.002, 0.06, 0.015, -0.03, 0.01, 0.005, 0.08, -0.02];
const MEASURED = LIFTS.map((lift) => ({ lift, standard_error: 0.01 }));

const launched = { control: 'c', arms: [{ variant: 'c' }, { variant: 't' }, { variant: 'better' }] };

/** An ended experiment whose control had the value −2, and whose last decision belongs to the roll-out. */
function decidedWith(lift: number | null): [store: never, settled: never] {
  const evidenceOf = (lift: number) => ({
    metrics: [
      {
        metric_id: 'm',
        comparisons: [
          { variant: 't', difference: lift * 2, standard_error: 0.02, control_value: -2 },
          { variant: 'better', difference: 9, standard_error: 0.02, control_value: -2 },
        ],
      },
      { metric_id: 'unmeasured', comparisons: [{ variant: 't', difference: null }] },
    ],
  });
  const decided = (epoch: number, evidence: object | null) => ({
    circumstances: { epoch },
    certificate: { evidence },
  });
  const items = [
    decided(0, evidenceOf(5)),
    decided(0, lift === null ? { metrics: [] } : evidenceOf(lift)),
    decided(1, evidenceOf(7)),
  ];
  const decisions = { get: (_: string, n: number) => Promise.resolve(items[n - 1] ?? null) };
  return [{ decisions } as never, { _id: 'e', checkpoint: { decisions: 3 }, launch: launched } as never];
}

const M = metricSchema.parse({ metric_id: 'm', kind: 'mean', event: 'purchase', direction: 'increase' });

const storeWith = (lifts: readonly number[], metric = M) =>
  ({
    pastExperiments: {
      newestLifts: (metric_id: string) =>
        Promise.resolve(lifts.map((lift) => ({ metric_id, lift, standard_error: 0.01, metric }))),
    },
  }) as never;

it('takes down what an experiment ended with: its first treatment, relative to |control|', async () => {
  expect(await finalLifts(...decidedWith(0.04))).toEqual([
    { metric_id: 'm', lift: 0.04, standard_error: 0.01 },
  ]);
  expect(await finalLifts(...decidedWith(null))).toEqual([]);
});

it('does so when the experiment is settled, whatever its outcome', async () => {
  const [decided, ended] = decidedWith(0.04) as unknown as [object, object];
  const settling = vi.fn(() => Promise.resolve());
  const store = {
    ...decided,
    flags: { newestRevisions: () => Promise.resolve(new Map()) },
    experiments: { settle: settling },
    serving: { changed: () => Promise.resolve() },
  };
  await settle(
    store as never,
    { ...ended, flag_id: 'f', flag_told: 0, view: { outcome: 'rolled_back' } } as never,
  );
  const final_lifts = [{ metric_id: 'm', lift: 0.04, standard_error: 0.01 }];
  expect(settling).toHaveBeenCalledWith('e', expect.any(Number), { final_lifts });
});

describe('the spread of past true lifts', () => {
  it('comes from what ended experiments ended with', async () => {
    const [prior] = await priorLiftsOf(storeWith(LIFTS), [M]);
    expect(prior).toMatchObject({ metric_id: 'm', experiments: 10 });
    expect(prior!.standard_deviation).toBeCloseTo(spreadOfTrueLifts(MEASURED)!, 12);
  });

  it('is not known from fewer than ten, nor where chance alone explains it', async () => {
    expect(await priorLiftsOf(storeWith(LIFTS.slice(1)), [M])).toEqual([]);
    expect(await priorLiftsOf(storeWith([]), [M])).toEqual([]);
    expect(
      priorOf(
        'm',
        LIFTS.map(() => ({ lift: 0.01, standard_error: 0.01 })),
      ),
    ).toBeNull();
  });

  it('is not known from lifts of another definition under the same id', async () => {
    const redefined: Metric = { ...M, where: '{"plan":"pro"}' };
    expect(await priorLiftsOf(storeWith(LIFTS, redefined), [M])).toEqual([]);
    expect(await priorLiftsOf(storeWith(LIFTS, redefined), [redefined])).toHaveLength(1);
  });

  it('shrinks the estimates of the launch that froze it: τ = τ_rel·|m_C|', () => {
    const prior_lifts = [{ metric_id: 'click_through_rate', standard_deviation: 0.04, experiments: 10 }];
    const estimateWith = (history: object): [number, number | undefined] => {
      const launch = launchWith({ history });
      const measured = {
        units: { control: 10_000n, treatment: 10_000n },
        metrics: {
          click_through_rate: {
            control: { n: 10_000n, sum: 1_000n },
            treatment: { n: 10_000n, sum: 1_100n },
          },
        },
        days: {},
      };
      const input = analyzeInputOf(launch, measured, { control: 5_000, treatment: 5_000 });
      const { evidence } = evidenceFor(planOf('e', launch), input);
      return [evidence.metrics[0]!.comparisons[0]!.estimate!, input.metrics[0]!.prior_sd];
    };
    // The golden values of the contract: prior_sd .004 = .04 · .1, and the MDE without one.
    const [estimate, prior_sd] = estimateWith({ prior_lifts });
    expect(prior_sd).toBeCloseTo(0.004, 15);
    expect(estimate).toBeCloseTo(0.004598361834, 10);
    const [byMde, none] = estimateWith({});
    expect(none).toBeUndefined();
    expect(byMde).toBeCloseTo(0.0005051780753, 10);
  });
});
