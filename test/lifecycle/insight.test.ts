import { expect, it } from 'vitest';
import { insightOf, type Ended } from '../../src/lifecycle/insight.js';
import { InsightTally } from '../../src/lifecycle/insight-tally.js';
import type { Lift, LiftReport } from '../../src/lifecycle/lift-report.js';

const HOUR = 3_600_000;

function lift(more: Partial<Lift>): Lift {
  const limits = { lower: 0.1, upper: 0.9, relative_lower: 0.01, relative_upper: 0.09 };
  return {
    ...{ metric_id: 'revenue', lift: 0.05, estimate: 0.04, difference: 0.5, text: '', reason: null },
    interval: { kind: 'sequence', ...limits },
    ...more,
  };
}

function report(...primaries: Lift[]): LiftReport {
  return { snapshot_id: 's', at: 0, variant: 'treatment', units: {}, primaries };
}

function ended(more: Partial<Ended>): Ended {
  return {
    ...{ experiment_id: 'e', started_at: 0, ended_at: 10 * HOUR, outcome: 'shipped', currencies: {} },
    decisions: [
      { at: HOUR, row: 6, decision: 'advance' },
      { at: 5 * HOUR, row: 10, decision: 'winner', variant: 'treatment' },
    ],
    ...more,
  };
}

it('time to decision is that of the first one that settled it; what answered nothing has none', () => {
  expect(insightOf(ended({}))).toMatchObject({ decided_after: 5 * HOUR, harm_served: null });
  const decisions = [{ at: 7 * HOUR, row: 15, decision: 'inconclusive' }] as const;
  expect(insightOf(ended({ outcome: 'inconclusive', decisions }))).toMatchObject({ decided_after: null });
  const stopped = insightOf(ended({ outcome: 'stopped' }));
  expect(stopped).toMatchObject({ decided_after: null, harm_served: null, effects: [] });
});

it('harm was served until no process served it, and a guardrail saves a treatment once', () => {
  const decisions = [
    { at: HOUR, row: 2, decision: 'roll_back', variant: 'a' },
    { at: 2 * HOUR, row: 2, decision: 'roll_back', variant: 'a' },
    { at: 3 * HOUR, row: 2, decision: 'roll_back', variant: 'b' },
  ] as const;
  expect(insightOf(ended({ outcome: 'rolled_back', decisions }))).toMatchObject({
    ...{ decided_after: HOUR, harm_served: 10 * HOUR, guardrail_saves: 2 },
  });
});

it('the watch is believed before the decision, and nothing is told without an interval', () => {
  const after_watch = report(lift({ lift: 0.02 }), lift({ metric_id: 'clicks', interval: null }));
  const at_decision = report(
    lift({}),
    lift({ metric_id: 'clicks' }),
    lift({ metric_id: 'none', interval: null }),
  );
  const { effects } = insightOf(
    ended({ lifts: { at_decision, after_watch }, currencies: { revenue: 'EUR' } }),
  );
  expect(effects).toMatchObject([
    {
      ...{ metric_id: 'revenue', source: 'watch', relative: { estimate: 0.02, lower: 0.01, upper: 0.09 } },
      revenue: { currency: 'EUR', estimate: 0.5, lower: 0.1, upper: 0.9 },
    },
    { metric_id: 'clicks', source: 'decision', relative: { estimate: 0.04 }, revenue: null },
  ]);
});

it('several are added up: shares, mean effects, and errors in squares', () => {
  const tally = new InsightTally();
  expect([tally.completed_share, tally.decided_share]).toEqual([null, null]);
  const interval = { kind: 'final', lower: 1, upper: 5, relative_lower: 0.1, relative_upper: 0.5 } as const;
  const shipped = report(lift({ estimate: 0.3, difference: 3, interval }));
  for (const outcome of ['shipped', 'shipped', 'no_effect', 'inconclusive', 'stopped'] as const)
    tally.add(
      insightOf(
        ended({
          outcome,
          lifts: { at_decision: shipped, after_watch: null },
          currencies: { revenue: 'EUR' },
        }),
      ),
    );
  expect([tally.ended, tally.completed_share, tally.decided_share]).toEqual([5, 0.8, 0.6]);
  const [effect] = tally.meanEffects();
  expect(effect).toMatchObject({ metric_id: 'revenue', ships: 2 });
  expect(effect!.estimate).toBeCloseTo(0.3);
  expect(effect!.lower).toBeCloseTo(0.3 - (0.2 * Math.SQRT2) / 2);
  const [revenue] = tally.revenue();
  expect(revenue).toMatchObject({ metric_id: 'revenue', currency: 'EUR', ships: 2, estimate: 6 });
  expect(revenue!.upper).toBeCloseTo(6 + 2 * Math.SQRT2);
});

it('an estimate outside of its interval, as older reports have it, is the nearest that the interval allows', () => {
  const interval = {
    kind: 'sequence',
    lower: 1,
    upper: 5,
    relative_lower: 0.4,
    relative_upper: 1.7,
  } as const;
  const at_decision = report(lift({ estimate: 0.006, difference: 3, interval }));
  const { effects } = insightOf(ended({ lifts: { at_decision, after_watch: null } }));
  expect(effects).toMatchObject([{ relative: { estimate: 0.4, lower: 0.4, upper: 1.7 } }]);
});
