import { describe, expect, it } from 'vitest';
import { explain } from '../../src/assignment/explain.js';
import type { FrozenSegments } from '../../src/model/frozen-segments.js';
import type { ServedExperiment } from '../../src/model/serving.js';
import { evaluated, markOf, NOW, rulesetOf, SERVED } from './fixtures.js';

const frozen = (conditions: Record<string, object>, names = Object.keys(conditions)): FrozenSegments => ({
  names,
  definitions: Object.entries(conditions).map(([segment_id, one]) => ({
    segment_id,
    conditions: JSON.stringify(one),
  })),
});

const segments = frozen(
  {
    ios: { platform: { $regex: '^iOS' } },
    'de.new': { $inGroup: ['german'], sessions: { $lt: 2 } },
    german: { country: 'DE' },
  },
  ['ios', 'de.new'],
);
const everybody: ServedExperiment = { ...SERVED, audience: { include: [], exclude: [] }, segments };

const assigned = (experiment: ServedExperiment, context: Record<string, unknown>, more = {}) => {
  const ruleset = rulesetOf({ experiments: [experiment], ...more });
  return ruleset.assign(ruleset.experiments.get('e')!, 'u', context, NOW);
};

describe('an experiment with segments', () => {
  it.each<[object, string[]]>([
    [{ platform: 'iOS 19' }, ['ios']],
    [{ country: 'DE', sessions: 1 }, ['de.new']],
    [{ country: 'DE', sessions: 1, platform: 'iOS' }, ['ios', 'de.new']],
    [{ country: 'FR', sessions: 1 }, []],
    [{}, []],
  ])('tells of %j that it is in %j', (context, wanted) => {
    expect(assigned(everybody, context as Record<string, unknown>)).toEqual({
      variant: 'treatment',
      in_experiment: true,
      reason: 'SPLIT',
      segments: wanted,
    });
    const ruleset = rulesetOf({ experiments: [everybody] });
    const evaluation = evaluated(ruleset, 'e', 'u', context);
    expect(evaluation.metadata['segments']).toBe(wanted.join(','));
    const flag = ruleset.flags.get('e')!;
    expect(explain(flag, 'u', context as Record<string, unknown>, NOW, ruleset).evaluation).toBe(evaluation);
  });

  it('goes by its own definitions, not by those that are served now', () => {
    const changed = { segments: [{ segment_id: 'ios', conditions: { platform: 'something else' } }] };
    expect(assigned(everybody, { platform: 'iOS' }, changed).segments).toEqual(['ios']);
  });

  it('gives units of the same arm and segments one assignment', () => {
    const ruleset = rulesetOf({ experiments: [everybody] });
    const experiment = ruleset.experiments.get('e')!;
    const of = (unit: string, platform: string) => ruleset.assign(experiment, unit, { platform }, NOW);
    expect(of('a', 'iOS 1')).toBe(of('b', 'iOS 2'));
    expect(of('a', 'iOS 1')).not.toBe(of('a', 'Android'));
  });

  it('tells nothing of who is not in it', () => {
    const ios = { platform: 'iOS' };
    expect(assigned({ ...everybody, overrides: { [markOf('u')]: 'treatment' } }, ios)).not.toHaveProperty(
      'segments',
    );
    const nobody = { ...everybody, allocation: { revision: 1, epoch: 0, ranges: [] } };
    expect(assigned(nobody, ios)).not.toHaveProperty('segments');
  });
});

it('an experiment without segments tells none, also where its flag says something under that name', () => {
  const { segments: _, ...plain } = everybody;
  expect(assigned(plain, {})).not.toHaveProperty('segments');
  const flag = { flag_id: 'e', metadata: { segments: 'of the flag', team: 'search' } };
  const driven = evaluated(rulesetOf({ flags: [flag], experiments: [plain] }), 'e');
  expect(driven.metadata).toMatchObject({ team: 'search', in_experiment: true });
  expect(driven.metadata).not.toHaveProperty('segments');
  expect(evaluated(rulesetOf({ flags: [flag] }), 'e').metadata['segments']).toBe('of the flag');
});
