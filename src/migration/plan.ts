import { conditionsSchema } from '../model/conditions.js';
import type { FlagInput } from '../model/flag.js';
import type { Json } from '../model/json.js';
import type { Outcome, Schedule, Shares } from './cascade.js';
import { all, not, type Conditions } from './conditions.js';
import { Unsupported } from './fields.js';
import { Ids } from './ids.js';
import type { Ledger } from './ledger.js';

/** One outcome for everybody, or shares of outcomes; null is the code's own default. */
export type Serve = Outcome | Shares;

export interface PlannedVariant {
  name: string;
  path: string;
  /** Without one the name is the value. */
  value?: Json | undefined;
  description?: string | undefined;
}

export interface PlannedRule {
  path: string;
  conditions: Conditions;
  serve: Serve;
  schedule?: Schedule | undefined;
  description?: string | undefined;
}

/** A flag as every system has it: what may be served, to whom, and to everybody else. Names are still theirs. */
export interface Plan {
  key: string;
  flag_id: string;
  path: string;
  description?: string | undefined;
  enabled: boolean;
  environments?: string[] | undefined;
  tags?: string[] | undefined;
  owner?: string | undefined;
  metadata?: Record<string, string | number | boolean> | undefined;
  variants: PlannedVariant[];
  /** Served while the flag is disabled or its prerequisites are not met. */
  off: Outcome;
  prerequisites: { key: string; variants: string[]; path: string }[];
  rules: PlannedRule[];
  otherwise: Serve;
  otherwisePath: string;
}

/** A flag of ours, and what became of the names of its variants. */
export interface Made {
  plan: Plan;
  flag: FlagInput;
  names: ReadonlyMap<string, string>;
}

/**
 * A boolean flag where all that is served are true and false and no rule deals shares, else a multivariate one.
 *
 * @throws {Unsupported} where the flag as a whole can not serve the same
 */
export function make(given: Plan, ledger: Ledger): Made {
  const plan = withoutDefaults({ ...given, rules: given.rules.filter((rule) => isValid(rule, ledger)) });
  return asBoolean(plan, ledger) ?? asMultivariate(plan, ledger);
}

/** A rule that our schema refuses is lost by itself: whom it does not match is served the same without it. */
function isValid({ path, conditions }: PlannedRule, ledger: Ledger): boolean {
  const checked = conditionsSchema.safeParse(conditions);
  if (checked.success) return true;
  const [issue] = checked.error.issues;
  ledger.lost(path, `the rule is left out: ${issue!.path.join('.')} ${issue!.message}`);
  return false;
}

/** Our rules serve a variant. One that gives the code's own default becomes an exception of all that follow. */
function withoutDefaults(plan: Plan): Plan {
  const exceptions: Conditions[] = [];
  const rules: PlannedRule[] = [];
  for (const rule of plan.rules) {
    if (rule.serve === null) {
      if (rule.schedule) throw new Unsupported(`${rule.path} gives the code's own default for a time`);
      exceptions.push(not(rule.conditions));
    } else rules.push({ ...rule, conditions: all([...exceptions, rule.conditions]) });
  }
  if (exceptions.length === 0 || plan.otherwise === null) return { ...plan, rules };
  const rest = { path: plan.otherwisePath, conditions: all(exceptions), serve: plan.otherwise };
  return { ...plan, rules: [...rules, rest], otherwise: null };
}

function common({ flag_id, description, enabled, environments, tags, owner, metadata }: Plan) {
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

function ruleOf({ description, conditions, schedule }: PlannedRule) {
  return { ...(description && { description }), conditions, ...(schedule && { schedule }) };
}

function asBoolean(plan: Plan, ledger: Ledger): Made | null {
  const values = new Map(plan.variants.map(({ name, value }) => [name, value]));
  const all = [...values.values()];
  const isPlain = all.every((one) => typeof one === 'boolean') && new Set(all).size === all.length;
  if (!isPlain || plan.variants.some(({ description }) => description)) return null;
  const falseOff =
    plan.off === null ? plan.enabled && plan.prerequisites.length === 0 : values.get(plan.off) === false;
  if (!falseOff || plan.rules.some(({ serve }) => typeof serve !== 'string')) return null;
  const share = shareOfTrue(plan.otherwise, values);
  const hundredths = share === null ? NaN : Math.round(share * 10_000);
  if (share === null || Math.abs(share * 10_000 - hundredths) > 1e-6) return null;
  const names = new Map(plan.variants.map(({ name, value }) => [name, value === true ? 'on' : 'off']));
  for (const { name, path } of plan.variants) {
    const own = names.get(name)!;
    if (own !== name)
      ledger.changed(path, `the variant is called ${own} here, as those of every boolean flag`);
  }
  const flag: FlagInput = {
    ...common(plan),
    ...(plan.rules.length > 0 && {
      rules: plan.rules.map((rule) => ({
        ...ruleOf(rule),
        value: values.get(rule.serve as string)!,
      })),
    }),
    ...(hundredths !== 10_000 && { rollout_percentage: hundredths / 100 }),
  };
  return { plan, flag, names };
}

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

/** What stands in a split for the code's own default, which our splits can not deal. */
const NOTHING = 'disabled';

function asMultivariate(plan: Plan, ledger: Ledger): Made {
  const ids = new Ids(
    plan.variants.map(({ name }) => name),
    '',
    ledger,
    (name) => plan.variants.find((one) => one.name === name)!.path,
  );
  const names = new Map(plan.variants.map(({ name }) => [name, ids.of(name)!]));
  const isTaken = (name: string): boolean => [...names.values()].includes(name);
  let nothing: string | undefined;
  const nameOf = (outcome: Outcome, path: string): string => {
    if (outcome !== null) return names.get(outcome)!;
    nothing ??= isTaken(NOTHING) ? `${NOTHING}-by-migration` : NOTHING;
    ledger.changed(
      path,
      `units that got the code's own default are served the variant ${nothing} with the value null: where a ` +
        'boolean, a text or a number is asked for, the default takes its place as TYPE_MISMATCH',
    );
    return nothing;
  };
  const weigh = (shares: Shares, path: string): Record<string, number> => {
    const parts = [...shares].filter(([, share]) => share > 0);
    const weights = hundredths(parts.map(([, share]) => share));
    if (parts.some(([, share], index) => Math.abs(share * 10_000 - weights[index]!) > 1e-6)) {
      ledger.changed(path, 'weights are rounded to two decimals of a per cent');
    }
    return Object.fromEntries(
      parts.map(([outcome], index) => [nameOf(outcome, path), weights[index]! / 100]),
    );
  };
  if (plan.variants.length === 0) throw new Unsupported('it has no variants');
  const { otherwise, otherwisePath } = plan;
  if (otherwise === null && plan.off !== null) {
    throw new Unsupported(
      "whom no rule matches gets the code's own default, and another variant when it is off",
    );
  }
  const rules = plan.rules.map((rule) => ({
    ...ruleOf(rule),
    ...(rule.serve instanceof Map
      ? { variants: weigh(rule.serve, rule.path) }
      : { value: nameOf(rule.serve, rule.path) }),
  }));
  const rest =
    otherwise === null
      ? {}
      : otherwise instanceof Map
        ? weigh(otherwise, otherwisePath)
        : { [nameOf(otherwise, otherwisePath)]: 100 };
  const variants = Object.fromEntries(
    plan.variants.map(({ name, value, description }) => [
      names.get(name)!,
      {
        weight: rest[names.get(name)!] ?? 0,
        ...(value !== undefined ? { config: value } : names.get(name) !== name && { config: name }),
        ...(description && { description }),
      },
    ]),
  );
  if (nothing !== undefined) variants[nothing] = { weight: rest[nothing] ?? 0, config: null };
  const flag: FlagInput = {
    ...common(plan),
    ...(rules.length > 0 && { rules }),
    variants,
    off_variant: plan.off === null ? null : names.get(plan.off)!,
  };
  return { plan, flag, names };
}

/** Shares as whole hundredths of a per cent that add up to 10,000: what is cut off goes to the largest remainders. */
function hundredths(shares: readonly number[]): number[] {
  const exact = shares.map((share) => Math.round(share * 1e10) / 1e6);
  const whole = exact.map(Math.floor);
  const order = exact.map((one, index) => [one - whole[index]!, index] as const).sort(([a], [b]) => b - a);
  const missing = 10_000 - whole.reduce((sum, one) => sum + one, 0);
  for (const [, index] of order.slice(0, Math.max(0, missing))) whole[index]! += 1;
  return whole;
}
