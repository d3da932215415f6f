import type { Json } from '../../model/json.js';
import { absent, isNever, not } from '../build-conditions.js';
import { asText, Fields, isObject } from '../fields.js';
import type { FlagPlan, PlannedRule, PlannedVariant, Serve, ServedVariant } from '../flag-plan.js';
import type { Ledger } from '../ledger.js';
import { malformed, Unsupported } from '../migration-errors.js';
import { REASSIGNED } from '../reassignment-notes.js';
import { splitByWeight } from '../shares.js';
import { memberPath } from '../source-path.js';
import { metadataOf, type FlagMetadata } from '../tags-and-metadata.js';
import {
  attributeOf,
  allHold,
  guardOf,
  isBoolean,
  operation,
  type Guard,
  type Scope,
} from './jsonlogic-to-conditions.js';

/** Reads one flag of a flag file: its targeting, an expression that results in the name of a variant, becomes rules. */
export class FlagReader {
  private readonly variants: PlannedVariant[];
  /** The default variant. */
  private readonly fallback: ServedVariant;
  private readonly rules: PlannedRule[] = [];
  private readonly ledger: Ledger;
  /** A rule for everybody has been added: anything after it is never reached. */
  private isDecided = false;

  constructor(
    private readonly key: string,
    private readonly fields: Fields,
    private readonly scope: Scope,
    private readonly evaluators: Readonly<Record<string, Json>>,
  ) {
    this.ledger = fields.ledger;
    const variants = fields.object('variants') ?? this.trueAndFalse();
    this.variants = Object.entries(variants.raw()).map(([name, value]) => ({
      name,
      value,
      path: variants.at(name),
    }));
    this.fallback = fields.string('defaultVariant') || null;
    if (this.fallback !== null && !this.isVariant(this.fallback)) {
      throw malformed(fields.at('defaultVariant'), `${this.fallback} is not one of the flag's variants`);
    }
  }

  /** By flagd's schema, a flag of true and false need not list its variants. */
  private trueAndFalse(): Fields {
    const { fields } = this;
    if (!['true', 'false'].includes(asText(fields.peek('defaultVariant')))) return fields.missing('variants');
    return new Fields({ true: true, false: false }, fields.at('variants'), this.ledger);
  }

  /** @throws {Unsupported} where the flag as a whole cannot be carried over */
  plan(flag_id: string, fileMetadata: FlagMetadata): FlagPlan {
    const { fields } = this;
    const state = fields.requiredString('state');
    if (state !== 'ENABLED' && state !== 'DISABLED')
      throw malformed(fields.at('state'), 'must be ENABLED or DISABLED');
    const targeting = fields.json('targeting') ?? null;
    const metadata = { ...fileMetadata, ...metadataOf(fields.object('metadata')) };
    fields.close();
    if (targeting !== null && !isObject(targeting))
      throw malformed(fields.at('targeting'), 'must be an object');
    if (targeting !== null && Object.keys(targeting).length > 0) {
      this.addRules(targeting, { conditions: {} }, fields.at('targeting'), []);
    }
    const last = this.isDecided ? this.rules.pop()! : undefined;
    if (last && fields.has('defaultVariant')) {
      this.ledger.changed(fields.at('defaultVariant'), 'is left out: the targeting decides for everybody');
    }
    return {
      key: this.key,
      flag_id,
      path: fields.path,
      enabled: state === 'ENABLED',
      metadata,
      variants: this.variants,
      // For a disabled flag, flagd serves the code's default.
      off: null,
      prerequisites: [],
      rules: this.rules,
      otherwise: last ? last.serve : this.fallback,
      otherwisePath: last?.path ?? fields.path,
    };
  }

  /**
   * Adds rules that serve what an expression results in.
   *
   * @param guard under which the expression is evaluated
   * @param inlined names of the evaluators that the expression was copied from
   */
  private addRules(logic: Json, guard: Guard, path: string, inlined: readonly string[]): void {
    const expression = operation(logic);
    if (!expression) return this.serve(this.variantOf(logic, path), guard, path);
    const { operator, operands } = expression;
    const at = memberPath(path, operator);
    if (operator === 'if' || operator === '?:') return this.addBranches(operands, guard, at, inlined);
    if (operator === 'fractional') return this.serve(this.split(operands, at), guard, at);
    if (isBoolean(logic, this.evaluators)) {
      this.serve(this.variantOf(true, path), allHold([guard, guardOf(logic, this.scope)]), path);
      return this.serve(this.variantOf(false, path), guard, path);
    }
    if (operator === '$ref') {
      const name = asText(operands[0]);
      const evaluator = this.evaluators[name];
      if (evaluator === undefined) throw new Unsupported(`there is no evaluator ${name}`);
      if (inlined.includes(name)) throw new Unsupported(`the evaluator ${name} refers to itself`);
      return this.addRules(evaluator, guard, path, [...inlined, name]);
    }
    if (operator === 'var') return this.serveAttribute(attributeOf(logic), guard, path);
    throw new Unsupported(`the operator ${operator} is not supported as a result`);
  }

  private addBranches(
    operands: readonly Json[],
    guard: Guard,
    path: string,
    inlined: readonly string[],
  ): void {
    for (let index = 0; index + 1 < operands.length; index += 2) {
      // Only this branch is lost where it cannot be expressed: units that it does not match are served as before.
      const before = this.rules.length;
      try {
        const branchGuard = allHold([guard, guardOf(operands[index]!, this.scope)]);
        this.addRules(operands[index + 1]!, branchGuard, memberPath(path, index + 1), inlined);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        this.rules.length = before;
        this.ledger.lost(memberPath(path, index), `the branch is left out: ${error.message}`);
      }
    }
    const hasElse = operands.length % 2 === 1;
    const at = hasElse ? memberPath(path, operands.length - 1) : path;
    this.addRules(hasElse ? operands.at(-1)! : null, guard, at, inlined);
  }

  /** The attribute names the variant. */
  private serveAttribute(attribute: string, guard: Guard, path: string): void {
    for (const { name } of this.variants)
      this.serve(name, allHold([guard, { conditions: { [attribute]: name } }]), path);
    // The name of no variant: the code's default.
    this.serve(null, allHold([guard, { conditions: not(absent(attribute)) }]), path);
    this.serve(this.fallback, guard, path);
  }

  private serve(serve: Serve, guard: Guard, path: string): void {
    const { conditions, from, until } = guard;
    if (this.isDecided)
      return this.ledger.lost(path, 'is never reached: an earlier branch matches everybody');
    if (isNever(conditions)) return this.ledger.lost(path, 'is never reached: its condition never holds');
    const matchesEverybody =
      Object.keys(conditions).length === 0 && from === undefined && until === undefined;
    // The default variant is what everybody else gets anyway.
    if (matchesEverybody && serve === this.fallback) return;
    this.isDecided = matchesEverybody;
    const schedule = {
      ...(from !== undefined && { from: isoTime(from) }),
      ...(until !== undefined && { until: isoTime(until) }),
    };
    this.rules.push({ path, conditions, serve, ...(Object.keys(schedule).length > 0 && { schedule }) });
  }

  /** The variant that a result names. To flagd an unknown name is an error, and the code's default is served. */
  private variantOf(result: Json, path: string): ServedVariant {
    if (result === null) return this.fallback;
    if (typeof result === 'object') throw new Unsupported('a list is not supported as a result');
    const name = String(result);
    if (this.isVariant(name)) return name;
    this.ledger.changed(
      path,
      `${name} is not one of the variants: the code's default is served, without an error`,
    );
    return null;
  }

  private split(operands: readonly Json[], path: string): Serve {
    const hasKey = operands.length > 0 && !Array.isArray(operands[0]);
    const entries = hasKey ? operands.slice(1) : operands;
    const at = (index: number): string => memberPath(path, index + (hasKey ? 1 : 0));
    const weights = entries.map((entry, index): [ServedVariant, number] => {
      if (!Array.isArray(entry) || entry.length === 0 || entry.length > 2) {
        throw malformed(at(index), 'must be a list of a variant and a weight');
      }
      const [name = null, weight = 1] = entry;
      if (isObject(name) || typeof weight !== 'number')
        throw new Unsupported('computed variants and weights are not supported');
      return [this.variantOf(name, at(index)), Math.max(0, weight)];
    });
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    if (total <= 0) throw new Unsupported('fractional has no weights');
    this.ledger.changed(
      path,
      hasKey ? `${REASSIGNED}, by targetingKey: ${JSON.stringify(operands[0])} is left out` : REASSIGNED,
    );
    return splitByWeight(weights, total);
  }

  private isVariant(name: string): boolean {
    return this.variants.some((variant) => variant.name === name);
  }
}

/** @throws {Unsupported} for a time that our schedules cannot have */
function isoTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  const year = time.getUTCFullYear();
  if (!(year >= 0 && year <= 9999))
    throw new Unsupported(`${seconds} is not a time in seconds before the year 10000`);
  return time.toISOString();
}
