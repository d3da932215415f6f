import type { FlagInput } from '../model/flag.js';
import type { FlagPlan, PlannedRule } from './flag-plan.js';

/** A flag of ours; `names` has the name here of each of the plan's variants. */
export interface ConvertedFlag {
  plan: FlagPlan;
  flag: FlagInput;
  names: ReadonlyMap<string, string>;
}

/** The fields of a flag that all kinds have in common. */
export function describedAs(plan: FlagPlan) {
  const { flag_id, description, enabled, environments, tags, owner, metadata } = plan;
  return {
    flag_id,
    ...(description && { description }),
    ...(!enabled && { enabled }),
    ...(environments && { environments }),
    ...(tags && tags.length > 0 && { tags }),
    ...(owner && { owner }),
    ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** A rule without what it serves. */
export function ruleHead({ description, conditions, schedule }: PlannedRule) {
  return { ...(description && { description }), conditions, ...(schedule && { schedule }) };
}
