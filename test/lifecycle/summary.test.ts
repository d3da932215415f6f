import { describe, expect, it } from 'vitest';
import { harmThreshold } from '../../src/lifecycle/guardrails.js';
import { initialState } from '../../src/lifecycle/state.js';
import { MOST_SPARK_POINTS, summaryOf, type Summary } from '../../src/lifecycle/summary.js';
import { lookAt, planFor, SECOND, START, type LookOptions } from './fixtures.js';

const UNDER = { lower: -0.2, upper: 0.2, level: 0.96, bounded: true };
const THREE: [string, number][] = [
  ['control', 34],
  ['a', 33],
  ['b', 33],
];

function summary(options: LookOptions = {}, at = START, before: Summary | null = null, arms?: typeof THREE) {
  return summaryOf(planFor(arms ? { arms } : {}), lookAt(initialState(), at, options), before);
}

describe('the summary of a look', () => {
  it('has the units of all arms, the split, and when it was', () => {
    expect(summary({ bayesFactor: 2 })).toMatchObject({
      last_look_at: START,
      units: 2000,
      srm: { log_bayes_factor: 2, threshold: 1000 },
    });
  });

  it('has the best treatment on the first primary, with open limits as they are', () => {
    const sequence = {
      ...{ alpha: 0.01, half_width: null, p_value: 1, lower: null, upper: null },
      ...{ relative_lower: null, relative_upper: 0.5 },
    };
    const ctr = [
      { variant: 'a', difference: 0.001 },
      { variant: 'b', difference: 0.004, sequence },
    ];
    expect(summary({ ctr }, START, null, THREE).primary).toEqual({
      ...{ metric_id: 'ctr', variant: 'b', lift: 0.01, lower: null, upper: 0.5 },
    });
  });

  it('prefers what is known to what is not', () => {
    const ctr = [
      { variant: 'a', difference: null },
      { variant: 'b', difference: -0.004 },
    ];
    expect(summary({ ctr }, START, null, THREE).primary?.variant).toBe('b');
  });

  it('keeps the primary of the decision while a winner is rolled out', () => {
    const before = summary({ ctr: [{ relative: { ...UNDER, lift: 0.08 } }] });
    const later = summary(
      { ctr: [{ relative: { ...UNDER, lift: -0.5 } }], more: { epoch: 1 } },
      START + 1,
      before,
    );
    expect(later.primary?.lift).toBe(0.08);
    expect(later.last_look_at).toBe(START + 1);
  });

  it('has the guardrail that is nearest to its roll-back', () => {
    const ctr = [{ variant: 'a' }, { variant: 'b' }];
    const found = summary({ ctr, errors: { of: 'b', log_e_harm: 2 } }, START, null, THREE).guardrail;
    expect(found).toMatchObject({ metric_id: 'errors', variant: 'b', log_e_harm: 2, status: 'ok' });
    expect(found?.threshold).toBeCloseTo(Math.exp(harmThreshold(planFor({ arms: THREE }), 0)), 6);
  });

  it.each([
    ['suspect', { p_value: 1e-9 }],
    ['harm', { log_e_harm: 20, p_value: 1e-9 }],
    ['blind', { status: 'blind' as const, lacks: 'data' as const }],
  ])('says that a guardrail is %s', (status, errors) => {
    expect(summary({ errors }).guardrail?.status).toBe(status);
  });

  it('takes a guardrail whose source is silent for blind, and shows one that can be seen before it', () => {
    expect(summary({ more: { stale_guardrails: ['errors'] } }).guardrail).toMatchObject({
      ...{ status: 'blind', log_e_harm: null },
    });
    const ctr = [{ variant: 'a' }, { variant: 'b' }];
    const blind = { of: 'a', status: 'blind' as const, lacks: 'data' as const };
    expect(summary({ ctr, errors: blind }, START, null, THREE).guardrail).toMatchObject({
      ...{ variant: 'b', status: 'ok' },
    });
  });
});

describe('the points of how units grew', () => {
  const grow = (looks: number, every: number): Summary => {
    let last: Summary | null = null;
    for (let n = 0; n < looks; n += 1)
      last = summary({ more: { units: { control: n, treatment: n } } }, START + n * every, last);
    return last!;
  };

  it('are all kept while there are few', () => {
    expect(grow(5, 10 * SECOND).spark.map(({ units }) => units)).toEqual([0, 2, 4, 6, 8]);
  });

  it('are at most forty over the planned time, and end with the newest look', () => {
    const { spark } = grow(600, 100);
    expect(spark.length).toBe(MOST_SPARK_POINTS);
    expect(spark.at(-1)).toEqual({ at: START + 59_900, units: 1198 });
  });

  it('are at most forty where an experiment lasts longer than planned', () => {
    const { spark } = grow(400, SECOND);
    expect(spark.length).toBeLessThanOrEqual(MOST_SPARK_POINTS);
    expect(spark.length).toBeGreaterThan(MOST_SPARK_POINTS / 2);
    expect(spark.at(-1)!.units).toBe(798);
  });
});
