import type { ExperimentDefinition } from '../model/experiment.js';
import { controlOf, flagOf } from '../model/experiment.js';
import { kindOf, type Flag } from '../model/flag.js';

/**
 * The flag of an experiment after it shipped: a rule gives the winner to the audience. Where there was no flag, one is
 * made that serves the control to everybody else. A flag that has the rule already is returned as it is.
 */
export function flagAfter(definition: ExperimentDefinition, flag: Flag | null, winner: string): Flag {
  const { experiment_id } = definition;
  const base = flag ?? ownFlag(definition);
  if (base.rules?.some((rule) => rule.experiment_id === experiment_id)) return base;
  const { include, exclude } = definition.target_audience;
  const rule = {
    description: `${winner} won experiment ${experiment_id}`,
    experiment_id,
    conditions: {},
    ...((include.length > 0 || exclude.length > 0) && { audience: { include, exclude } }),
    ...(definition.environment !== undefined && { environments: [definition.environment] }),
  };
  const { config } = definition.variants[winner]!;
  if (kindOf(base) !== 'multivariate') {
    return { ...base, rules: [...(base.rules ?? []), { ...rule, value: config! }] };
  }
  const [name, variants] = variantFor(base, experiment_id, winner, config);
  return { ...base, variants, rules: [...(base.rules ?? []), { ...rule, variants: { [name]: 100 } }] };
}

/** The variant that serves the winner: the flag's own of that name, or an additional one. */
function variantFor(
  flag: Flag,
  experiment_id: string,
  winner: string,
  config: ExperimentDefinition['variants'][string]['config'],
): [string, NonNullable<Flag['variants']>] {
  const variants = flag.variants!;
  const present = variants[winner];
  const isSame =
    present && (config === undefined || JSON.stringify(present.config) === JSON.stringify(config));
  if (isSame) return [winner, variants];
  const name = present ? `${experiment_id}-${winner}` : winner;
  return [name, { ...variants, [name]: { weight: 0, ...(config !== undefined && { config }) } }];
}

/** The flag of an experiment that had none: the control for everybody. */
function ownFlag(definition: ExperimentDefinition): Flag {
  const control = controlOf(definition);
  const names = [control, ...Object.keys(definition.variants).filter((name) => name !== control)];
  return {
    flag_id: flagOf(definition),
    description: `Made at the end of experiment ${definition.experiment_id}`,
    enabled: true,
    ...(definition.environment !== undefined && { environments: [definition.environment] }),
    variants: Object.fromEntries(
      names.map((name) => {
        const { config } = definition.variants[name]!;
        return [name, { weight: name === control ? 100 : 0, ...(config !== undefined && { config }) }];
      }),
    ),
  };
}
