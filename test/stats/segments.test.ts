import { describe, expect, it } from 'vitest';
import { evidenceFor } from '../../src/metrics/evidence-for.js';
import { KINDS } from '../../src/metrics/kinds.js';
import { heterogeneity } from '../../src/stats/heterogeneity.js';
import type { AnalyzeInput } from '../../src/stats/input.js';
import { evidenceOf } from '../../src/stats/analyze.js';
import { parseInput, type AnalyzeInputError } from '../../src/stats/parse-input.js';
import { chiSquareUpperTail } from '../../src/stats/distributions.js';
import { Random } from '../../src/rehearsal/random.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { findingsIn } from '../../src/certificates/verify.js';
import { certificateOf } from '../../src/certificates/certificate.js';
import { decide } from '../../src/lifecycle/decide.js';
import { initialState } from '../../src/lifecycle/state.js';
import { sha256 } from '../../src/secrets/sha256.js';
import { launch } from '../certificates/certified-life.js';

type Arms = AnalyzeInput['metrics'][number]['arms'];

const clicks = (c: [number, number], t: [number, number]): Arms => ({
  control: { n: c[0], sum: c[1] },
  treatment: { n: t[0], sum: t[1] },
});
const errors = (c: [number, number], t: [number, number]): Arms => ({
  control: { n: c[0], errors: c[1] },
  treatment: { n: t[0], errors: t[1] },
});

/** 10,000 units; one in twenty is in `ios`, where errors are ten times as many. */
const INPUT: AnalyzeInput = {
  control: 'control',
  allocation: { control: 5_000, treatment: 5_000 },
  planned_units: 20_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
  metrics: [
    {
      ...{ metric_id: 'ctr', role: 'primary', kind: 'proportion', direction: 'increase' },
      arms: clicks([5_000, 1_000], [5_000, 1_010]),
    },
    {
      ...{ metric_id: 'errors', role: 'guardrail', kind: 'error_rate', direction: 'decrease', margin: 0.05 },
      arms: errors([5_000, 50], [5_000, 70]),
    },
  ],
  segments: [
    {
      segment: 'ios',
      units: { control: 250, treatment: 250 },
      metrics: [
        { metric_id: 'ctr', arms: clicks([250, 50], [250, 55]) },
        { metric_id: 'errors', arms: errors([250, 2], [250, 25]) },
      ],
    },
    {
      segment: 'de',
      units: { control: 1, treatment: 0 },
      metrics: [
        { metric_id: 'ctr', arms: clicks([1, 0], [0, 0]) },
        { metric_id: 'errors', arms: errors([1, 0], [0, 0]) },
      ],
    },
  ],
};

const parsed = (input: AnalyzeInput = INPUT) => parseInput(KINDS, input);
const { segments: _, ...WHOLE } = INPUT;

describe('the evidence of segments', () => {
  it('is that of an input of their units alone', () => {
    const { segments } = evidenceOf(parsed());
    const alone = evidenceOf(
      parsed({
        ...WHOLE,
        metrics: WHOLE.metrics.map((metric, n) => ({
          ...metric,
          arms: INPUT.segments![0]!.metrics[n]!.arms,
        })),
      }),
    );
    const guardrail = alone.metrics[1]!.comparisons[0]!.guardrail!;
    expect(segments![0]!.guardrails[0]).toMatchObject({
      log_e_harm: guardrail.log_e_harm,
      p_value: guardrail.p_value,
      margin: 0.05,
    });
    expect(segments!.map(({ segment, units }) => [segment, units])).toEqual([
      ['ios', { control: 250, treatment: 250 }],
      ['de', { control: 1, treatment: 0 }],
    ]);
  });

  it('changes nothing of the whole but what proves harm', () => {
    const [whole, parts] = [evidenceOf(parsed(WHOLE)), evidenceOf(parsed())];
    expect(whole).not.toHaveProperty('segments');
    const { sequence_of_harm, ...primary } = parts.metrics[0]!.comparisons[0]!;
    expect(primary).toEqual(whole.metrics[0]!.comparisons[0]);
    // α interim is shared among all units and two segments.
    expect(sequence_of_harm!.alpha).toBeCloseTo(0.01 / 3, 12);
    expect(sequence_of_harm!.half_width).toBeGreaterThan(primary.sequence.half_width!);
  });

  it('proves harm by G·(1 + S)', () => {
    const at = (segments: AnalyzeInput['segments'], worse: number): boolean => {
      const metrics = WHOLE.metrics.map((metric) =>
        metric.metric_id === 'errors' ? { ...metric, arms: errors([5_000, 20], [5_000, worse]) } : metric,
      );
      const input = { ...WHOLE, metrics, ...(segments && { segments }) };
      return evidenceOf(parsed(input)).metrics[1]!.comparisons[0]!.guardrail!.harm;
    };
    const needed = (segments?: AnalyzeInput['segments']): number => {
      let worse = 20;
      while (!at(segments, worse)) worse += 1;
      return worse;
    };
    expect(needed(INPUT.segments)).toBeGreaterThan(needed());
  });
});

describe('an input with segments', () => {
  const broken = (change: (segments: NonNullable<AnalyzeInput['segments']>) => unknown): string[] => {
    const copy = structuredClone(INPUT);
    const segments = change(copy.segments!) ?? copy.segments;
    try {
      parsed({ ...copy, segments: segments as never });
      return [];
    } catch (error) {
      return (error as AnalyzeInputError).errors.map(({ path, code }) => `${path} ${code}`);
    }
  };

  it.each<[string, Parameters<typeof broken>[0], string]>([
    ['no list', () => ({}), 'segments invalid_type'],
    ['no name', ([one]) => void (one!.segment = ''), 'segments.0.segment required'],
    ['another field', ([one]) => void ((one as never as { x: number }).x = 1), 'segments.0.x unknown_field'],
    ['a metric too few', ([one]) => void one!.metrics.pop(), 'segments.0.metrics required'],
    [
      'an unknown metric',
      ([, two]) => void (two!.metrics[0]!.metric_id = 'x'),
      'segments.1.metrics.0.metric_id invalid_value',
    ],
    [
      'impossible sums',
      ([one]) => void (one!.metrics[0]!.arms['control']!['sum'] = 251),
      'segments.0.metrics.0.arms.control.sum out_of_range',
    ],
    ['an arm too few', ([one]) => void delete one!.units['control'], 'segments.0.units.control required'],
  ])('with %s is refused by its path', (_what, change, wanted) => {
    expect(broken(change)).toContain(wanted);
  });
});

describe("Cochran's Q of a segment and the rest", () => {
  it('is (r₁ − r₂)²/(v₁ + v₂) of their lifts, χ² with one degree of freedom', () => {
    const input = parsed();
    const found = heterogeneity(input, input.metrics[1]!, input.segments![0]!, 'treatment')!;
    const lift = (c: [number, number], t: [number, number]) => {
      const [pC, pT] = [c[1] / c[0], t[1] / t[0]];
      return { r: pT / pC - 1, c: { p: pC, n: c[0] }, t: { p: pT, n: t[0] } };
    };
    const [inside, outside] = [lift([250, 2], [250, 25]), lift([4_750, 48], [4_750, 45])];
    // The unpooled variance is the least of those that the deciding one is the greatest of.
    const variance = ({ r, c, t }: typeof inside): number =>
      c.p ** -2 * ((t.p * (1 - t.p)) / t.n + (1 + r) ** 2 * ((c.p * (1 - c.p)) / c.n));
    const greatest = (inside.r - outside.r) ** 2 / (variance(inside) + variance(outside));
    expect(found.q).toBeGreaterThan(0.5 * greatest);
    expect(found.q).toBeLessThanOrEqual(greatest * (1 + 1e-6));
    expect(found.p_value).toBeCloseTo(chiSquareUpperTail(found.q, 1), 12);
    expect(found.sequential_p).toBeGreaterThan(found.p_value);
  });

  it('has no answer where a lift has none', () => {
    const input = parsed();
    expect(heterogeneity(input, input.metrics[0]!, input.segments![1]!, 'treatment')).toBeNull();
  });

  it('errs as seldom as it says where the lift is the same, however much more the control has', () => {
    const random = new Random(77);
    let found = 0;
    const runs = 2_000;
    for (let run = 0; run < runs; run += 1) {
      const count = (n: number, rate: number): [number, number] => [n, random.binomial(n, rate)];
      const [ic, it_] = [count(2_000, 0.3), count(2_000, 0.33)];
      const [rc, rt] = [count(6_000, 0.1), count(6_000, 0.11)];
      const metric = {
        ...WHOLE.metrics[0]!,
        arms: clicks([8_000, ic[1] + rc[1]], [8_000, it_[1] + rt[1]]),
      };
      const own = { segment: 's', units: { control: 2_000, treatment: 2_000 } };
      const input = parsed({
        ...WHOLE,
        metrics: [metric],
        segments: [{ ...own, metrics: [{ metric_id: 'ctr', arms: clicks(ic, it_) }] }],
      });
      const q = heterogeneity(input, input.metrics[0]!, input.segments![0]!, 'treatment')!;
      found += q.p_value <= 0.05 ? 1 : 0;
    }
    expect(found / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
    expect(found / runs).toBeGreaterThan(0.02);
  });
});

describe('a certificate of harm in a segment', () => {
  const segmented = { ...launch, segments: { names: ['ios', 'de'], definitions: [] } };
  const plan = planOf('e', segmented);
  const input: AnalyzeInput = {
    ...INPUT,
    metrics: INPUT.metrics.map((metric, n) => ({
      ...metric,
      metric_id: ['click_through_rate', 'error_rate'][n]!,
    })),
    segments: INPUT.segments!.map((segment) => ({
      ...segment,
      metrics: segment.metrics.map((metric, n) => ({
        ...metric,
        metric_id: ['click_through_rate', 'error_rate'][n]!,
      })),
    })),
  };
  const at = launch.start_at + 30_000;
  const state = { ...initialState(), phase: { state: 'running' as const }, published_revision: 0 };
  const look = {
    ...{ snapshot_id: 's', at, revision: 0, epoch: 0, units: { control: 5_000, treatment: 5_000 } },
    ...evidenceFor(plan, input),
    ...{ running_p: {}, quantiles: {}, crossed_over: 0, last_event_at: at, backlog_ms: 0, folded_until: at },
    ...{ stale_guardrails: [], silent_guardrails: [], flag_enabled: true, freezes: [] },
  };

  function certificate() {
    const { decision } = decide(plan, state, look, at);
    const { phase, revision, epoch, dropped, paused, holds, extended_to, sample_complete_at } = state;
    const circumstances = {
      ...{ phase, revision, epoch, dropped, paused, holds, extended_to, sample_complete_at },
      final_snapshot_id: null,
    };
    const record = { ...decision!, n: 1, at, snapshot_id: 's', circumstances };
    const made = certificateOf(
      {
        ...{ plan, policy: launch.policy_document, decision: record, previous_hash: null },
        measured: new Map([['s', { input, look }]]),
      },
      sha256,
    );
    return JSON.parse(JSON.stringify(made)) as ReturnType<typeof certificateOf>;
  }

  it('holds all that the decision rests on', () => {
    const made = certificate();
    expect(made.decision).toBe('roll_back');
    expect(made.reasons[0]!.text).toContain('error_rate of treatment in ios');
    expect(findingsIn(made, sha256)).toEqual([]);
  });

  it('does not hold where the sums of a segment were changed', () => {
    const made = certificate();
    made.snapshot!.segments![0]!.metrics[1]!.arms['treatment']!['errors'] = 3;
    expect(findingsIn(made, sha256).map(({ code }) => code)).toContain('evidence');
  });
});
