import { describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { flagSchema, type Flag } from '../../src/model/flag.js';
import { holdoutSchema } from '../../src/model/layer.js';
import { assertFlagServable, assertSegmentServable } from '../../src/operations/check-servable.js';

const flag = (fields: object): Flag => ({ flag_id: 'f', enabled: true, ...fields });

describe('what serving cannot compile', () => {
  it('is refused, in whatever environment it would be served', () => {
    const never = { $inGroup: [] };
    expect(() => assertFlagServable(flag({ target_segments: [] }))).toThrow('could not be served');
    const elsewhere = [{ conditions: never, value: true, environments: ['staging'] }];
    expect(() => assertFlagServable(flag({ rules: elsewhere }))).toThrow('could not be served');
    const segment = { segment_id: 's', conditions: { a: { $nonsense: 1 } } };
    expect(() => assertSegmentServable(segment)).toThrow('could not be served');
  });

  it('is not what can be served', () => {
    assertFlagServable(flag({ target_segments: ['beta'], rules: [{ conditions: {}, value: true }] }));
    assertSegmentServable({ segment_id: 's', conditions: { plan: 'pro', $inGroup: 'other' } });
  });
});

it('is compiled once, however many environments a flag names', () => {
  const readsOf = (environments: string[]): number => {
    let reads = 0;
    const conditions = {
      get plan() {
        reads += 1;
        return 'pro';
      },
    };
    const rules = [
      { conditions, value: true },
      { conditions: {}, value: false, environments },
    ];
    assertFlagServable(flag({ environments, rules }));
    return reads;
  };
  const many = Array.from({ length: 100 }, (_, n) => `environment-${n}`);
  expect(readsOf(many)).toBe(readsOf(['production']));
});

describe('lists that limit something', () => {
  it.each(['target_segments', 'environments'])('are not empty: %s', (name) => {
    const { error } = flagSchema.safeParse({ flag_id: 'f', [name]: [] });
    expect(error?.issues[0]?.message).toMatch('leave it out');
  });
});

describe('shares', () => {
  it.each([5e-324, 1e-9, 0.005, 0.015])('%d is no multiple of 0.01', (share) => {
    expect(holdoutSchema.safeParse({ holdout_id: 'h', share }).success).toBe(false);
    expect(flagSchema.safeParse({ flag_id: 'f', enabled: true, rollout_percentage: share }).success).toBe(
      false,
    );
    const variants = { a: { traffic: share }, b: { traffic: 100 - share } };
    const experiment = { experiment_id: 'e', variants, success_metrics: { primary: ['m'] } };
    expect(experimentSchema.safeParse(experiment).success).toBe(false);
  });

  it.each([0.01, 0.07, 0.29, 1.1, 33.33, 50])('%d is one', (share) => {
    expect(holdoutSchema.safeParse({ holdout_id: 'h', share }).success).toBe(true);
    expect(flagSchema.safeParse({ flag_id: 'f', enabled: true, rollout_percentage: share }).success).toBe(
      true,
    );
  });
});
