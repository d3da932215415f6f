import { describe, expect, it } from 'vitest';
import { Ruleset } from '../../src/assignment/ruleset.js';
import { experimentSchema, type ExperimentDefinition } from '../../src/model/experiment.js';
import { flagSchema, type Flag } from '../../src/model/flag.js';
import { flagRules } from '../../src/serving/rules.js';
import { flagAfter } from '../../src/operations/flag-after-shipping.js';

function experiment(more: object): ExperimentDefinition {
  return experimentSchema.parse({
    experiment_id: 'e',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
    target_audience: { include: ['active'], exclude: ['new'] },
    ...more,
  });
}

/** What the flag serves, without any experiment. */
function served(flag: Flag, context: object = {}, environment = 'production'): unknown {
  // The flag must be one that could be written by hand.
  const valid = flagSchema.parse(flag);
  const rules = flagRules({ flag: valid, revision: 1, experiments: [], environment });
  const document = {
    ...{ format: 1 as const, revision: 1, environment, stale_after_ms: 1, salt: '' },
    ...{ segments: {}, flags: [rules], experiments: [], opted_out: [] },
  };
  const found = new Ruleset(document, { digest: (text) => text }).evaluate(
    flag.flag_id,
    'u',
    context as Record<string, unknown>,
    { now: 0, stale: false },
  );
  return typeof found === 'string' ? found : found.value;
}

const active = { segments: ['active'] };

describe('the flag after an experiment', () => {
  it('serves the winner to the audience and the control around it', () => {
    const flag = flagAfter(experiment({}), null, 'treatment');
    expect(flag.flag_id).toBe('e');
    expect(served(flag, active)).toBe('treatment');
    expect(served(flag, { segments: ['active', 'new'] })).toBe('control');
    expect(served(flag)).toBe('control');
  });

  it('keeps what the flag was around the audience, of every kind', () => {
    const boolean = flagSchema.parse({ flag_id: 'f', enabled: true, rollout_percentage: 0 });
    const on = experiment({
      flag_id: 'f',
      variants: { control: { traffic: 50 }, on: { traffic: 50, config: true } },
    });
    expect(served(flagAfter(on, boolean, 'on'), active)).toBe(true);
    expect(served(flagAfter(on, boolean, 'on'))).toBe(false);

    const config = flagSchema.parse({ flag_id: 'f', value_type: 'number', default: 20 });
    const more = experiment({
      flag_id: 'f',
      variants: { control: { traffic: 50 }, more: { traffic: 50, config: 40 } },
    });
    expect(served(flagAfter(more, config, 'more'), active)).toBe(40);
    expect(served(flagAfter(more, config, 'more'))).toBe(20);

    const variants = {
      control: { weight: 100, config: { a: 1 } },
      treatment: { weight: 0, config: { a: 2 } },
    };
    const split = flagSchema.parse({ flag_id: 'f', variants });
    expect(served(flagAfter(experiment({ flag_id: 'f' }), split, 'treatment'), active)).toEqual({ a: 2 });
    const other = experiment({
      flag_id: 'f',
      variants: { control: { traffic: 50 }, treatment: { traffic: 50, config: { a: 3 } } },
    });
    const after = flagAfter(other, split, 'treatment');
    expect(served(after, active)).toEqual({ a: 3 });
    expect(after.variants!['treatment']!.config).toEqual({ a: 2 });
  });

  it('lets the flag’s own rules go first, and stays within the environment', () => {
    const flag = flagSchema.parse({
      flag_id: 'f',
      value_type: 'number',
      default: 20,
      rules: [{ conditions: { plan: 'free' }, value: 10 }],
    });
    const definition = experiment({
      flag_id: 'f',
      environment: 'staging',
      variants: { control: { traffic: 50 }, more: { traffic: 50, config: 40 } },
    });
    const after = flagAfter(definition, flag, 'more');
    expect(served(after, { ...active, plan: 'free' }, 'staging')).toBe(10);
    expect(served(after, active, 'staging')).toBe(40);
    expect(served(after, active, 'production')).toBe(20);
  });

  it('is written once', () => {
    const once = flagAfter(experiment({}), null, 'treatment');
    expect(flagAfter(experiment({}), once, 'treatment')).toBe(once);
  });
});
