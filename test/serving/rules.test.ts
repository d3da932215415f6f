import { describe, expect, it } from 'vitest';
import { conditionErrors } from '../../src/assignment/condition.js';
import { Ruleset } from '../../src/assignment/ruleset.js';
import { flagSchema } from '../../src/model/flag.js';
import type { ServedExperiment } from '../../src/model/serving.js';
import { markDigest } from '../../src/secrets/pseudonym.js';
import { evaluated, markOf, NOW, rulesetOf, SERVED as served, type Definitions } from './fixtures.js';

const active = { segments: ['active'] };

function assigned(
  change: Partial<ServedExperiment>,
  context: object = active,
  more: Definitions = {},
  stale = false,
) {
  const ruleset = rulesetOf({ ...more, experiments: [{ ...served, ...change }] });
  const experiment = ruleset.experiments.get('e')!;
  return ruleset.assign(experiment, 'u', context as Record<string, unknown>, { ...NOW, stale });
}

const reasonOf = (...args: Parameters<typeof assigned>): string => assigned(...args).reason;

describe('an assignment', () => {
  it('gives the first reason that holds', () => {
    expect(reasonOf({})).toBe('SPLIT');
    expect(reasonOf({}, {})).toBe('NOT_TARGETED');
    expect(reasonOf({}, { segments: ['active', 'new'] })).toBe('NOT_TARGETED');
    expect(reasonOf({ environment: 'staging' })).toBe('NOT_TARGETED');
    expect(reasonOf({ allocation: { revision: 1, epoch: 0, ranges: [] } })).toBe('NOT_ENROLLED');
    expect(reasonOf({}, {}, { fences: [{ emergency_stop_id: 'x', scope: 'all' }] })).toBe('FENCED');
    expect(reasonOf({}, {}, { fences: [{ emergency_stop_id: 'x', scope: ['other'] }] })).toBe('NOT_TARGETED');
    const limited = {
      fences: [{ emergency_stop_id: 'x', scope: 'all' as const, environments: ['production'] }],
    };
    expect(reasonOf({ environment: 'production' }, {}, limited)).toBe('FENCED');
    expect(reasonOf({}, {}, limited)).toBe('NOT_TARGETED');
    expect(reasonOf({}, active, { opted_out: [markOf('u')] }, true)).toBe('STALE');
    expect(reasonOf({ live: false })).toBe('NOT_RUNNING');
    expect(reasonOf({ excluded: [markOf('u')] }, active, { opted_out: [markOf('u')] })).toBe('OPTED_OUT');
    expect(reasonOf({ excluded: [markOf('u')], overrides: { [markOf('u')]: 'treatment' } }, {})).toBe(
      'EXCLUDED',
    );
    expect(reasonOf({ excluded: [markOf('v')] })).toBe('SPLIT');
    expect(
      reasonOf({ holdouts: [{ holdout_id: 'h', share: 100 }], layer: { layer_id: 'l', slots: [] } }),
    ).toBe('HOLDOUT');
    expect(reasonOf({ layer: { layer_id: 'l', slots: [] } })).toBe('LAYER');
    expect(reasonOf({ layer: { layer_id: 'l', slots: [{ from: 0, to: 10_000 }] } })).toBe('SPLIT');
  });

  it('is what a person gave the unit, outside of the experiment', () => {
    expect(assigned({ overrides: { [markOf('u')]: 'treatment' } }, {})).toEqual({
      variant: 'treatment',
      in_experiment: false,
      reason: 'OVERRIDE',
    });
  });

  it('takes a defined segment by its conditions only', () => {
    const segments = [{ segment_id: 'active', conditions: { days: { $lte: 7 } } }];
    expect(reasonOf({}, active, { segments })).toBe('NOT_TARGETED');
    expect(reasonOf({}, { days: 3 }, { segments })).toBe('SPLIT');
  });

  it('leaves out units for which the flag decides before its experiments', () => {
    const flag = { flag_id: 'f', value_type: 'object', default: {} };
    const on = (more: object) => reasonOf({ flag_id: 'f' }, active, { flags: [{ ...flag, ...more }] });
    expect(on({})).toBe('SPLIT');
    expect(on({ rules: [{ conditions: { segments: 'active' }, value: {} }] })).toBe('NOT_TARGETED');
    expect(on({ rules: [{ conditions: { segments: 'other' }, value: {} }] })).toBe('SPLIT');
    expect(on({ enabled: false })).toBe('NOT_TARGETED');
    expect(on({ prerequisites: [{ flag_id: 'gone' }] })).toBe('NOT_TARGETED');
  });
});

describe('a layer', () => {
  it('gives each unit to at most one of its experiments, also on one flag', () => {
    const lease = (from: number, to: number) => ({ layer_id: 'l', slots: [{ from, to }] });
    const common = { ...served, flag_id: 'f', audience: { include: [], exclude: [] } };
    const ruleset = rulesetOf({
      flags: [{ flag_id: 'f', value_type: 'object', default: {} }],
      experiments: [
        { ...common, experiment_id: 'a', salt: 'a', layer: lease(0, 4_000) },
        { ...common, experiment_id: 'b', salt: 'b', layer: lease(4_000, 8_000) },
      ],
    });
    const seen = { a: 0, b: 0, none: 0 };
    for (let n = 0; n < 2_000; n += 1) {
      const [a, b] = ['a', 'b'].map(
        (id) => ruleset.assign(ruleset.experiments.get(id)!, `u${n}`, {}, NOW).in_experiment,
      );
      expect(a && b).toBe(false);
      const { metadata } = evaluated(ruleset, 'f', `u${n}`);
      const driving = metadata['in_experiment'] ? (metadata['experiment_id'] as string) : 'none';
      expect(driving).toBe(a ? 'a' : b ? 'b' : 'none');
      seen[driving as keyof typeof seen] += 1;
    }
    for (const [name, share] of [
      ['a', 800],
      ['b', 800],
      ['none', 400],
    ] as const) {
      expect(Math.abs(seen[name] - share)).toBeLessThan(100);
    }
  });
});

describe('a flag', () => {
  const of = (
    definition: object,
    context: object = {},
    experiments: ServedExperiment[] = [],
    more: Definitions = {},
  ) => {
    const ruleset = rulesetOf({
      ...more,
      flags: [{ flag_id: 'f', ...definition }, ...(more.flags ?? [])],
      experiments,
    });
    const { value, variant, reason } = evaluated(ruleset, 'f', 'u', context);
    return [value, variant, reason];
  };

  it('is evaluated in its order: disabled, environment, rules, segments, default', () => {
    const rules = [{ conditions: { country: 'DE' }, value: true }];
    expect(of({ enabled: false, rules }, { country: 'DE' })).toEqual([false, 'off', 'DISABLED']);
    expect(of({ environments: ['staging'], rules }, { country: 'DE' })).toEqual([false, 'off', 'DEFAULT']);
    expect(of({ rollout_percentage: 0, rules }, { country: 'DE' })).toEqual([true, 'on', 'TARGETING_MATCH']);
    expect(of({ rollout_percentage: 0, rules })).toEqual([false, 'off', 'DEFAULT']);
    expect(of({ rollout_percentage: 0 })).toEqual([false, 'off', 'STATIC']);
    expect(of({})).toEqual([true, 'on', 'STATIC']);
    expect(of({ target_segments: ['beta'] })).toEqual([false, 'off', 'DEFAULT']);
    expect(of({ target_segments: ['beta'] }, { segments: ['beta'] })).toEqual([
      true,
      'on',
      'TARGETING_MATCH',
    ]);
    expect(
      of({ value_type: 'number', default: 1, segments: { a: 2, b: 3 } }, { segments: ['b', 'a'] }),
    ).toEqual([2, 'a', 'TARGETING_MATCH']);
  });

  it('is off outside its schedule, and so is a rule', () => {
    const [past, future] = ['2025-01-01T00:00:00Z', '2027-01-01T00:00:00Z'];
    expect(of({ schedule: { from: past, until: future } })).toEqual([true, 'on', 'STATIC']);
    expect(of({ schedule: { from: future } })).toEqual([false, 'off', 'DISABLED']);
    expect(of({ schedule: { until: past } })).toEqual([false, 'off', 'DISABLED']);
    const rule = (schedule: object) => ({ rules: [{ conditions: {}, value: false, schedule }] });
    expect(of(rule({ from: past }))).toEqual([false, 'off', 'TARGETING_MATCH']);
    expect(of(rule({ from: future }))).toEqual([true, 'on', 'DEFAULT']);
  });

  it('needs its prerequisites', () => {
    const needs = { prerequisites: [{ flag_id: 'g' }] };
    const given = (g: object) => of(needs, {}, [], { flags: [{ flag_id: 'g', ...g }] });
    expect(given({})).toEqual([true, 'on', 'STATIC']);
    expect(given({ enabled: false })).toEqual([false, 'off', 'DEFAULT']);
    expect(given({ prerequisites: [{ flag_id: 'gone' }] })).toEqual([false, 'off', 'DEFAULT']);
    const split = rulesetOf({
      flags: [
        { flag_id: 'f', ...needs },
        { flag_id: 'g', rollout_percentage: 50 },
      ],
    });
    expect(split.evaluate('f', null, {}, NOW)).toBe('TARGETING_KEY_MISSING');
  });

  it('serves its off variant where it does not apply, or leaves the value to the code', () => {
    const variants = { a: { weight: 0, config: 1 }, b: { weight: 100, config: 2 } };
    expect(of({ variants })).toEqual([2, 'b', 'STATIC']);
    expect(of({ variants, enabled: false })).toEqual([1, 'a', 'DISABLED']);
    expect(of({ variants, enabled: false, off_variant: 'b' })).toEqual([2, 'b', 'DISABLED']);
    expect(of({ variants, enabled: false, off_variant: null })).toEqual([undefined, undefined, 'DISABLED']);
    const none = { a: { weight: 0 }, b: { weight: 0 } };
    const rules = [{ conditions: { x: 1 }, value: 'b' }];
    expect(of({ variants: none, off_variant: null, rules })).toEqual([undefined, undefined, 'DEFAULT']);
    expect(of({ variants: none, off_variant: null, rules }, { x: 1 })).toEqual(['b', 'b', 'TARGETING_MATCH']);
    expect(flagSchema.safeParse({ flag_id: 'f', variants: none }).success).toBe(false);
  });

  it('gives its metadata and its revision with every evaluation', () => {
    const ruleset = rulesetOf({ flags: [{ flag_id: 'f', metadata: { team: 'search', level: 2 } }] });
    const found = evaluated(ruleset, 'f');
    expect(found.metadata).toEqual({ team: 'search', level: 2, revision: 1 });
    expect(JSON.parse(found.text)).toEqual({
      ...{ key: 'f', value: true, variant: 'on', reason: 'STATIC' },
      metadata: { team: 'search', level: 2, revision: 1 },
    });
  });

  it('serves its live experiment to the units in it, and itself to all others', () => {
    const flag = { value_type: 'object', default: { size: 1 } };
    const experiment = { ...served, flag_id: 'f' };
    expect(of(flag, active, [experiment])).toEqual([{ size: 2 }, 'treatment', 'SPLIT']);
    expect(of(flag, {}, [experiment])[0]).toEqual({ size: 1 });
    const looked = { ...experiment, overrides: { [markOf('u')]: 'treatment' } };
    expect(of(flag, {}, [looked])).toEqual([{ size: 2 }, 'treatment', 'TARGETING_MATCH']);
    const shipped = { ...experiment, live: false, outcome_variant: 'treatment' };
    expect(of(flag, active, [shipped])[0]).toEqual({ size: 2 });
    expect(of(flag, {}, [shipped])[0]).toEqual({ size: 1 });
  });
});

describe('a snapshot', () => {
  const conditions = { $inGroup: 'pro' };
  const flags = [
    { flag_id: 'a', rules: [{ conditions, value: true }] },
    { flag_id: 'b', rules: [{ conditions: { x: 1 }, value: true }] },
  ];

  it('leaves out a malformed definition, names it, and serves the others', () => {
    const { document } = rulesetOf({ flags });
    const rule = { conditions: { $x: 1 }, serve: {} };
    const broken = { ...document, flags: [{ ...document.flags[0]!, before: [rule] }, document.flags[1]!] };
    const ruleset = new Ruleset(broken, { digest: markDigest });
    expect([...ruleset.flags.keys()]).toEqual(['b']);
    expect(ruleset.broken).toEqual([expect.objectContaining({ id: 'flag:a' })]);
  });

  it('takes over what did not change, and compiles what uses a changed segment', () => {
    const before = rulesetOf({ flags, segments: [{ segment_id: 'pro', conditions: { plan: 'pro' } }] });
    expect(evaluated(before, 'a', 'u', { plan: 'pro' }).reason).toBe('TARGETING_MATCH');
    const same = new Ruleset(before.document, { digest: markDigest, previous: before });
    expect(same.flags.get('a')).toBe(before.flags.get('a'));
    const segments = { pro: { plan: 'max' } };
    const after = new Ruleset({ ...before.document, segments }, { digest: markDigest, previous: same });
    expect(after.flags.get('b')).toBe(before.flags.get('b'));
    expect(evaluated(after, 'a', 'u', { plan: 'max' }).reason).toBe('TARGETING_MATCH');
    expect(evaluated(after, 'a', 'u', { plan: 'pro' }).reason).toBe('DEFAULT');
  });

  it('does not serve a flag whose segments refer to one another in a circle', () => {
    const { document } = rulesetOf({ flags });
    const segments = { pro: { $inGroup: 'max' }, max: { $inGroup: 'pro' } };
    const { broken, flags: left } = new Ruleset({ ...document, segments }, { digest: markDigest });
    expect(broken.map(({ id }) => id)).toEqual(['flag:a']);
    expect([...left.keys()]).toEqual(['b']);
  });

  it('counts the periods between the begins and ends of schedules', () => {
    const schedule = { from: '2026-01-02T00:00:00Z', until: '2026-01-03T00:00:00Z' };
    const ruleset = rulesetOf({ flags: [{ flag_id: 'f', schedule }] });
    const days = [1, 2, 3].map((day) => ruleset.period(Date.parse(`2026-01-0${day}T12:00:00Z`)));
    expect(days).toEqual([0, 1, 2]);
  });
});

describe('conditions', () => {
  it('are refused with the path of what is malformed', () => {
    expect(conditionErrors({ a: { $regex: '(' }, $and: [] }).map(({ path }) => path.join('.'))).toEqual([
      'a.$regex',
      '$and',
    ]);
  });
});
