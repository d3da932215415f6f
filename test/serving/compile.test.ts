import { describe, expect, it } from 'vitest';
import { conditionErrors, compileCondition } from '../../src/assignment/condition.js';
import { assign } from '../../src/assignment/experiment.js';
import { evaluate } from '../../src/assignment/flag.js';
import { flagSchema } from '../../src/model/flag.js';
import type { ServedExperiment } from '../../src/model/serving.js';
import { compile } from '../../src/serving/compile.js';

const served: ServedExperiment = {
  experiment_id: 'e',
  flag_id: 'e',
  salt: 'e',
  started_at: 0,
  event_types: ['click'],
  control: 'control',
  variants: [
    { name: 'control', config: null },
    { name: 'treatment', config: { size: 2 } },
  ],
  audience: { include: ['active'], exclude: ['new'] },
  live: true,
  settled: false,
  holdouts: [],
  excluded: [],
  allocation: { revision: 3, epoch: 0, ranges: [{ from: 0, to: 10_000, variant: 'treatment', band: 1 }] },
};
const input = {
  environment: 'production',
  flags: [],
  segments: [],
  experiments: [served],
  fences: [],
  pseudonymise: (unit_id: string) => `pseudonym of ${unit_id}`,
};
const active = { segments: ['active'] };

function reasonOf(
  change: Partial<ServedExperiment>,
  context: object = active,
  more: object = {},
  stale = false,
): string {
  const { experiments } = compile({ ...input, ...more, experiments: [{ ...served, ...change }] });
  return assign(experiments.get('e')!.compiled, 'u', context as Record<string, unknown>, stale).reason;
}

describe('an assignment', () => {
  it('gives the first reason that holds', () => {
    expect(reasonOf({})).toBe('SPLIT');
    expect(reasonOf({}, {})).toBe('NOT_TARGETED');
    expect(reasonOf({}, { segments: ['active', 'new'] })).toBe('NOT_TARGETED');
    expect(reasonOf({ environment: 'staging' })).toBe('NOT_TARGETED');
    expect(reasonOf({ allocation: { revision: 1, epoch: 0, ranges: [] } })).toBe('NOT_ENROLLED');
    expect(reasonOf({}, {}, { fences: [{ emergency_stop_id: 'x', scope: 'all' }] })).toBe('FENCED');
    expect(reasonOf({}, {}, { fences: [{ emergency_stop_id: 'x', scope: ['other'] }] })).toBe('NOT_TARGETED');
    expect(reasonOf({}, active, {}, true)).toBe('STALE');
    expect(reasonOf({ live: false })).toBe('NOT_RUNNING');
    expect(reasonOf({ excluded: ['pseudonym of u'] }, {})).toBe('EXCLUDED');
    expect(reasonOf({ excluded: ['pseudonym of v'] })).toBe('SPLIT');
    expect(
      reasonOf({ holdouts: [{ holdout_id: 'h', share: 100 }], layer: { layer_id: 'l', slots: [] } }),
    ).toBe('HOLDOUT');
    expect(reasonOf({ layer: { layer_id: 'l', slots: [] } })).toBe('LAYER');
    expect(reasonOf({ layer: { layer_id: 'l', slots: [{ from: 0, to: 10_000 }] } })).toBe('SPLIT');
  });

  it('takes a defined segment by its conditions only', () => {
    const segments = [{ segment_id: 'active', conditions: { days: { $lte: 7 } } }];
    expect(reasonOf({}, active, { segments })).toBe('NOT_TARGETED');
    expect(reasonOf({}, { days: 3 }, { segments })).toBe('SPLIT');
  });
});

describe('a layer', () => {
  it('gives each unit to one of its experiments, also on one flag', () => {
    const lease = (from: number, to: number) => ({ layer_id: 'l', slots: [{ from, to }] });
    const experiments = [
      {
        ...served,
        experiment_id: 'a',
        salt: 'a',
        flag_id: 'f',
        audience: { include: [], exclude: [] },
        layer: lease(0, 4_000),
      },
      {
        ...served,
        experiment_id: 'b',
        salt: 'b',
        flag_id: 'f',
        audience: { include: [], exclude: [] },
        layer: lease(4_000, 8_000),
      },
    ];
    const { flags, experiments: compiled } = compile({
      ...input,
      flags: [flagSchema.parse({ flag_id: 'f', value_type: 'object', default: {} })],
      experiments,
    });
    const seen = { a: 0, b: 0, none: 0 };
    for (let n = 0; n < 2_000; n += 1) {
      const [a, b] = ['a', 'b'].map(
        (id) => assign(compiled.get(id)!.compiled, `u${n}`, {}, false).in_experiment,
      );
      expect(a && b).toBe(false);
      const { experiment } = evaluate(flags.get('f')!, `u${n}`, {}, false)!;
      const driving = experiment!.assignment.in_experiment ? experiment!.experiment.experiment_id : 'none';
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
  const of = (definition: object, context: object = {}, experiments: ServedExperiment[] = []) => {
    const { flags } = compile({
      ...input,
      flags: [flagSchema.parse({ flag_id: 'f', ...definition })],
      experiments,
    });
    const found = evaluate(flags.get('f')!, 'u', context as Record<string, unknown>, false)!;
    return [found.outcome.value, found.outcome.variant, found.reason];
  };

  it('is evaluated in its order: disabled, environment, rules, segments, default', () => {
    const rules = [{ conditions: { country: 'DE' }, value: true }];
    expect(of({ enabled: false, rules }, { country: 'DE' })).toEqual([false, 'off', 'DISABLED']);
    expect(of({ environments: ['staging'], rules }, { country: 'DE' })).toEqual([false, 'off', 'DEFAULT']);
    expect(of({ rollout_percentage: 0, rules }, { country: 'DE' })).toEqual([true, 'on', 'TARGETING_MATCH']);
    expect(of({ rollout_percentage: 0, rules })).toEqual([false, 'off', 'STATIC']);
    expect(of({})).toEqual([true, 'on', 'STATIC']);
    expect(of({ target_segments: ['beta'] })).toEqual([false, 'off', 'DEFAULT']);
    expect(
      of({ value_type: 'number', default: 1, segments: { a: 2, b: 3 } }, { segments: ['b', 'a'] }),
    ).toEqual([2, 'a', 'TARGETING_MATCH']);
  });

  it('serves its live experiment inside, and itself outside of it', () => {
    const flag = { value_type: 'object', default: { size: 1 } };
    const experiment = { ...served, flag_id: 'f' };
    expect(of(flag, active, [experiment])).toEqual([{ size: 2 }, 'treatment', 'SPLIT']);
    expect(of(flag, {}, [experiment])[0]).toEqual({ size: 1 });
    const shipped = { ...experiment, live: false, outcome_variant: 'treatment' };
    expect(of(flag, active, [shipped])[0]).toEqual({ size: 2 });
    expect(of(flag, {}, [shipped])[0]).toEqual({ size: 1 });
  });

  it('that is malformed is left out and named, and the others are served', () => {
    const broken = {
      flag_id: 'bad',
      enabled: true,
      rules: [{ conditions: { $x: 1 } as never, value: true }],
    };
    const { flags, broken: named } = compile({
      ...input,
      flags: [broken, flagSchema.parse({ flag_id: 'good' })],
    });
    expect([...flags.keys()].sort()).toEqual(['e', 'good']);
    expect(named).toEqual([expect.objectContaining({ id: 'flag:bad' })]);
  });
});

describe('conditions', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: 1 }, { a: [2, 1] }, true],
    [{ 'a.b': { $gt: 3 } }, { a: { b: 4 } }, true],
    [{ a: { $gte: 'b', $lt: 'd' } }, { a: 'c' }, true],
    [{ a: { $gt: 3 } }, { a: '4' }, false],
    [{ a: { $in: ['x', 'y'] } }, { a: 'y' }, true],
    [{ a: { $nin: ['x'] } }, {}, true],
    [{ a: { $ne: 1 } }, {}, true],
    [{ a: { $exists: false } }, {}, true],
    [{ $or: [{ a: 1 }, { b: 2 }] }, { b: 2 }, true],
    [{ $nor: [{ a: 1 }, { b: 2 }] }, { b: 2 }, false],
    [{ $not: { a: 1 } }, { a: 2 }, true],
    [{ a: { $not: { $in: [1] } } }, { a: 1 }, false],
    [{ constructor: { $exists: true } }, {}, false],
  ])('%j over %j is %s', (condition, context, wanted) => {
    expect(compileCondition(condition)(context as Record<string, unknown>)).toBe(wanted);
  });

  it('are refused with the path where they are malformed', () => {
    expect(conditionErrors({ a: { $regex: 'x' }, $and: [] }).map(({ path }) => path.join('.'))).toEqual([
      'a.$regex',
      '$and',
    ]);
  });
});
