import { conditionsSchema } from '../model/conditions.js';
import type { FlagInput } from '../model/flag.js';
import type { Json } from '../model/json.js';
import { allOf, not, type Conditions } from './build-conditions.js';
import { describedAs, ruleHead, type ConvertedFlag } from './converted-flag.js';
import type { FlagPlan, PlannedRule, Serve } from './flag-plan.js';
import type { Ledger } from './ledger.js';
import { Unsupported } from './migration-errors.js';
import { toMultivariateFlag } from './multivariate-flag.js';
import { whyRefused } from './why-refused.js';

/**
 * A boolean flag where the plan serves true and false only and no rule is a split, else a multivariate one. Its
 * prerequisites are added later, when the names of their variants are known.
 *
 * @throws {Unsupported} where no flag of ours can serve the same
 */
export function toFlag(given: FlagPlan, ledger: Ledger): ConvertedFlag {
  const plan = withoutDefaults({ ...given, rules: given.rules.filter((rule) => isValid(rule, ledger)) });
  return toBooleanFlag(plan, ledger) ?? toMultivariateFlag(plan, ledger);
}

/** Only the rule is lost where our schema refuses its conditions: units that it does not match are served as before. */
function isValid({ path, conditions }: PlannedRule, ledger: Ledger): boolean {
  const refused = whyRefused(conditionsSchema, conditions);
  if (refused === null) return true;
  ledger.lost(path, `the rule is left out: ${refused}`);
  return false;
}

/**
 * Our rules always serve a variant: a rule that serves the code's default becomes an exception in the conditions of all
 * rules after it.
 */
function withoutDefaults(plan: FlagPlan): FlagPlan {
  const exceptions: Conditions[] = [];
  const rules: PlannedRule[] = [];
  for (const rule of plan.rules) {
    if (rule.serve === null) {
      if (rule.schedule) throw new Unsupported(`${rule.path} serves the code's default on a schedule`);
      exceptions.push(not(rule.conditions));
    } else rules.push({ ...rule, conditions: allOf([...exceptions, rule.conditions]) });
  }
  if (exceptions.length === 0 || plan.otherwise === null) return { ...plan, rules };
  const rest = { path: plan.otherwisePath, conditions: allOf(exceptions), serve: plan.otherwise };
  return { ...plan, rules: [...rules, rest], otherwise: null };
}

/** Null where the plan is not for a boolean flag. */
function toBooleanFlag(plan: FlagPlan, ledger: Ledger): ConvertedFlag | null {
  const values = new Map(plan.variants.map(({ name, value }) => [name, value]));
  const distinct = new Set(values.values());
  const isTrueOrFalse =
    [...values.values()].every((value) => typeof value === 'boolean') && distinct.size === values.size;
  if (!isTrueOrFalse || plan.variants.some(({ description }) => description)) return null;
  const isFalseWhenOff =
    plan.off === null ? plan.enabled && plan.prerequisites.length === 0 : values.get(plan.off) === false;
  if (!isFalseWhenOff || plan.rules.some(({ serve }) => typeof serve !== 'string')) return null;
  const share = shareOfTrue(plan.otherwise, values);
  if (share === null) return null;
  const hundredths = Math.round(share * 10_000);
  if (Math.abs(share * 10_000 - hundredths) > 1e-6) return null;
  const names = new Map(plan.variants.map(({ name, value }) => [name, value === true ? 'on' : 'off']));
  for (const { name, path } of plan.variants) {
    const own = names.get(name)!;
    if (own !== name)
      ledger.changed(path, `the variant is renamed ${own}: boolean flags have the variants on and off`);
  }
  const flag: FlagInput = {
    ...describedAs(plan),
    enabled: plan.enabled,
    ...(plan.rules.length > 0 && {
      rules: plan.rules.map((rule) => ({
        ...ruleHead(rule),
        value: values.get(rule.serve as string)!,
      })),
    }),
    ...(hundredths !== 10_000 && { rollout_percentage: hundredths / 100 }),
  };
  return { plan, flag, names };
}

/** Null where some units get the code's default. */
function shareOfTrue(serve: Serve, values: ReadonlyMap<string, Json | undefined>): number | null {
  if (serve === null) return null;
  if (typeof serve === 'string') return values.get(serve) === true ? 1 : 0;
  let share = 0;
  for (const [name, part] of serve) {
    if (name === null) return null;
    if (values.get(name) === true) share += part;
  }
  return share;
}
