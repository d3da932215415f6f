import type { FlagInput } from '../model/flag.js';
import { describedAs, ruleHead, type ConvertedFlag } from './converted-flag.js';
import type { FlagPlan, ServedVariant, Shares } from './flag-plan.js';
import { IdMapping } from './id-mapping.js';
import type { Ledger } from './ledger.js';
import { Unsupported } from './migration-errors.js';

/** @throws {Unsupported} where no multivariate flag can serve the same */
export function toMultivariateFlag(plan: FlagPlan, ledger: Ledger): ConvertedFlag {
  if (plan.variants.length === 0) throw new Unsupported('it has no variants');
  const variants = new VariantNames(plan, ledger);
  const { otherwise, otherwisePath } = plan;
  if (otherwise === null && plan.off !== null) {
    throw new Unsupported(
      "units that no rule matches get the code's default, but the flag serves a variant when it is off",
    );
  }
  const rules = plan.rules.map((rule) => ({
    ...ruleHead(rule),
    ...(rule.serve instanceof Map
      ? { variants: variants.weights(rule.serve, rule.path) }
      : { value: variants.of(rule.serve, rule.path) }),
  }));
  const weights =
    otherwise === null
      ? {}
      : otherwise instanceof Map
        ? variants.weights(otherwise, otherwisePath)
        : { [variants.of(otherwise, otherwisePath)]: 100 };
  const flag: FlagInput = {
    ...describedAs(plan),
    ...(rules.length > 0 && { rules }),
    variants: variants.definitions(weights),
    off_variant: plan.off === null ? null : variants.names.get(plan.off)!,
  };
  return { plan, flag, names: variants.names };
}

/** The variant that stands for the code's default in a split: our splits serve only variants. */
const CODE_DEFAULT = 'disabled';

/** The variants of a plan by their names here. */
class VariantNames {
  readonly names: ReadonlyMap<string, string>;
  /** The name of the variant that stands for the code's default, once one is needed. */
  private codeDefault: string | undefined;

  constructor(
    private readonly plan: FlagPlan,
    private readonly ledger: Ledger,
  ) {
    const { variants } = plan;
    const ids = new IdMapping(
      variants.map(({ name }) => name),
      '',
      ledger,
      (name) => variants.find((variant) => variant.name === name)!.path,
    );
    this.names = new Map(variants.map(({ name }) => [name, ids.of(name)!]));
  }

  of(variant: ServedVariant, path: string): string {
    if (variant !== null) return this.names.get(variant)!;
    const isTaken = [...this.names.values()].includes(CODE_DEFAULT);
    this.codeDefault ??= isTaken ? `${CODE_DEFAULT}-by-migration` : CODE_DEFAULT;
    this.ledger.changed(
      path,
      `units that got the code's default are served the variant ${this.codeDefault} with the value null: code that ` +
        'asks for a boolean, a string or a number gets its default, with the error TYPE_MISMATCH',
    );
    return this.codeDefault;
  }

  /** Shares as percentages by name. */
  weights(shares: Shares, path: string): Record<string, number> {
    const parts = [...shares].filter(([, share]) => share > 0);
    const rounded = hundredths(parts.map(([, share]) => share));
    if (parts.some(([, share], index) => Math.abs(share * 10_000 - rounded[index]!) > 1e-6)) {
      this.ledger.changed(path, 'weights are rounded to hundredths of a percent');
    }
    return Object.fromEntries(
      parts.map(([variant], index) => [this.of(variant, path), rounded[index]! / 100]),
    );
  }

  /** The definitions of all variants that anything above has named. */
  definitions(weights: Readonly<Record<string, number>>): NonNullable<FlagInput['variants']> {
    const definitions = Object.fromEntries(
      this.plan.variants.map(({ name: given, value, description }) => {
        const name = this.names.get(given)!;
        const config = value !== undefined ? { config: value } : name !== given && { config: given };
        return [name, { weight: weights[name] ?? 0, ...config, ...(description && { description }) }];
      }),
    );
    if (this.codeDefault === undefined) return definitions;
    return {
      ...definitions,
      [this.codeDefault]: { weight: weights[this.codeDefault] ?? 0, config: null },
    };
  }
}

/** Shares as whole hundredths of a percent that add up to 10,000 (largest remainder method). */
function hundredths(shares: readonly number[]): number[] {
  const exact = shares.map((share) => Math.round(share * 1e10) / 1e6);
  const whole = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => [value - whole[index]!, index] as const)
    .sort(([a], [b]) => b - a);
  const missing = 10_000 - whole.reduce((sum, value) => sum + value, 0);
  for (const [, index] of byRemainder.slice(0, Math.max(0, missing))) whole[index]! += 1;
  return whole;
}
